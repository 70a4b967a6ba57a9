"""Pages and their files travel compressed, and only where the other side asks for it."""

import gzip

import pytest

GZIP = {"Accept-Encoding": "gzip"}


@pytest.fixture
def database(sqlite_database):
    """What travels does not depend on the engine."""
    return sqlite_database


@pytest.mark.parametrize("path", ["/", "/static/style.css", "/static/queue.js"])
def test_pages_and_their_files_travel_compressed_to_who_asks(browser, path):
    with browser.get(path) as plain:
        plain.get_data()
    with browser.get(path, headers=GZIP) as small:
        small.get_data()

    assert "Content-Encoding" not in plain.headers
    assert small.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in small.headers["Vary"]
    assert int(small.headers["Content-Length"]) == len(small.data) < len(plain.data) / 2
    if path != "/":  # a page has another token each time
        assert gzip.decompress(small.data) == plain.data


def test_a_file_that_a_browser_has_is_not_sent_again(browser):
    with browser.get("/static/style.css", headers=GZIP) as sent:
        first = sent

    with browser.get("/static/style.css", headers={**GZIP, "If-None-Match": first.headers["ETag"]}) as again:
        assert (again.status_code, again.data) == (304, b"")


def test_answers_to_programs_are_not_compressed(client):
    assert "Content-Encoding" not in client.get("/openapi.json", headers=GZIP).headers

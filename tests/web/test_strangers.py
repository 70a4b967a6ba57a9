"""What somebody with nothing but the network tries first."""

from dataclasses import replace

import pytest

from moderation.scoring import Scorer
from moderation.storage import sites
from moderation.web.app import create_app
from tests.factories import FakeReader
from tests.web.conftest import token_of


@pytest.fixture
def database(sqlite_database):
    """Nothing here depends on the engine."""
    return sqlite_database


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/sign-in", "text/html; charset=utf-8"),
        ("/nowhere", "text/html; charset=utf-8"),
        ("/static/style.css", "text/css; charset=utf-8"),
        ("/static/queue.js", "text/javascript; charset=utf-8"),
        ("/healthz", "application/json"),
        ("/openapi.json", "application/json"),
        ("/v1/comments", "application/problem+json"),
        ("/v1/nowhere", "application/problem+json"),
        ("/status/nobody", "text/html; charset=utf-8"),
        ("/v1alpha1/nowhere", "application/json"),
    ],
)
def test_every_answer_says_what_it_is(client, path, kind):
    answer = client.get(path)

    said = answer.headers["Content-Type"].lower()
    assert said.removesuffix("; charset=utf-8") == kind.removesuffix("; charset=utf-8")
    assert "charset=utf-8" in said or "json" in kind
    assert "Access-Control-Allow-Origin" not in answer.headers
    answer.close()


@pytest.mark.parametrize(
    "path",
    [
        "/static/",
        "/static",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static/....//app.py",
        "/static/vendor",
        "/static/etc/passwd",
        "/static/%00style.css",
        "/.git/config",
        "/.env",
        "/var/moderation.db",
        "/pyproject.toml",
    ],
)
def test_no_file_outside_static_is_served(client, path):
    answer = client.get(path)

    assert answer.status_code in {400, 404}, answer.status_code
    assert "import" not in answer.text
    assert "Index of" not in answer.text


@pytest.mark.parametrize("path", ["/", "/sign-in", "/v1/comments", "/healthz"])
@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PROPFIND"])
def test_trace_is_not_answered(client, path, method):
    answer = client.open(path, method=method, headers={"X-Secret": "tulips"})

    assert answer.status_code == 405
    assert "tulips" not in answer.text


def wrong(client, **headers):
    token = token_of(client.get("/sign-in").text)
    fields = {"csrf_token": token, "email": "mod@example.org", "password": "not the right one"}
    return client.post("/sign-in", data=fields, headers=headers)


def test_nobody_is_somebody_else_by_a_header(client, mona, settings, database):
    """Without a proxy its headers count for nothing; behind one only what it wrote itself."""
    for number in range(5):
        wrong(client, **{"X-Forwarded-For": f"203.0.113.{number}", "X-Real-IP": f"203.0.113.{number}"})
    assert wrong(client, **{"X-Forwarded-For": "203.0.113.99"}).status_code == 429

    behind = create_app(replace(settings, trusted_proxies=1), database=database, scorer=Scorer(FakeReader()))
    client = behind.test_client()
    for number in range(5):
        wrong(client, **{"X-Forwarded-For": f"203.0.113.{number}, 198.51.100.7"})
    assert wrong(client, **{"X-Forwarded-For": "203.0.113.99, 198.51.100.7"}).status_code == 429
    assert wrong(client, **{"X-Forwarded-For": "198.51.100.8"}).status_code == 401
    behind.extensions["moderation"].scorer.close()


def test_a_forged_host_is_not_taken_over(client):
    for path in ("/sign-in", "/", "/nowhere", "/static/style.css", "/status/x"):
        refused = client.get(path, headers={"Host": "evil.example"})
        assert refused.status_code == 400
        assert "evil" not in refused.text
    answer = client.get("/", headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"})
    assert answer.location.startswith("/sign-in")


def test_a_field_that_is_there_twice_counts_once(client, browser, database, site):
    with database.write() as session:
        key = sites.add_key(session, site)
    authorization = {"Authorization": f"Bearer {key}"}
    raw = b'{"id": "1", "text": "bad one", "text": "lovely", "id": "2"}'
    sent = client.post("/v1/comments", data=raw, headers=authorization, content_type="application/json")

    assert sent.status_code in {201, 422}
    listed = client.get("/v1/comments?limit=1&limit=200&state=held&state=published", headers=authorization)
    assert listed.status_code in {200, 422}
    assert browser.get("/?sort=age&sort=risk").status_code == 200

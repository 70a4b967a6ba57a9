"""A request under a host name that is not ours is refused in words, on pages, in the API and in a dialect."""

import pytest

HEADERS = {"Host": "elsewhere.example"}


@pytest.mark.parametrize("path", ["/sign-in", "/", "/nothing", "/status/x"])
def test_a_page_says_which_setting_decides(client, path):
    answer = client.get(path, headers=HEADERS)
    assert (answer.status_code, answer.mimetype) == (400, "text/plain")
    assert "TRUSTED_HOSTS" in answer.text
    assert "elsewhere" not in answer.text


def test_programs_hear_it_in_their_form(client):
    answer = client.post("/v1/comments", headers=HEADERS, json={})
    assert (answer.status_code, answer.json["type"]) == (400, "urn:moderation:problem:host-not-trusted")
    assert "TRUSTED_HOSTS" in answer.json["detail"]
    assert client.post("/v1alpha1/comments:analyze", headers=HEADERS).json["error"]["code"] == 400
    assert client.post("/v1/moderations", headers=HEADERS).json["error"]["type"] == "invalid_request_error"
    assert client.post("/1.1/comment-check", headers=HEADERS).headers["X-akismet-debug-help"]

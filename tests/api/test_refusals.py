"""What the API refuses, and how it says so."""

import json
import time
from datetime import UTC, datetime

import pytest
import standardwebhooks

from moderation.storage import sites
from moderation.storage.types import utc_now
from moderation.web.bodies import MAX_DEPTH
from moderation.webhooks.signing import sign
from tests.factories import WEBHOOK_SECRET, make_site

COMMENT = {"id": "1", "text": "Nice."}


def refusal(response):
    assert response.content_type == "application/problem+json"
    assert response.json["status"] == response.status_code
    assert response.json["detail"]
    assert set(response.json) >= {"type", "title", "status", "detail", "instance"}
    return response.status_code, response.json["type"].removeprefix("urn:moderation:problem:")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"id": "1"}, "text-missing"),
        ({"id": "1", "text": ""}, "text-empty"),
        ({"id": "1", "text": " \n\t "}, "text-empty"),
        ({"id": "1", "text": None}, "invalid-request"),
        ({"id": "1", "text": ["a"]}, "invalid-request"),
        ({"text": "Nice."}, "invalid-request"),
        ({"id": "", "text": "Nice."}, "invalid-request"),
        ({"id": "x" * 201, "text": "Nice."}, "invalid-request"),
        ({"id": "1", "text": "Nice.", "author": "Ann"}, "invalid-request"),
        ({"id": "1", "text": "Nice.", "created_at": "yesterday"}, "invalid-request"),
        ({"comments": []}, "batch-size"),
        ({"comments": [COMMENT] * 101}, "batch-size"),
        ({"comments": COMMENT}, "batch-size"),
        ([COMMENT], "body-not-an-object"),
        ("Nice.", "body-not-an-object"),
    ],
)
def test_bodies_that_are_not_a_comment(post, body, code):
    assert refusal(post("/v1/comments", body)) == (422, code)


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"", 400, "body-not-json"),
        (b"{", 400, "body-not-json"),
        (b"id=1&text=Nice", 400, "body-not-json"),
        (b'{"id": NaN, "text": "x"}', 400, "body-not-json"),
        (b'{"id": "1", "text": "caf\xe9"}', 400, "body-not-utf-8"),
        (b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1), 400, "body-not-json"),
        (b"[" * 100_000 + b"]" * 100_000, 400, "body-not-json"),
        (b'{"id": "1", "text": "' + b"x" * (1024 * 1024) + b'"}', 413, "body-too-large"),
        (b'{"comments": ["' + b"x" * (4 * 1024 * 1024) + b'"]}', 413, "body-too-large"),
        (b'{"id": ' + b"9" * 5000 + b', "text": "x"}', 400, "body-not-json"),
    ],
)
def test_bodies_that_are_not_json(client, alice, raw, status, code):
    assert refusal(client.post("/v1/comments", data=raw, headers=alice)) == (status, code)


def test_encoded_body_is_refused(client, alice):
    headers = {**alice, "Content-Encoding": "gzip"}

    assert refusal(client.post("/v1/comments", data=b"\x1f\x8b", headers=headers)) == (415, "content-encoding")


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "credentials-missing"),
        ({"Authorization": "Basic YTpi"}, "credentials-missing"),
        ({"Authorization": "Bearer"}, "api-key-invalid"),
        ({"Authorization": "Bearer nonsense"}, "api-key-invalid"),
        ({"Authorization": "Bearer mk_000000000000.secret"}, "api-key-invalid"),
        ({"Authorization": "Bearer ü.ü"}, "api-key-invalid"),
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/comments"),
        ("GET", "/v1/comments"),
        ("GET", "/v1/comments/1"),
        ("DELETE", "/v1/comments/1"),
        ("POST", "/v1/comments/1/decision"),
        ("POST", "/v1/comments/1/reports"),
        ("POST", "/v1/score"),
    ],
)
def test_every_call_needs_credentials(client, method, path, headers, code):
    response = client.open(path, method=method, json=COMMENT, headers=headers)

    assert refusal(response) == (401, code)
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_key_with_another_secret_or_past_its_end_is_refused(client, database, alice):
    key = alice["Authorization"]
    assert refusal(client.get("/v1/comments", headers={"Authorization": key[:-1] + "!"})) == (401, "api-key-invalid")

    with database.write() as session:
        sites.expire_keys(session, sites.site_by_slug(session, "alice"), utc_now())

    assert refusal(client.get("/v1/comments", headers=alice)) == (401, "api-key-invalid")


def test_bob_sees_nothing_of_alice(post, client, bob):
    post("/v1/comments", COMMENT)
    decision = {"decision": "spam"}

    assert client.get("/v1/comments", headers=bob).json["items"] == []
    assert refusal(client.get("/v1/comments/1", headers=bob)) == (404, "not-found")
    assert refusal(client.delete("/v1/comments/1", headers=bob)) == (404, "not-found")
    assert refusal(client.post("/v1/comments/1/decision", json=decision, headers=bob)) == (404, "not-found")
    assert refusal(client.post("/v1/comments/1/reports", json={}, headers=bob)) == (404, "not-found")
    assert client.post("/v1/comments", json=COMMENT, headers=bob).status_code == 201


def test_cursor_of_alice_shows_bob_only_his_own(post, client, alice, bob):
    for number in range(3):
        post("/v1/comments", {"id": str(number), "text": f"Nice {number}."})
    cursor = client.get("/v1/comments?limit=1", headers=alice).json["next_cursor"]

    assert client.get(f"/v1/comments?cursor={cursor}", headers=bob).json["items"] == []


@pytest.mark.parametrize("decision", ["escalate", "erase", "approve", "", None])
def test_blog_decides_publish_hold_reject_or_spam_alone(post, decision):
    post("/v1/comments", COMMENT)

    assert refusal(post("/v1/comments/1/decision", {"decision": decision})) == (422, "invalid-request")


def test_unknown_address_and_method_are_problems_too(client, alice):
    assert refusal(client.get("/v1/nothing", headers=alice)) == (404, "not-found")
    response = client.put("/v1/comments", headers=alice)
    assert refusal(response) == (405, "method-not-allowed")
    assert {"GET", "POST"} <= set(response.headers["Allow"].split(", "))


def test_foreign_host_name_is_refused(client, alice):
    assert client.get("/v1/comments", headers=alice, base_url="http://evil.example").status_code == 400


class TestSignature:
    """Standard Webhooks in place of a key."""

    @pytest.fixture(autouse=True)
    def site(self, database):
        with database.write() as session:
            make_site(session, slug="signed")

    def headers(self, body, *, secret=WEBHOOK_SECRET, message_id="msg_1", at=None):
        stamp = int(time.time()) if at is None else at
        return {
            "webhook-id": message_id,
            "webhook-timestamp": str(stamp),
            "webhook-signature": sign(secret, message_id, stamp, body),
        }

    def test_signed_comment_is_taken_with_and_without_naming_the_site(self, client):
        body = json.dumps(COMMENT).encode()

        named = client.post("/v1/comments?site=signed", data=body, headers=self.headers(body))
        unnamed = client.post("/v1/comments", data=body, headers=self.headers(body, message_id="msg_2"))

        assert (named.status_code, unnamed.status_code) == (201, 200)

    def test_what_a_library_that_is_not_ours_signs_is_taken(self, client):
        body, now = json.dumps(COMMENT).encode(), datetime.now(UTC)
        signature = standardwebhooks.Webhook(WEBHOOK_SECRET).sign("msg_3", now, body.decode())
        headers = {
            "webhook-id": "msg_3",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": f"v1,c29tZWJvZHkgZWxzZSdz {signature}",
        }

        assert client.post("/v1/comments", data=body, headers=headers).status_code == 201

    def test_webhook_id_is_an_idempotency_key(self, client):
        body, other = json.dumps(COMMENT).encode(), json.dumps({**COMMENT, "id": "2"}).encode()
        first = client.post("/v1/comments", data=body, headers=self.headers(body))
        again = client.post("/v1/comments", data=body, headers=self.headers(body))
        reused = client.post("/v1/comments", data=other, headers=self.headers(other))

        assert (again.status_code, again.json) == (first.status_code, first.json)
        assert again.headers["Idempotency-Replayed"] == "true"
        assert refusal(reused) == (422, "idempotency-key-reused")

    def test_unknown_site_is_named_as_such(self, client):
        body = json.dumps(COMMENT).encode()

        response = client.post("/v1/comments?site=nobody", data=body, headers=self.headers(body))
        assert refusal(response) == (404, "unknown-site")

    def test_wrong_secret_changed_body_and_old_timestamp_are_refused(self, client):
        body = json.dumps(COMMENT).encode()
        wrong = "whsec_" + "A" * 43 + "="
        cases = [
            (body, self.headers(body, secret=wrong), "signature-invalid"),
            (body + b" ", self.headers(body), "signature-invalid"),
            (body, self.headers(body, at=int(time.time()) - 301), "timestamp-outside-tolerance"),
            (body, self.headers(body, at=int(time.time()) + 320), "timestamp-outside-tolerance"),
            (body, {**self.headers(body), "webhook-signature": "v1"}, "signature-invalid"),
            (body, {**self.headers(body), "webhook-timestamp": "soon"}, "timestamp-outside-tolerance"),
        ]
        for sent, headers, code in cases:
            status, found = refusal(client.post("/v1/comments", data=sent, headers=headers))
            assert (status, found) in {(401, code), (401, "signature-invalid")}, (code, found)

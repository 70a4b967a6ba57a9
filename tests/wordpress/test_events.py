"""The door for decisions opens to the service alone, once for each signature."""

import json
import time

import pytest
from standardwebhooks import Webhook

from tests.factories import WEBHOOK_SECRET
from tests.wordpress.conftest import UNKIND

OTHER_SECRET = "whsec_" + "C2FVsBQIhrscChlQIMV+b5sSYspob7oDC2FVsBQIhrs="


@pytest.fixture(scope="module")
def remote_id(blog):
    blog.comment(blog.article, "Sven", UNKIND + " Sven")
    return blog.remote_id("Sven")


def event(remote_id, state, version, *, at=None):
    data = {"comment_id": remote_id, "state": state, "version": version, "decided_by": "moderator", "reasons": []}
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at or time.time()))
    return json.dumps({"type": f"comment.{state}", "timestamp": at, "data": data})


def headers(body, *, secret=WEBHOOK_SECRET, at=None, message_id="msg_1"):
    from datetime import UTC, datetime

    at = int(at or time.time())
    signed = Webhook(secret).sign(message_id, datetime.fromtimestamp(at, UTC), body)
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": signed,
    }


def send(blog, body, given):
    answer = blog.request("POST", "/wp-json/moderation-service/v1/events", body=body, headers=given)
    return answer.status, answer.json()["code"].removeprefix("moderation_service_") if answer.data else ""


def test_wrong_old_and_unsigned_requests_are_refused(blog, remote_id):
    body = event(remote_id, "rejected", 7)
    good = headers(body)
    now = time.time()
    refused = {
        "signature_invalid": headers(body, secret=OTHER_SECRET),
        "timestamp_outside_tolerance": headers(body, at=now - 400),
        "signature_missing": {name: value for name, value in good.items() if name != "webhook-signature"},
    }
    for code, given in refused.items():
        assert send(blog, body, given) == (401, code)
    assert send(blog, body, headers(body, at=now + 400))[0] == 401
    assert send(blog, body + " ", good) == (401, "signature_invalid")
    assert send(blog, body, {**good, "webhook-id": "msg_2"}) == (401, "signature_invalid")
    assert send(blog, body, {**good, "webhook-timestamp": str(int(now) + 1)}) == (401, "signature_invalid")
    assert blog.status("Sven") == "0"


def test_one_of_several_signatures_suffices_and_a_replay_is_refused(blog, remote_id):
    body = event(remote_id, "rejected", 7)
    good = headers(body)
    good["webhook-signature"] = (
        headers(body, secret=OTHER_SECRET)["webhook-signature"] + " " + good["webhook-signature"]
    )
    assert send(blog, body, good) == (204, "")
    assert blog.status("Sven") == "trash"
    assert send(blog, body, good) == (401, "replayed")
    # Signed anew it is a repetition, which is fine and changes nothing; an older version neither.
    assert send(blog, body, headers(body, at=time.time() + 2)) == (204, "")
    older = event(remote_id, "published", 6)
    assert send(blog, older, headers(older)) == (204, "")
    assert blog.status("Sven") == "trash"


def test_events_about_what_is_not_here(blog):
    fresh, old = event("wp-unknown", "held", 2), event("wp-unknown", "held", 2, at=time.time() - 120)
    assert send(blog, fresh, headers(fresh)) == (503, "not_yet")
    assert send(blog, old, headers(old)) == (204, "")
    for body in ("[]", '{"type": "webhook.test", "data": {}}', '{"type": "site.renamed"}'):
        assert send(blog, body, headers(body))[0] == 204
    bad = json.dumps({"type": "comment.held", "data": {"comment_id": ["x"], "state": "held", "version": 1}})
    assert send(blog, bad, headers(bad)) == (400, "bad_event")

"""What the demo blog believes of what it is told: nothing unsigned, nothing twice, nothing stale."""

import base64
import time
from datetime import UTC, datetime, timedelta

import pytest

GARDEN = "/articles/what-a-garden-does-in-november"
WEBHOOK = "/webhooks/moderation"


@pytest.fixture
def held(post, service, answers):
    """A comment of the reader that waits for a moderator."""
    service.answer = answers("held", "Insults somebody")
    return post("You old fool.")


def see(client, comment_id):
    page = client.get(GARDEN).text
    return page.partition(f'id="c-{comment_id}"')[2].partition("</article>")[0]


def test_moderator_publishes_a_held_comment(held, reader, stranger, signed):
    answer = stranger.post(**signed(held, "published", 2, decided_by="moderator"))

    assert answer.status_code == 204
    assert 'data-state="published"' in see(stranger, held)
    assert "Published by a moderator" in see(reader, held)


def test_author_reads_who_rejected_it_why_and_that_the_signature_was_verified(held, reader, stranger, signed):
    reasons = [{"code": "insult", "message": "Insults a neighbour"}]

    stranger.post(**signed(held, "rejected", 2, decided_by="moderator", reasons=reasons))

    seen = see(reader, held)
    assert 'data-state="rejected"' in seen
    assert "Rejected by a moderator" in seen
    assert "Insults a neighbour" in seen
    assert f"{datetime.now(UTC).astimezone():%H:}" in seen
    assert "(signature verified)" in seen
    assert see(stranger, held) == ""


def test_published_comment_can_be_taken_back(post, stranger, signed):
    comment_id = post()

    stranger.post(**signed(comment_id, "spam", 2, decided_by="moderator"))

    assert see(stranger, comment_id) == ""


def test_erased_comment_leaves_no_text_behind(post, reader, stranger, signed, tmp_path):
    comment_id = post("You old fool. " * 1000)

    answer = stranger.post(**signed(comment_id, "erased", 2))

    assert answer.status_code == 204
    assert 'data-state="erased"' in see(reader, comment_id)
    assert "You old fool." not in reader.get(GARDEN).text
    assert see(stranger, comment_id) == ""
    assert b"You old fool." not in (tmp_path / "blog.sqlite3").read_bytes()


def test_repeated_event_changes_nothing(held, reader, signed):
    event = signed(held, "published", 2, webhook_id="msg_a")
    reader.post(**event)
    reader.post(**signed(held, "rejected", 3, webhook_id="msg_b"))

    assert reader.post(**event).status_code == 204
    assert reader.post(**signed(held, "spam", 9, webhook_id="msg_a")).status_code == 204

    assert 'data-state="rejected"' in see(reader, held)


def test_older_and_equal_versions_are_ignored(held, reader, signed):
    reader.post(**signed(held, "rejected", 3))

    for version in (2, 3):
        answer = reader.post(**signed(held, "published", version, webhook_id=f"msg_late_{version}"))
        assert answer.status_code == 204

    assert 'data-state="rejected"' in see(reader, held)


def test_event_may_overtake_the_answer(post, reader, service, answers, signed):
    def decide_before_answering(body):
        assert reader.application.test_client().post(**signed(body["id"], "rejected", 2)).status_code == 204
        return answers("held", version=1)(body)

    service.answer = decide_before_answering

    comment_id = post()

    seen = see(reader, comment_id)
    assert 'data-state="rejected"' in seen
    assert f'href="{service.url}/status/abc"' in seen


def test_event_settles_a_comment_whose_answer_was_lost(app, post, reader, service, signed, blog_modules):
    service.answer = lambda _: (500, {})
    comment_id = post()

    reader.post(**signed(comment_id, "published", 1))
    blog = app.extensions["blog"]
    blog_modules.sending.send_due(blog.store, blog.service, now=time.time() + 100)

    assert 'data-state="published"' in see(reader, comment_id)
    assert len(service.requests) == 1


def test_unknown_comment_and_unknown_kind_of_event_are_accepted(reader, sign, signed):
    assert reader.post(**signed("nobody", "published", 2)).status_code == 204
    assert reader.post(**sign({"type": "site.renamed", "data": {}})).status_code == 204
    assert reader.post(**sign({"type": "comment.praised", "data": {"comment_id": "1"}})).status_code == 204


def refused(reader, held, event):
    answer = reader.post(**event)
    assert 'data-state="held"' in see(reader, held)
    return answer.status_code


BAD_SIGNATURES = [
    "",
    "garbage",
    "v1",
    "v1,",
    "v1,a,b",
    "v1,!!!not base64!!!",
    "v1,abc",
    "v1,žluťoučký",
    "v2," + base64.b64encode(b"x" * 32).decode(),
    "v1," + base64.b64encode(b"x" * 32).decode(),
    "v1," + base64.b64encode(b"x" * 32).decode() + " garbage",
    " ",
    "," * 50,
    "\x00",
]


@pytest.mark.parametrize("signature", BAD_SIGNATURES)
def test_bad_signature_is_refused(held, reader, signed, signature):
    event = signed(held, "published", 2)
    event["headers"]["webhook-signature"] = signature.encode().decode("latin-1")

    assert refused(reader, held, event) == 401


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_missing_header_is_refused(held, reader, signed, header):
    event = signed(held, "published", 2)
    del event["headers"][header]

    assert refused(reader, held, event) == 401


@pytest.mark.parametrize("stamp", ["", "soon", "nan", "inf", "-1", "1e400", "9" * 400, "0", "12.5"])
def test_senseless_timestamp_is_refused(held, reader, signed, stamp):
    event = signed(held, "published", 2)
    event["headers"]["webhook-timestamp"] = stamp

    assert refused(reader, held, event) == 401


@pytest.mark.parametrize("minutes", [-6, 6])
def test_event_of_another_time_is_refused(held, reader, sign, minutes):
    data = {"comment_id": held, "state": "published", "version": 2, "reasons": []}
    event = sign({"type": "comment.published", "data": data}, at=datetime.now(UTC) + timedelta(minutes=minutes))

    assert refused(reader, held, event) == 401


def test_wrong_secret_is_refused(held, reader, signed):
    other = "whsec_" + base64.b64encode(b"another secret, 24 bytes").decode()

    assert refused(reader, held, signed(held, "published", 2, secret=other)) == 401


@pytest.mark.parametrize("change", [" ", "\xff", ""])
def test_changed_body_is_refused(held, reader, signed, change):
    event = signed(held, "published", 2)
    event["data"] = event["data"].encode() + change.encode("latin-1") if change else b""

    assert refused(reader, held, event) == 401


def test_second_signature_with_a_new_secret_is_enough(held, reader, signed):
    event = signed(held, "published", 2)
    event["headers"]["webhook-signature"] = f"v1,{'A' * 43}= " + event["headers"]["webhook-signature"]

    assert reader.post(**event).status_code == 204
    assert 'data-state="published"' in see(reader, held)


@pytest.mark.parametrize("body", ["", "not json", "[]", "7", "null", "{}", '{"type": 7}', "[" * 100_000])
def test_signed_body_that_is_no_event_is_refused(held, reader, sign, body):
    assert refused(reader, held, sign(body)) == 400


@pytest.mark.parametrize(
    "change",
    [
        {"state": None},
        {"state": "glad"},
        {"version": None},
        {"version": "2"},
        {"version": 2.5},
        {"version": 0},
        {"version": 99999999999999999999},
        {"reasons": None},
        {"reasons": "insult"},
        {"reasons": [7]},
        {"reasons": [{"message": 7}]},
        {"reasons": [{"message": "\ud800"}]},
        {"comment_id": "\ud800"},
    ],
)
def test_signed_event_with_a_senseless_field_is_refused(held, reader, sign, change):
    data = {"comment_id": held, "state": "published", "version": 2, "reasons": [], **change}

    assert refused(reader, held, sign({"type": "comment.published", "data": data})) == 400

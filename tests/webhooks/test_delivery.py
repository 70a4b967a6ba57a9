"""One attempt from the outbox to the blog and back, on both databases."""

import uuid
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import pytest
import sqlalchemy as sa
from standardwebhooks import Webhook
from structlog.testing import capture_logs

from moderation.storage import outbox, secrets, sites
from moderation.storage.tables import DeliveryAttempt, Event, EventState, Site
from moderation.storage.types import utc_now
from moderation.webhooks.delivery import deliver_once, encode
from tests.factories import SECRET_KEY, WEBHOOK_SECRET, make_comment, make_site
from tests.webhooks.receiver import LOOPBACK, Receiver, answer, free_port, raw

GOLDEN = Path(__file__).parent.parent / "golden" / "webhook_event.http"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def deliver(database):
    def run(lease, *, secret_key=SECRET_KEY, now=None):
        deliver_once(database, lease, secret_key=secret_key, networks=LOOPBACK, timeout_s=2, now=now)

    return run


def test_delivered_event_is_verified_by_the_standard_library(due, claim, deliver, events, attempts):
    with Receiver() as blog:
        due(blog.url)
        deliver(claim()[0])

    (request,), (event,) = blog.requests, events()
    assert Webhook(WEBHOOK_SECRET).verify(request.body, dict(request.headers)) == event.payload
    assert (event.state, event.attempts, event.last_error) == (EventState.DELIVERED, 1, "")
    (attempt,) = attempts(event.id)
    assert (attempt.number, attempt.status, attempt.error) == (1, 204, "")


def test_request_is_the_golden_one(database, claim, deliver):
    with Receiver() as blog:
        _golden_event(database, blog.url)
        deliver(claim(now=NOW)[0], now=NOW)

    (request,) = blog.requests
    head = [request.line, *(f"{name}: {value}" for name, value in request.headers)]
    text = "\n".join([*head, "", request.body.decode()]) + "\n"
    sent = text.replace(f":{blog.port}", ":<port>").replace(version("moderation"), "<version>")
    assert sent == GOLDEN.read_text(encoding="utf-8")


def _golden_event(database, url):
    payload = {
        "type": "comment.held",
        "timestamp": "2026-11-23T09:00:00Z",
        "data": {
            "comment_id": "Zoë/8841",
            "site_id": "garden",
            "article_id": None,
            "version": 1,
            "state": "held",
            "decision": "hold",
            "decided_by": "machine",
            "reasons": [{"code": "toxicity", "source": "classifier", "action": "hold", "score": 0.97}],
            "scores": {"TOXICITY": 0.97, "SPAM": 0.0},
            "model": "quick-1",
            "policy_version": 4,
        },
    }
    with database.write() as session:
        site = make_site(session, webhook_url=url)
        comment = make_comment(session, site)
        session.execute(sa.delete(Event))
        session.add(
            Event(
                id=uuid.UUID("0193588e-1c00-7b3a-9c2d-5e6f708192a3"),
                site_id=site.id,
                comment_id=comment.id,
                type="comment.held",
                payload=payload,
                state=EventState.PENDING,
                due_at=NOW,
            )
        )


def test_every_attempt_has_the_same_id_and_body_and_its_own_time(due, claim, deliver):
    now = datetime.now(UTC)
    with Receiver(answer(500)) as blog:
        due(blog.url)
        deliver(claim(now=now)[0], now=now)
        later = now + timedelta(seconds=6)
        deliver(claim(now=later)[0], now=later)

    first, second = blog.requests
    assert first.header("webhook-id") == second.header("webhook-id")
    assert first.body == second.body
    assert int(second.header("webhook-timestamp")) - int(first.header("webhook-timestamp")) == 6
    assert first.header("webhook-signature") != second.header("webhook-signature")
    Webhook(WEBHOOK_SECRET).verify(second.body, dict(second.headers))


@pytest.mark.parametrize("status", [301, 400, 401, 404, 429, 500, 503])
def test_any_other_answer_is_tried_again_by_the_schedule(due, claim, deliver, events, attempts, status):
    now = datetime.now(UTC)
    with Receiver(answer(status)) as blog:
        due(blog.url)
        deliver(claim(now=now)[0], now=now)

    (event,) = events()
    assert (event.state, event.attempts, event.lease_token) == (EventState.PENDING, 1, None)
    assert timedelta(seconds=4.5) <= event.due_at - now <= timedelta(seconds=5.5)
    assert event.last_error.startswith(f"The blog answered {status}")
    assert attempts(event.id)[0].status == status


@pytest.mark.parametrize("in_seconds", [True, False])
def test_retry_after_puts_the_event_off(due, claim, deliver, events, in_seconds):
    now = datetime.now(UTC).replace(microsecond=0)
    header = "3600" if in_seconds else f"{now + timedelta(hours=1):%a, %d %b %Y %H:%M:%S GMT}"
    with Receiver(answer(429, f"Retry-After: {header}")) as blog:
        due(blog.url)
        deliver(claim(now=now)[0], now=now)

    assert events()[0].due_at == now + timedelta(hours=1)
    assert claim(now=now + timedelta(minutes=59)) == []
    assert len(claim(now=now + timedelta(minutes=61))) == 1


def test_no_answer_is_tried_again(due, claim, deliver, events, attempts):
    due(f"http://127.0.0.1:{free_port()}/hook")

    deliver(claim()[0])

    (event,) = events()
    assert (event.state, event.last_error) == (EventState.PENDING, "The connection was refused.")
    assert attempts(event.id)[0].status is None


def test_address_that_is_refused_is_tried_again_without_a_connection(due, claim, deliver, events):
    due("https://10.0.0.1/hook?token=s3cret")

    deliver(claim()[0])

    (event,) = events()
    assert event.state is EventState.PENDING
    assert "not on the public internet" in event.last_error


def test_schedule_from_first_to_last_attempt_ends_in_failed(due, claim, deliver, events, attempts):
    now = started = datetime.now(UTC)
    with Receiver(answer(500)) as blog:
        due(blog.url)
        while leases := claim(now=now):
            deliver(leases[0], now=now)
            now = events()[0].due_at

    (event,) = events()
    assert (event.state, event.attempts, event.last_error) == (EventState.FAILED, 10, "The blog answered 500.")
    assert [attempt.number for attempt in attempts(event.id)] == list(range(1, 11))
    waited = attempts(event.id)[-1].created_at - started
    assert timedelta(hours=75.5) * 0.9 <= waited <= timedelta(hours=75.6) * 1.1
    assert claim(now=now + timedelta(days=365)) == []


def test_failed_event_can_be_replayed_under_the_same_id(due, claim, deliver, events, database):
    with Receiver(answer(500)) as blog:
        site = due(blog.url)
        with database.write() as session:
            session.execute(sa.update(Event).values(attempts=9))
        deliver(claim()[0])
        assert events()[0].state is EventState.FAILED

        with database.write() as session:
            assert outbox.replay(session, events()[0].id, [site.id], datetime.now(UTC))
        blog.behaviour = answer(200)
        deliver(claim(now=datetime.now(UTC) + timedelta(seconds=1))[0])

    assert events()[0].state is EventState.DELIVERED
    assert len({request.header("webhook-id") for request in blog.requests}) == 1


def test_410_parks_everything_until_there_is_another_address(due, claim, deliver, events, attempts, database):
    with Receiver(answer(410)) as blog, Receiver() as other:
        site = due(blog.url, count=3)
        due(other.url, slug="alley")
        deliver(claim(limit=1)[0])

        states = {event.id: event.state for event in events() if event.site_id == site.id}
        assert set(states.values()) == {EventState.PARKED}
        assert {lease.url for lease in claim()} == {other.url}
        parked = next(event for event in events() if event.attempts)
        assert parked.last_error == "The blog answered 410."
        assert attempts(parked.id)[0].status == 410
        with database.write() as session:
            site = session.get_one(Site, site.id)
            assert site.webhook_disabled_at is not None
            sites.set_webhook(session, site, other.url, utc_now())

    assert {lease.site_id for lease in claim()} == {site.id}


def test_410_of_an_address_that_was_replaced_meanwhile_disables_nothing(due, claim, deliver, events, database):
    with Receiver(answer(410)) as old, Receiver() as new:
        site = due(old.url, count=2)
        lease = claim(limit=1)[0]
        with database.write() as session:
            sites.set_webhook(session, session.get_one(Site, site.id), new.url, utc_now())
        deliver(lease)

    assert {event.state for event in events()} == {EventState.PENDING}
    with database.read() as session:
        assert session.get_one(Site, site.id).webhook_disabled_at is None


def test_event_of_a_site_that_lost_its_address_is_parked(due, claim, deliver, events, database):
    site = due("https://blog.example/hook")
    with database.write() as session:
        session.execute(sa.update(Site).values(webhook_url=None))

    deliver(claim()[0])

    assert events()[0].state is EventState.PARKED
    with database.write() as session:
        sites.set_webhook(session, session.get_one(Site, site.id), "https://other.example/hook", utc_now())
    assert claim()[0].url == "https://other.example/hook"


@pytest.mark.parametrize(
    ("secret", "key"),
    [(WEBHOOK_SECRET, "another key"), ("whsec_%", SECRET_KEY), ("", SECRET_KEY)],
)
def test_secret_that_cannot_be_read_is_a_recorded_failure(due, claim, deliver, events, attempts, database, secret, key):
    with Receiver() as blog:
        due(blog.url)
        with database.write() as session:
            session.execute(sa.update(Site).values(webhook_secret=secrets.encrypt(secret, SECRET_KEY)))
        deliver(claim()[0], secret_key=key)

    (event,) = events()
    assert event.state is EventState.PENDING
    assert event.last_error.startswith("The site's webhook secret cannot be read")
    assert attempts(event.id)[0].status is None
    assert blog.connections == 0


def test_killed_worker_leaves_its_event_due_again_when_the_lease_ends(due, claim, events):
    due("https://blog.example/hook")
    now = datetime.now(UTC)
    (lost,) = claim(now=now)

    assert claim(now=now + timedelta(seconds=59)) == []
    (again,) = claim(now=now + timedelta(seconds=61))
    assert again.event_id == lost.event_id
    assert again.token != lost.token


@pytest.mark.parametrize("status", [200, 410, 500])
def test_late_worker_cannot_close_what_another_has(due, claim, deliver, events, attempts, status):
    now = datetime.now(UTC)
    with Receiver(answer(status)) as blog:
        due(blog.url)
        (late,) = claim(now=now)
        (current,) = claim(now=now + timedelta(seconds=61))
        deliver(late, now=now + timedelta(seconds=62))

        (event,) = events()
        assert (event.state, event.lease_token) == (EventState.PENDING, current.token)
        assert event.attempts == 0
        assert len(attempts(event.id)) == 1  # it did happen

        blog.behaviour = answer(200)
        deliver(current, now=now + timedelta(seconds=63))

    assert events()[0].state is EventState.DELIVERED


def test_an_event_is_never_closed_without_its_attempt(due, claim, deliver, events, database, monkeypatch):
    def crash(*_, **__):
        raise RuntimeError("killed here")

    with Receiver() as blog:
        due(blog.url)
        (lease,) = claim()
        monkeypatch.setattr(outbox, "close", crash)
        with pytest.raises(RuntimeError):
            deliver(lease)

    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(DeliveryAttempt)) == 0
    assert (events()[0].state, events()[0].lease_token) == (EventState.PENDING, lease.token)


def test_no_transaction_is_open_while_sending(due, claim, deliver, database):
    wrote = []

    def write_meanwhile(connection, _):
        with database.write() as session:
            session.execute(sa.update(Site).values(name="Renamed meanwhile"))
        wrote.append(True)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

    with Receiver(write_meanwhile) as blog:
        due(blog.url)
        deliver(claim()[0])

    assert wrote == [True]


def test_log_names_the_event_and_holds_no_address_and_no_words_of_the_blog(due, claim, deliver):
    with Receiver(raw(b"HTTP/1.1 500 s3cret\r\n\r\ns3cret")) as blog, capture_logs() as logs:
        site = due(blog.url + "?token=s3cret")
        deliver(claim()[0])

    (line,) = logs
    assert line["site_id"] == str(site.id)
    assert (line["status"], line["outcome"], line["attempt"]) == (500, "retry", 1)
    assert "s3cret" not in f"{line}"
    assert "127.0.0.1" not in f"{line}"


def test_body_is_compact_utf_8_whatever_the_order_of_the_keys():
    assert encode({"b": "Zoë", "a": [1, 0.5, None]}) == '{"a":[1,0.5,null],"b":"Zoë"}'.encode()
    assert encode({"a": "\ud800"}) == b'{"a":"?"}'

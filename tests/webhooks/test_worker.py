"""The worker's loop: fair to sites, safe among workers, and not to be killed by a database."""

import contextlib
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from moderation import audit as auditing
from moderation.storage import idempotency, moderators, outbox
from moderation.storage.tables import EventState, IdempotencyRecord, ModeratorSession, Site, Tally
from moderation.storage.types import first_uuid7
from moderation.webhooks import worker as worker_module
from moderation.webhooks.worker import Worker
from tests.factories import make_comment, make_moderator, make_site
from tests.webhooks.receiver import Receiver, answer, hold, silence


@contextlib.contextmanager
def running(*workers):
    """Let workers work while the block lasts."""
    stop = threading.Event()
    threads = [threading.Thread(target=worker.run, args=(stop,)) for worker in workers]
    for thread in threads:
        thread.start()
    try:
        yield stop
    finally:
        stop.set()
        for thread in threads:
            thread.join(10)
            assert not thread.is_alive()


def eventually(condition, seconds=8):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def test_worker_delivers_what_is_due_and_stops_when_told(database, settings, due, count):
    with Receiver() as blog:
        due(blog.url, count=20)
        with running(Worker(database, settings)):
            eventually(lambda: count(EventState.DELIVERED) == 20)

    assert len({request.header("webhook-id") for request in blog.requests}) == 20
    assert len(blog.requests) == 20


def test_event_written_while_idle_is_delivered_within_a_second(database, settings, due, count):
    with Receiver() as blog, running(Worker(database, settings)):
        time.sleep(0.3)
        due(blog.url)
        eventually(lambda: count(EventState.DELIVERED) == 1, seconds=1)


def test_event_written_by_who_had_not_seen_the_new_address_yet_is_delivered(database, settings, due, count):
    with Receiver() as blog:
        site = due(None)  # a request that was under way when the owner gave the address
        with database.write() as session:
            row = session.get_one(Site, site.id)
            row.webhook_url = blog.url
        assert count(EventState.PARKED) == 1
        with running(Worker(database, settings)):
            eventually(lambda: count(EventState.DELIVERED) == 1)


def test_event_of_a_site_whose_address_is_gone_stays_parked(database, settings, due, count):
    with Receiver() as blog:
        site = due(None)
        with database.write() as session:
            row = session.get_one(Site, site.id)
            row.webhook_url, row.webhook_disabled_at = blog.url, datetime.now(UTC)
        due(blog.url, slug="other")
        with running(Worker(database, settings)):
            eventually(lambda: count(EventState.DELIVERED) == 1)

    assert (len(blog.requests), count(EventState.PARKED)) == (1, 1)


def test_one_dead_blog_does_not_hold_up_the_others(database, settings, due, count):
    gate = threading.Event()
    with Receiver(hold(gate, answer(500))) as dead, Receiver() as alive:
        dead_site = due(dead.url, count=30, slug="dead")
        alive_site = due(alive.url, count=5, slug="alive")
        with running(Worker(database, settings)) as stop:
            eventually(lambda: count(EventState.DELIVERED, alive_site) == 5, seconds=1.5)
            assert count(EventState.DELIVERED, dead_site) == 0
            stop.set()
            gate.set()

    assert dead.most_at_once == worker_module.PER_SITE


def test_nothing_more_is_claimed_for_a_site_that_has_enough_in_flight(database, settings, due, events):
    gate = threading.Event()
    with Receiver(hold(gate, answer(500))) as dead:
        site = due(dead.url, count=worker_module.PER_SITE)
        with running(Worker(database, settings)) as stop:
            eventually(lambda: len(dead.requests) == worker_module.PER_SITE)
            with database.write() as session:
                make_comment(session, session.get_one(Site, site.id), now=datetime.now(UTC))
            time.sleep(0.5)

            assert events()[-1].lease_token is None
            stop.set()
            gate.set()


def test_next_send_begins_as_soon_as_one_ends(database, settings, due, count, monkeypatch):
    monkeypatch.setattr(worker_module, "IDLE_S", 4)  # two at once: twenty seconds if each pause were slept through
    with Receiver() as blog:
        due(blog.url, count=10)
        with running(Worker(database, settings)):
            eventually(lambda: count(EventState.DELIVERED) == 10, seconds=12)


def test_two_workers_deliver_each_event_once(database, settings, due, count):
    with Receiver() as blog, Receiver() as other:
        due(blog.url, count=25)
        due(other.url, count=25, slug="alley")
        with running(Worker(database, settings), Worker(database, settings)):
            eventually(lambda: count(EventState.DELIVERED) == 50)

    ids = [request.header("webhook-id") for request in blog.requests + other.requests]
    assert len(ids) == len(set(ids)) == 50


def test_event_of_a_killed_worker_is_delivered_by_the_next(database, settings, due, claim, count):
    with Receiver() as blog:
        due(blog.url)
        (lost,) = claim(now=datetime.now(UTC) - timedelta(seconds=59))  # its lease ends in a second
        with running(Worker(database, settings)):
            time.sleep(0.4)
            assert blog.requests == []
            eventually(lambda: count(EventState.DELIVERED) == 1, seconds=3)

    assert blog.requests[0].header("webhook-id") == f"msg_{lost.event_id.hex}"


def test_stopping_lets_sends_end_and_gives_back_the_rest(database, settings, due, events, count):
    gate = threading.Event()
    with Receiver(hold(gate, answer(200))) as blog:
        due(blog.url, count=10)
        with running(Worker(database, settings)) as stop:
            eventually(lambda: len(blog.requests) == worker_module.PER_SITE)
            stop.set()
            eventually(lambda: sum(event.lease_token is not None for event in events()) == worker_module.PER_SITE)
            gate.set()

    assert count(EventState.DELIVERED) == worker_module.PER_SITE
    rest = [event for event in events() if event.state is EventState.PENDING]
    assert {(event.attempts, event.lease_token) for event in rest} == {(0, None)}
    assert all(event.due_at <= datetime.now(UTC) for event in rest)


def test_what_waits_for_half_its_lease_is_given_back(database, settings, due, monkeypatch):
    real, given_back = outbox.release, []

    def release(session, lease, *, now):
        given_back.append(lease)
        return real(session, lease, now=now)

    monkeypatch.setattr(outbox, "release", release)
    with Receiver(silence) as blog:
        due(blog.url, count=10)
        with running(Worker(database, replace(settings, lease_s=0.6))):
            eventually(lambda: given_back)

    assert blog.most_at_once <= worker_module.PER_SITE


class Failing:
    """A database that is away for a while."""

    def __init__(self, database, times):
        self._database, self.times = database, times

    def write(self):
        if self.times:
            self.times -= 1
            raise OperationalError("UPDATE outbox SET last_error = 's3cret'", {"a": "s3cret"}, OSError("gone"))
        return self._database.write()

    def read(self):
        return self._database.read()


def test_failing_database_is_logged_and_tried_again(database, settings, due, count, monkeypatch):
    monkeypatch.setattr(worker_module, "IDLE_S", 0.01)
    with Receiver() as blog, capture_logs() as logs:
        due(blog.url)
        with running(Worker(Failing(database, times=4), settings)):
            eventually(lambda: count(EventState.DELIVERED) == 1)

    failed = [line for line in logs if line["log_level"] == "error"]
    assert [line["error"] for line in failed] == ["OperationalError"] * 4
    assert "s3cret" not in f"{failed}"


def test_outcome_that_cannot_be_written_is_delivered_again_after_the_lease(database, settings, due, count, monkeypatch):
    real, failures = outbox.record_attempt, [True]

    def fail_once(*arguments, **options):
        if failures:
            failures.pop()
            raise OperationalError("INSERT", {}, OSError("gone"))
        real(*arguments, **options)

    monkeypatch.setattr(outbox, "record_attempt", fail_once)
    with Receiver() as blog:
        due(blog.url)
        with running(Worker(database, replace(settings, lease_s=1.0))):
            eventually(lambda: count(EventState.DELIVERED) == 1)

    first, second = blog.requests
    assert first.header("webhook-id") == second.header("webhook-id")


def test_error_of_our_own_does_not_end_the_loop(database, settings, due, count, monkeypatch):
    real, errors = outbox.claim, [True]

    def fail_once(*arguments, **options):
        if errors:
            errors.pop()
            raise RuntimeError("a mistake")
        return real(*arguments, **options)

    monkeypatch.setattr(outbox, "claim", fail_once)
    with Receiver() as blog, capture_logs() as logs:
        due(blog.url)
        with running(Worker(database, settings)):
            eventually(lambda: count(EventState.DELIVERED) == 1)

    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["worker.failed"]


def test_worker_clears_away_what_has_expired_and_keeps_the_rest(database, settings, due):
    site = due("https://blog.example/hook", count=0)
    now = datetime.now(UTC)
    with database.write() as session:
        moderator = make_moderator(session, site)
        for age in (timedelta(days=8), timedelta(hours=1)):
            moderators.open_session(session, moderator, now - age)
        for key, age in (("old", timedelta(hours=49)), ("new", timedelta(hours=1))):
            idempotency.begin(session, site_id=site.id, key=key, request_sha256=b"", now=now - age)

    def left(table):
        with database.read() as session:
            return session.scalar(sa.select(sa.func.count()).select_from(table))

    with running(Worker(database, settings)):
        eventually(lambda: (left(ModeratorSession), left(IdempotencyRecord)) == (1, 1))


def test_the_past_is_counted_while_nothing_is_delivered(database, settings):
    hour_ago = first_uuid7(datetime.now(UTC) - timedelta(hours=1))
    with database.write() as session:
        make_comment(session, make_site(session), id=hour_ago)

    def counted():
        with database.read() as session:
            return session.scalar(sa.select(Tally.count).where(Tally.kind == "arrived"))

    with running(Worker(database, settings)):
        eventually(lambda: counted() == 1)


def test_the_audit_log_is_linked_and_its_heads_are_noted_outside_the_database(database, settings):
    with database.write() as session:
        make_comment(session, make_site(session))

    def heads(logs):
        return {(line["chain"], line["number"], line["hash"]) for line in logs if line["event"] == "audit_head"}

    with capture_logs() as logs:
        worker = Worker(database, settings)
        with running(worker):
            eventually(lambda: not [chain for chain in auditing.verify(database) if chain.waiting])
        with running(Worker(database, settings)):
            eventually(lambda: heads(logs))

    (chain,) = auditing.verify(database, "garden")
    assert (chain.findings, heads(logs)) == ([], {("garden", 2, chain.hash)})

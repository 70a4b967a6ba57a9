"""A site that never gives an address does not gather events for ever, and misses nothing by it."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from moderation.storage import outbox, parked
from moderation.storage.tables import Event, EventState, Site
from moderation.webhooks.worker import Worker
from tests.webhooks.test_worker import eventually, running

OLD = parked.KEPT_FOR + timedelta(hours=1)


@pytest.fixture
def age(database):
    """Let the events of a site be older than they are."""

    def _age(site, by, state=None):
        with database.write() as session:
            values = {"due_at": datetime.now(UTC) - by} | ({"state": state} if state else {})
            session.execute(sa.update(Event).where(Event.site_id == site.id).values(values))

    return _age


def test_what_waits_a_month_for_an_address_that_nobody_gave_is_dropped(database, settings, due, count, age):
    silent, fresh, failed = due(None, count=3), due(None, slug="fresh"), due(None, slug="failed")
    gone = due("https://blog.example/hook", slug="gone")
    with database.write() as session:
        session.get_one(Site, gone.id).webhook_disabled_at = datetime.now(UTC)
    age(silent, OLD)
    age(fresh, parked.KEPT_FOR - timedelta(hours=1))
    age(failed, OLD, EventState.FAILED)
    age(gone, OLD, EventState.PARKED)

    with running(Worker(database, settings)):
        eventually(lambda: count(EventState.PARKED, silent) == 0)
    assert [count(EventState.PARKED, site) for site in (fresh, gone)] == [1, 1]
    assert count(EventState.FAILED, failed) == 1


def test_more_than_is_dropped_at_once_goes_in_turns(database, settings, due, count, age, monkeypatch):
    monkeypatch.setattr(parked, "DROPPED_AT_ONCE", 2)
    silent = due(None, count=5)
    age(silent, OLD)
    with database.write() as session:
        assert parked.drop_old(session, datetime.now(UTC)) == 2
    with running(Worker(database, settings)):
        eventually(lambda: count(EventState.PARKED, silent) == 0)


def test_only_what_a_blog_should_have_heard_counts_as_undelivered(database, due, age):
    silent, failed, gone = due(None), due("https://blog.example", slug="failed"), due("https://b.example", slug="gone")
    age(failed, OLD, EventState.FAILED)
    age(gone, OLD, EventState.PARKED)
    ids = [silent.id, failed.id, gone.id]
    with database.read() as session:
        assert outbox.count_undelivered(session, ids, at_most=10) == 2
        assert {event.site_id for event in outbox.undelivered(session, ids)} == {failed.id, gone.id}

"""A moderator's own count of hard text."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from moderation import wellbeing
from moderation.storage.tables import Decision, HardSight
from tests.factories import NOW, make_comment

UTC = ZoneInfo("UTC")


@pytest.fixture
def hard(database, site):
    """Make so many comments that threaten, and one that does not."""

    def _hard(count):
        with database.write() as session:
            rows = [make_comment(session, site) for _ in range(count + 1)]
            session.flush()
            for row in rows[:count]:
                decision = session.scalars(sa.select(Decision).where(Decision.comment_id == row.id)).one()
                decision.receipt = {**decision.receipt, "scores": {"THREAT": 0.8}}
        return rows

    return _hard


def sights(database, moderator, now=NOW, zone=UTC):
    with database.read() as session:
        return wellbeing.sights(session, moderator.id, now, zone)


def test_hard_comments_are_counted_once_and_others_are_not(database, moderator, second, hard):
    rows = hard(2)

    for minute in range(3):
        wellbeing.saw(database, moderator, rows, NOW + timedelta(minutes=minute))

    assert sights(database, moderator) == wellbeing.Sights(today=2, lately=2)
    assert sights(database, second) == wellbeing.Sights(today=0, lately=0)


def test_the_day_begins_at_midnight_where_the_moderator_is(database, moderator, hard):
    wellbeing.saw(database, moderator, hard(1), NOW)  # 09:00 UTC

    assert sights(database, moderator, NOW + timedelta(hours=14)).today == 1
    assert sights(database, moderator, NOW + timedelta(hours=15)).today == 0
    assert sights(database, moderator, NOW + timedelta(hours=14), ZoneInfo("Asia/Tokyo")).today == 0


def test_a_pause_is_due_after_many_within_an_hour_and_the_hint_goes_with_the_pause(database, moderator, hard):
    wellbeing.saw(database, moderator, hard(wellbeing.MANY), NOW)

    assert sights(database, moderator, NOW + timedelta(minutes=59)).needs_pause
    after = sights(database, moderator, NOW + timedelta(minutes=61))
    assert not after.needs_pause
    assert after.today == wellbeing.MANY


def test_what_was_seen_is_kept_for_two_days_at_most(database, moderator, hard):
    wellbeing.saw(database, moderator, hard(1), NOW)
    wellbeing.saw(database, moderator, hard(1), NOW + timedelta(days=2, minutes=1))

    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(HardSight)) == 1

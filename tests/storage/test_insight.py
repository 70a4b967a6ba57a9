"""What insight counts, against stories that were counted by hand; by the tallies, live, and half of each."""

from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa

from moderation import erasure, review
from moderation.domain.comment import Action, Actor
from moderation.domain.estimates import bucket_of
from moderation.storage import migrate, tallies
from moderation.storage.person_decisions import Opinion
from moderation.storage.tables import Size, Tally, TallyProgress
from tests.story import MINUTE, START, Clock, Story, count_all, play

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch, START)


@pytest.fixture
def story(database, clock):
    return Story(database, clock, "garden")


@pytest.fixture
def other(database, clock):
    return Story(database, clock, "harbour")


def by_hour(counts, first=0):
    return {hour: number for hour, number in enumerate(counts, first) if number}


@pytest.fixture(params=["live", "tallied", "half"])
def counting(request, database, clock):
    """The figures are the same, however much of them the worker has counted."""

    def count():
        if request.param != "live":
            count_all(database, clock.now if request.param == "tallied" else clock.now - 90 * MINUTE)
            if request.param == "tallied":
                clock.forward(minutes=2)

    return count


def test_the_figures_are_those_counted_by_hand(story, other, counting):
    play(other)
    play(story)
    counting()

    found = story.figures()

    assert by_hour(found.by_hour["arrived", "hold"]) == {0: 1, 1: 1, 2: 1}
    assert by_hour(found.by_hour["arrived", "publish"]) == {0: 1}
    assert by_hour(found.by_hour["arrived", "reject"]) == {1: 1}
    assert by_hour(found.by_hour["decided", "machine"]) == {0: 2, 1: 2, 2: 1}
    assert by_hour(found.by_hour["decided", "moderator"]) == {0: 1, 1: 1, 2: 1}
    assert found.arrived == 5
    assert (found.by_machine_alone.hits, found.by_machine_alone.of) == (2, 5)
    assert found.reasons == Counter(toxicity=2, insult=1, too_many_links=1, listed_word=1)
    assert found.waits == Counter([bucket_of(300), bucket_of(1_800), bucket_of(120)])
    assert found.opinions == Counter(
        [
            Opinion(7, suspected=True, refused=True),
            Opinion(1, suspected=False, refused=False),
            Opinion(7, suspected=True, refused=False),
        ]
    )
    assert (found.agreement().hits, found.agreement().of) == (2, 3)
    assert (found.agreement(7).hits, found.agreement(7).of) == (1, 2)
    assert (found.refused(7).hits, found.refused(1).hits) == (1, 0)
    assert [(article.title, number) for article, number in found.articles] == [("Roses of the garden", 3)]
    assert found.until == story.clock.now


def test_both_sites_together_are_their_sum(story, other, counting):
    play(other)
    play(story)
    counting()

    found = story.figures(sites=[story.site.id, other.site.id])

    assert found.arrived == 10
    assert sum(found.waits.values()) == 6
    assert {article.title: number for article, number in found.articles} == {
        "Roses of the garden": 3,
        "Roses of the harbour": 3,
    }


def test_a_pace_is_one_s_own(story, counting):
    play(story)
    counting()

    mona, nils = story.figures(), story.figures(moderator=story.nils)

    assert by_hour(mona.own) == {0: 1, 2: 1}
    assert by_hour(nils.own) == {1: 1}
    assert {kind for kind, _ in mona.by_hour} == {"arrived", "decided"}


def test_gaps_between_decisions_are_counted_until_somebody_takes_a_break(story, clock, counting):
    comments = [story.comment() for _ in range(5)]
    for minutes, comment in zip((1, 2, 5, 30, 31), comments, strict=True):
        clock.set(START + minutes * MINUTE)
        story.decide(comment, Action.PUBLISH)
    clock.set(START + 2 * HOUR)
    counting()

    found = story.figures()

    assert found.gaps == Counter([bucket_of(60), bucket_of(180), bucket_of(60)])
    assert not story.figures(moderator=story.nils).gaps


def test_what_is_taken_back_hours_later_no_longer_counts_in_its_hour(story, database, clock):
    comment = story.comment()
    clock.set(START + 10 * MINUTE)
    decision = story.decide(comment, Action.REJECT)
    clock.set(START + 2 * DAY)
    story.comment()
    count_all(database, clock.now)
    assert story.figures().total("decided", Actor.MODERATOR) == 1
    story.undo(decision)
    clock.forward(minutes=10)
    count_all(database, clock.now)

    found = story.figures()
    with database.read() as session:
        days = session.scalars(sa.select(Tally.key).where(Tally.size == Size.DAY, Tally.kind == "decided")).all()

    assert found.total("decided", Actor.MODERATOR) == 0
    assert not found.waits
    assert not found.opinions
    assert days == ["machine"]


def test_a_window_cuts_at_the_full_hour_and_uses_whole_days_between(story, database, clock):
    for hours in range(0, 96, 3):
        clock.set(START + hours * HOUR)
        story.comment(reasons=(f"r{hours}",))
    clock.set(START + 96 * HOUR)
    count_all(database, clock.now)

    found = story.figures(since=START + 3 * HOUR, until=START + 93 * HOUR)

    assert found.reasons == Counter(f"r{hours}" for hours in range(3, 93, 3))
    assert found.articles[0][1] == 30
    with database.read() as session:
        sizes = Counter(session.scalars(sa.select(Tally.size).where(Tally.kind == "held")))
    assert sizes == Counter({Size.HOUR: 32, Size.DAY: 4})


def of_two_months(story, database, clock):
    """A comment every seventh hour, every third of them rejected by a person; all of it counted."""
    for hours in range(0, 60 * 24, 7):
        clock.set(START + hours * HOUR)
        comment = story.comment(reasons=(f"r{hours % 5}",))
        if hours % 3 == 0:
            clock.forward(minutes=10)
            story.decide(comment, Action.REJECT)
    clock.set(START + 60 * DAY)
    count_all(database, clock.now)


@pytest.mark.parametrize(("since", "until"), [(0, 60 * 24), (5, 50 * 24 + 1), (20 * 24, 21 * 24), (17 * 24, 40 * 24)])
def test_months_are_added_up_from_stretches_and_say_what_their_hours_say(story, database, clock, since, until):
    of_two_months(story, database, clock)
    hours = [hour for hour in range(0, 60 * 24, 7) if since <= hour < until]

    found = story.figures(since=START + since * HOUR, until=START + until * HOUR)

    assert found.reasons == Counter(f"r{hour % 5}" for hour in hours)
    assert by_hour(found.by_hour["arrived", Action.HOLD], since) == dict.fromkeys(hours, 1)
    assert by_hour(found.own, since) == dict.fromkeys([hour for hour in hours if hour % 3 == 0], 1)
    assert found.articles[0][1] == len(hours)
    with database.read() as session:
        sizes = Counter(session.scalars(sa.select(Tally.size).where(Tally.kind == "held")))
    assert sizes[Size.STRETCH] == 4


def test_what_is_taken_back_no_longer_counts_in_its_stretch(story, database, clock):
    comment = story.comment()
    decision = story.decide(comment, Action.REJECT)
    clock.set(START + 40 * DAY)
    story.comment()
    count_all(database, clock.now)
    assert story.figures(until=START + 39 * DAY).waits.total() == 1
    story.undo(decision)
    clock.forward(minutes=10)
    count_all(database, clock.now)

    assert not story.figures(until=START + 39 * DAY).waits


def test_an_upgrade_writes_what_the_worker_would_have_written(story, database, clock):
    of_two_months(story, database, clock)

    def rows():
        columns = (Tally.site_id, Tally.size, Tally.kind, Tally.start, Tally.key, Tally.count, Tally.hours)
        with database.read() as session:
            return {tuple(row) for row in session.execute(sa.select(*columns))}

    before = rows()
    database.dispose()
    migrate.downgrade(database.writer, "3c81e5d07f4b")
    migrate.upgrade(database.writer)

    assert rows() == before
    assert any(hours for *_, hours in before)


def test_nothing_is_counted_twice_when_two_workers_meet(story, database, clock):
    story.comment()
    clock.forward(hours=2)
    with database.read() as session:
        first = tallies.read_next(session, clock.now)
    count_all(database, clock.now)
    with database.read() as session:
        again = tallies.read_next(session, clock.now)
    clock.forward(hours=2)
    story.comment()
    clock.forward(hours=2)
    with database.read() as session:
        one, two = (tallies.read_next(session, clock.now) for _ in range(2))
    with database.write() as session:
        assert tallies.write(session, one)
        assert not tallies.write(session, two)
    assert first is not None
    assert again is None
    assert story.figures().arrived == 2


def test_a_worker_that_is_days_behind_is_said_and_not_waited_for(story, database, clock):
    story.comment()
    clock.forward(hours=2)
    count_all(database, clock.now)
    clock.forward(days=3)
    story.comment()
    clock.forward(days=3)

    found = story.figures(until=clock.now + HOUR)

    assert found.arrived == 1
    assert found.until == clock.now - 3 * DAY


def test_a_quiet_site_is_never_behind(story, database, clock):
    assert story.figures().until == clock.now
    story.comment()
    clock.forward(hours=2)
    count_all(database, clock.now)
    clock.forward(days=9)

    found = story.figures(until=clock.now + HOUR)

    assert found.until == clock.now
    assert found.reasons == Counter(toxicity=1)
    assert found.articles[0][1] == 1


def test_erased_and_unscored_comments_and_those_under_a_rule_say_nothing_of_the_score(story, database, clock):
    gone, unscored, listed = (story.comment(reasons=(code,)) for code in ("toxicity", "not_scored", "listed_word"))
    clock.forward(minutes=1)
    for comment in (gone, unscored, listed):
        story.decide(comment, Action.REJECT)
    erasure.erase(database, story.site, gone.external_id, now=clock.now)
    clock.forward(minutes=1)

    found = story.figures()

    assert not found.opinions
    assert sum(found.waits.values()) == 3
    assert found.total("decided", Actor.MODERATOR) == 3


def test_an_escalation_does_not_end_the_wait(story, clock):
    comment = story.comment()
    clock.forward(minutes=10)
    review.escalate(
        story.database,
        moderator=story.mona,
        site_ids=[story.site.id],
        comment_id=comment.id,
        seen_version=1,
        now=clock.now,
    )
    clock.forward(minutes=50)
    story.decide(comment, Action.REJECT, version=2, by=story.nils)
    clock.forward(minutes=1)

    found = story.figures()

    assert found.waits == Counter([bucket_of(3_600)])
    assert found.total("decided", Actor.MODERATOR) == 2


def test_the_first_part_begins_where_the_past_does_and_the_last_one_leaves_a_minute(story, database, clock):
    story.comment()
    clock.set(START + 12 * MINUTE)
    story.comment()

    count_all(database, clock.now)

    with database.read() as session:
        assert session.scalar(sa.select(TallyProgress.until)) == START + 10 * MINUTE
        assert session.scalar(sa.select(sa.func.sum(Tally.count)).where(Tally.kind == "arrived")) == 1

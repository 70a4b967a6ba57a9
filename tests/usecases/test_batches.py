"""Many comments decided at once, and taken back."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation import batch_work, batches, claims
from moderation.batches import Stage
from moderation.deciding import Choice
from moderation.domain.comment import Action, State
from moderation.domain.errors import Conflict, InvalidRequest, NotFound
from moderation.domain.policy import Policy, Preset
from moderation.recording import UNDO_WINDOW
from moderation.storage import policies, queues
from moderation.storage.listing import Queue
from moderation.storage.tables import Batch, Comment, Decision, Site
from tests.factories import NOW, make_comment, make_site

PUBLISH = Choice(Action.PUBLISH)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(batch_work, "PART", 3)
    monkeypatch.setattr(batch_work, "PART_S", 60)
    monkeypatch.setattr(batch_work, "REST", 0)


@pytest.fixture
def held(database, site):
    with database.write() as session:
        return [make_comment(session, site, risk=number / 10) for number in range(8)]


@pytest.fixture
def batch_of(database, site, moderator):
    """Decide what is held as one batch."""

    def _batch_of(chosen=None, choice=PUBLISH, **options):
        if chosen is None:
            with database.read() as session:
                chosen = queues.chosen(session, site.id, Queue.HELD)
        return batches.decide(
            database,
            moderator=moderator,
            site=site,
            chosen=chosen,
            choice=choice,
            query={"queue": "held"},
            now=NOW,
            **options,
        )

    return _batch_of


@pytest.fixture
def undo_batch(database, site, moderator):
    def _undo_batch(batch, *, now=NOW, site_ids=(site.id,)):
        batches.undo(database, moderator=moderator, site_ids=site_ids, batch_id=batch.id, now=now)
        batches.carry_on(database, batch.id, clock=lambda: now)
        with database.read() as session:
            return batches.find(session, site_ids, batch.id, moderator.id)

    return _undo_batch


def states(database):
    with database.read() as session:
        return session.scalars(sa.select(Comment.state).order_by(Comment.id)).all()


def test_batch_decides_every_comment_and_keeps_what_was_asked(database, site, held, batch_of, moderator):
    batch = batch_of()

    assert states(database) == [State.PUBLISHED] * 8
    assert (batch.size, batch.done, batch.skipped, batch.query) == (8, 8, 0, {"queue": "held"})
    with database.read() as session:
        decisions = session.scalars(sa.select(Decision).where(Decision.batch_id == batch.id)).all()
        [listed] = batches.history(session, [site.id])
    assert {(row.moderator_id, row.action) for row in decisions} == {(moderator.id, Action.PUBLISH)}
    assert (listed.id, listed.moderator.name) == (batch.id, "Mona")
    assert batches.stage(listed) is Stage.DONE


def test_what_somebody_else_has_or_decided_or_changed_is_skipped(database, site, held, batch_of, second, decide):
    with database.read() as session:
        chosen = queues.chosen(session, site.id, Queue.HELD)
    claims.take(database, moderator=second, site_ids=[site.id], comment_id=held[0].id, now=NOW)
    decide(held[1], by=second)

    batch = batch_of(chosen)

    assert (batch.done, batch.skipped) == (6, 2)
    assert states(database)[:2] == [State.HELD, State.REJECTED]


def test_comments_of_another_site_are_not_touched(database, held, batch_of):
    with database.write() as session:
        foreign = make_comment(session, make_site(session, slug="other"))

    batch = batch_of([(foreign.id, 1)])

    assert (batch.done, batch.skipped) == (0, 1)
    assert states(database) == [State.HELD] * 9


def test_batch_obeys_the_site_s_list_of_reasons(database, held, batch_of):
    with pytest.raises(InvalidRequest):
        batch_of(choice=Choice(Action.REJECT, reason_code="no_such"))

    with database.read() as session:
        assert session.scalars(sa.select(Batch)).all() == []


def test_whole_batch_is_taken_back_before_the_blog_hears_of_it(database, held, batch_of, undo_batch, event_types):
    batch = batch_of()

    undone = undo_batch(batch)

    assert (undone.restored, batches.stage(undone)) == (8, Stage.UNDONE)
    assert states(database) == [State.HELD] * 8
    assert event_types() == ["comment.held"] * 8


def test_whole_batch_is_taken_back_later_and_the_blog_told(held, batch_of, undo_batch, event_types):
    undo_batch(batch_of(), now=NOW + UNDO_WINDOW)

    assert sorted(event_types()) == ["comment.held"] * 16 + ["comment.published"] * 8


def test_what_was_decided_since_stays(database, held, batch_of, undo_batch, decide):
    batch = batch_of()
    decide(held[2], Action.SPAM, seen_version=2)

    assert undo_batch(batch).restored == 7
    assert states(database)[2] is State.SPAM


def test_batch_is_taken_back_once(database, site, held, batch_of, undo_batch, moderator):
    batch = batch_of()
    undo_batch(batch, now=NOW + timedelta(minutes=1))

    with pytest.raises(Conflict):
        undo_batch(batch)
    with database.read() as session:
        [listed] = batches.history(session, [site.id])
    assert (listed.undone_at, listed.undone_by) == (NOW + timedelta(minutes=1), moderator.id)


def test_whoever_works_on_a_batch_that_somebody_else_took_up_stops(database, site, held, batch_of, monkeypatch):
    """Two threads with the same part: what the second one did is rolled back, and counted once."""
    batch = started(database, site, batch_of, monkeypatch)
    steps = batch_work._decide_all(database, batch, lambda: NOW)
    next(steps)

    batches.carry_on(database, batch.id, clock=lambda: NOW)
    with pytest.raises(batch_work._OvertakenError):
        next(steps)

    with database.read() as session:
        now = session.get_one(Batch, batch.id)
        told = session.scalar(sa.select(sa.func.count()).select_from(Decision).where(Decision.batch_id == batch.id))
    assert (now.done, now.skipped, told) == (8, 0, 8)


def test_part_that_somebody_else_did_meanwhile_is_not_counted_twice(database, site, held, batch_of, monkeypatch):
    mine = batch_work._decide_all(database, started(database, site, batch_of, monkeypatch), lambda: NOW)
    with database.read() as session:
        [batch_id] = session.scalars(sa.select(Batch.id))
        same = session.get_one(Batch, batch_id, options=[so.undefer(Batch.chosen)])
    theirs = batch_work._decide_all(database, same, lambda: NOW)
    next(mine)

    with pytest.raises(batch_work._OvertakenError):
        next(theirs)

    with database.read() as session:
        now = session.get_one(Batch, batch_id)
    assert (now.done, now.skipped) == (3, 0)


def started(database, site, batch_of, monkeypatch):
    """A batch that was started, with nothing done yet."""
    with monkeypatch.context() as patch:
        patch.setattr(batches, "carry_on", lambda *arguments, **options: None)
        batch = batch_of()
    with database.read() as session:
        return session.get_one(Batch, batch.id, options=[so.undefer(Batch.chosen)])


def dies_at_the_second(monkeypatch, name):
    real, calls = getattr(batch_work, name), []

    def dies(*arguments):
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("the power is off")
        return real(*arguments)

    monkeypatch.setattr(batch_work, name, dies)


@pytest.mark.parametrize("part", ["_decide_part", "_undo_part"])
def test_what_stopped_halfway_is_seen_and_goes_on(database, site, held, batch_of, undo_batch, monkeypatch, part):
    batch = batch_of() if part == "_undo_part" else started(database, site, batch_of, monkeypatch)
    with monkeypatch.context() as patch:
        dies_at_the_second(patch, part)
        with pytest.raises(RuntimeError):
            undo_batch(batch) if part == "_undo_part" else batches.carry_on(database, batch.id, clock=lambda: NOW)
    later = NOW + batch_work.LEASE
    with database.read() as session:
        stopped = session.get_one(Batch, batch.id)
    assert (stopped.restored if part == "_undo_part" else stopped.done) == 3
    assert not batches.has_stopped(stopped, NOW)
    assert batches.has_stopped(stopped, later)
    with pytest.raises(NotFound):
        batches.resume(database, site_ids=[site.id], batch_id=batch.id, now=NOW)

    batches.resume(database, site_ids=[site.id], batch_id=batch.id, now=later)
    assert batches.carry_on(database, batch.id, clock=lambda: later)

    assert states(database) == [State.HELD if part == "_undo_part" else State.PUBLISHED] * 8
    with database.read() as session:
        ended = session.get_one(Batch, batch.id)
    assert (ended.done, ended.restored) == (8, 8 if part == "_undo_part" else 0)
    assert not batches.has_stopped(ended, later + batch_work.LEASE)


def test_batch_that_is_still_being_done_is_stopped_and_taken_back(
    database, site, held, batch_of, undo_batch, monkeypatch
):
    batch = started(database, site, batch_of, monkeypatch)
    steps = batch_work._decide_all(database, batch, lambda: NOW)
    next(steps)

    undone = undo_batch(batch)
    with pytest.raises(batch_work._OvertakenError):
        next(steps)

    assert (undone.done, undone.restored, batches.stage(undone)) == (3, 3, Stage.UNDONE)
    assert states(database) == [State.HELD] * 8


def test_work_ends_when_its_time_is_up_and_says_so(database, site, held, batch_of, monkeypatch):
    batch = started(database, site, batch_of, monkeypatch)

    assert not batches.carry_on(database, batch.id, seconds=0, clock=lambda: NOW)
    with database.read() as session:
        assert session.get_one(Batch, batch.id).done == 3


def test_batch_of_another_site_cannot_be_taken_back(held, batch_of, undo_batch):
    batch = batch_of()

    with pytest.raises(NotFound):
        undo_batch(batch, site_ids=[])


def test_a_reason_that_the_policy_drops_meanwhile_skips_what_is_left(database, site, held, batch_of, monkeypatch):
    with database.write() as session:
        policies.save_policy(session, session.get_one(Site, site.id), Policy(reasons=(Preset("rude", "Rude"),)))
    with monkeypatch.context() as patch:
        patch.setattr(batches, "carry_on", lambda *arguments, **options: None)
        batch = batch_of(choice=Choice(Action.REJECT, reason_code="rude"))
    with database.write() as session:
        policies.save_policy(session, session.get_one(Site, site.id), Policy(reasons=()))

    batches.carry_on(database, batch.id, clock=lambda: NOW)

    with database.read() as session:
        assert session.get_one(Batch, batch.id).skipped == 8


@pytest.mark.parametrize("part", ["decide", "undo"])
def test_part_that_lasts_too_long_is_cut_short_so_that_others_can_write(
    database, site, held, batch_of, undo_batch, monkeypatch, part
):
    monkeypatch.setattr(batch_work, "PART", 100)
    batch = batch_of() if part == "undo" else started(database, site, batch_of, monkeypatch)
    monkeypatch.setattr(batch_work, "PART_S", 0)
    commits = []
    sa.event.listen(database.writer, "commit", commits.append)

    if part == "undo":
        undo_batch(batch)
    else:
        batches.carry_on(database, batch.id, clock=lambda: NOW)

    assert len(commits) >= 8
    assert states(database) == [State.HELD if part == "undo" else State.PUBLISHED] * 8

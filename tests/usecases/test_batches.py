"""Many comments decided at once, and taken back."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from moderation import batches, claims
from moderation.deciding import Choice
from moderation.domain.comment import Action, State
from moderation.domain.errors import Conflict, InvalidRequest, NotFound
from moderation.recording import UNDO_WINDOW
from moderation.storage import queues
from moderation.storage.listing import Queue
from moderation.storage.tables import Batch, Comment, Decision
from tests.factories import NOW, make_comment, make_site

PUBLISH = Choice(Action.PUBLISH)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(batches, "PART", 3)


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
        return batches.undo(database, moderator=moderator, site_ids=site_ids, batch_id=batch.id, now=now)

    return _undo_batch


def states(database):
    with database.read() as session:
        return session.scalars(sa.select(Comment.state).order_by(Comment.id)).all()


def test_batch_decides_every_comment_and_keeps_what_was_asked_and_sampled(database, site, held, batch_of, moderator):
    sample = [{"comment_id": str(held[0].id), "bad": False}]

    batch = batch_of(sample=sample)

    assert states(database) == [State.PUBLISHED] * 8
    assert (batch.done, batch.skipped, batch.query, batch.sample) == (8, 0, {"queue": "held"}, sample)
    with database.read() as session:
        decisions = session.scalars(sa.select(Decision).where(Decision.batch_id == batch.id)).all()
        [listed] = batches.history(session, [site.id])
    assert {(row.moderator_id, row.action) for row in decisions} == {(moderator.id, Action.PUBLISH)}
    assert (listed.id, listed.moderator.name) == (batch.id, "Mona")


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

    outcome = undo_batch(batch)

    assert (outcome.done, outcome.skipped) == (8, 0)
    assert states(database) == [State.HELD] * 8
    assert event_types() == ["comment.held"] * 8


def test_whole_batch_is_taken_back_later_and_the_blog_told(held, batch_of, undo_batch, event_types):
    undo_batch(batch_of(), now=NOW + UNDO_WINDOW)

    assert sorted(event_types()) == ["comment.held"] * 16 + ["comment.published"] * 8


def test_what_was_decided_since_stays(database, held, batch_of, undo_batch, decide):
    batch = batch_of()
    decide(held[2], Action.SPAM, seen_version=2)

    assert undo_batch(batch).skipped == 1
    assert states(database)[2] is State.SPAM


def test_batch_is_taken_back_once(database, site, held, batch_of, undo_batch, moderator):
    batch = batch_of()
    undo_batch(batch, now=NOW + timedelta(minutes=1))

    with pytest.raises(Conflict):
        undo_batch(batch)
    with database.read() as session:
        [listed] = batches.history(session, [site.id])
    assert (listed.undone_at, listed.undone_by) == (NOW + timedelta(minutes=1), moderator.id)


def test_undo_that_stopped_halfway_goes_on(database, held, batch_of, undo_batch, monkeypatch):
    batch = batch_of()
    real, calls = batches._undo_part, []

    def dies_at_the_second(*arguments):
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("the power is off")
        return real(*arguments)

    monkeypatch.setattr(batches, "_undo_part", dies_at_the_second)
    with pytest.raises(RuntimeError):
        undo_batch(batch)
    monkeypatch.setattr(batches, "_undo_part", real)

    assert undo_batch(batch).done == 5
    assert states(database) == [State.HELD] * 8


def test_batch_of_another_site_cannot_be_taken_back(held, batch_of, undo_batch):
    batch = batch_of()

    with pytest.raises(NotFound):
        undo_batch(batch, site_ids=[])

"""For some seconds a decision can be taken back so that the blog never hears of it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from moderation import reports, review
from moderation.domain.comment import Action, State
from moderation.recording import UNDO_WINDOW
from moderation.storage import outbox
from moderation.storage.tables import Comment, CommentMark, Event
from tests.factories import NOW, make_comment

SOON = NOW + timedelta(seconds=5)
LEASE = timedelta(seconds=60)


def claimable(database, now):
    with database.write() as session:
        return [lease.payload["type"] for lease in outbox.claim(session, limit=10, lease=LEASE, now=now)]


def marks(database):
    with database.read() as session:
        return sorted(session.execute(sa.select(CommentMark.code, CommentMark.state)))


def test_worker_gets_a_moderator_s_decision_only_when_the_window_ends(database, decide, comment):
    decide(comment)

    assert claimable(database, SOON) == ["comment.held"]
    assert claimable(database, NOW + UNDO_WINDOW) == ["comment.rejected"]


def test_within_the_window_the_blog_hears_nothing(decide, undo, comment, stored, event_types):
    undo(decide(comment), now=SOON)

    assert stored(comment).state is State.HELD
    assert event_types() == ["comment.held"]


def test_after_the_window_the_blog_is_told_of_both(decide, undo, comment, event_types):
    undo(decide(comment), now=NOW + UNDO_WINDOW)

    assert event_types() == ["comment.held", "comment.rejected", "comment.held"]


def test_event_that_a_worker_has_is_not_taken_back(database, decide, undo, comment, event_types):
    decision = decide(comment)
    with database.write() as session:
        # A machine whose clock is ahead.
        outbox.claim(session, limit=10, lease=LEASE, now=NOW + UNDO_WINDOW)

    undo(decision, now=SOON)

    assert event_types() == ["comment.held", "comment.rejected", "comment.held"]


def test_event_that_was_tried_is_not_taken_back(database, decide, undo, comment, event_types):
    decision = decide(comment)
    with database.write() as session:
        session.execute(sa.update(Event).values(attempts=1, due_at=NOW + LEASE))

    undo(decision, now=SOON)

    assert event_types()[-2:] == ["comment.rejected", "comment.held"]


def test_what_was_silently_undone_and_done_again_is_told(decide, undo, comment, event_types):
    decision = undo(decide(comment), now=SOON)

    undo(decision, now=SOON)

    assert event_types() == ["comment.held", "comment.rejected"]


def test_blog_s_own_decision_is_told_at_once(database, site, comment):
    review.decide_at_blog(database, site, comment.external_id, action=Action.SPAM, note="", now=NOW)

    assert "comment.spam" in claimable(database, NOW)


def test_undo_opens_reports_again_and_lets_readers_hold_the_comment_as_before(database, site, decide, undo, stored):
    with database.write() as session:
        comment = make_comment(session, site, action=Action.PUBLISH)
    reports.report(database, site, comment.external_id, reporter="r", reason="", now=NOW)
    assert marks(database) == [("open:reported", "published")]

    decision = decide(comment, Action.PUBLISH)
    assert (marks(database), stored(comment).open_reports) == ([], 0)
    undo(decision)

    assert marks(database) == [("open:reported", "published")]
    assert (stored(comment).open_reports, stored(comment).decided_by_person) == (1, False)


def test_undo_does_not_open_what_an_earlier_decision_had_settled(database, site, decide, undo, comment, stored):
    reports.report(database, site, comment.external_id, reporter="r", reason="", now=NOW - LEASE)
    decide(comment, Action.PUBLISH)

    undo(decide(comment, Action.REJECT, seen_version=2, now=SOON), now=SOON)

    assert (stored(comment).state, stored(comment).open_reports) == (State.PUBLISHED, 0)
    assert stored(comment).decided_by_person


@pytest.fixture
def escalate(database, site, moderator):
    def _escalate(comment, *, seen_version=1, note="please look"):
        return review.escalate(
            database,
            moderator=moderator,
            site_ids=[site.id],
            comment_id=comment.id,
            seen_version=seen_version,
            note=note,
            now=NOW,
        )

    return _escalate


def test_escalated_comment_stays_held_and_the_blog_hears_nothing(
    database, escalate, comment, moderator, stored, event_types
):
    decision = escalate(comment)

    row = stored(comment)
    assert (row.state, row.escalated_at, row.escalated_by) == (State.HELD, NOW, moderator.id)
    assert (decision.escalates, decision.note) == (True, "please look")
    assert marks(database) == [("open:escalated", "held")]
    assert event_types() == ["comment.held"]


def test_escalated_published_comment_is_held_and_the_blog_told(database, site, escalate, stored, event_types):
    with database.write() as session:
        comment = make_comment(session, site, action=Action.PUBLISH)

    escalate(comment)

    assert stored(comment).state is State.HELD
    assert event_types() == ["comment.published", "comment.held"]


def test_deciding_ends_the_escalation_and_undo_brings_it_back(database, escalate, decide, undo, comment, stored):
    escalate(comment)
    decision = decide(comment, seen_version=2)
    assert (stored(comment).escalated_at, marks(database)) == (None, [])

    undo(decision)

    assert stored(comment).escalated_at == NOW
    assert marks(database) == [("open:escalated", "held")]


def test_escalation_is_taken_back_without_a_word(database, escalate, undo, comment, stored, event_types):
    undo(escalate(comment))

    assert (stored(comment).escalated_at, marks(database)) == (None, [])
    assert event_types() == ["comment.held"]


def test_reason_of_the_list_goes_into_the_receipt_and_the_event(database, decide, comment):
    decision = decide(comment, Action.REJECT, reason_code="insult", note="Please stay kind.")

    with database.read() as session:
        payload = session.scalars(sa.select(Event.payload).where(Event.decision_id == decision.id)).one()
    [reason] = payload["data"]["reasons"]
    assert (decision.reason_code, decision.note) == ("insult", "Please stay kind.")
    assert (reason["rule"], reason["value"]) == ("insult", "It insults or attacks somebody in the conversation.")
    assert "kind" not in str(payload)


def test_version_grows_by_one_for_each_decision(database, decide, undo, comment):
    undo(decide(comment))

    with database.read() as session:
        assert session.get_one(Comment, comment.id).version == 3


def test_when_undo_and_worker_meet_the_blog_hears_nothing_or_everything(database, site, decide, undo):
    """A worker whose clock is ahead takes events while their decisions are taken back."""
    with database.write() as session:
        decisions = [make_comment(session, site) for _ in range(24)]
    decisions = [decide(comment) for comment in decisions]
    sent = []

    def work():
        for _ in range(24):
            with database.write() as session:
                leases = outbox.claim(session, limit=3, lease=LEASE, now=NOW + UNDO_WINDOW)
            sent.extend((lease.payload["data"]["comment_id"], lease.payload["data"]["state"]) for lease in leases)

    with ThreadPoolExecutor(2) as pool:
        working = pool.submit(work)
        for decision in decisions:
            undo(decision, now=SOON)
        working.result()

    with database.read() as session:
        left = session.scalars(sa.select(Event.payload)).all()
    for decision in decisions:
        with database.read() as session:
            name = session.get_one(Comment, decision.comment_id).external_id
        told = [payload["data"]["state"] for payload in left if payload["data"]["comment_id"] == name]
        assert sorted(told) in (["held"], ["held", "held", "rejected"])
        assert ((name, "rejected") in sent) <= (len(told) == 3)

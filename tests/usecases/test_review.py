"""People decide, race, and take it back."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from moderation import erasure, policies, review
from moderation.domain.comment import Action, Actor, State
from moderation.domain.errors import AlreadyDecided, IllegalTransition, InvalidRequest, NotFound
from moderation.recording import UNDO_WINDOW
from moderation.storage.tables import Comment, Decision
from tests.factories import NOW, make_moderator, make_site


def state_of(database, comment):
    with database.read() as session:
        return session.get_one(Comment, comment.id).state


@pytest.mark.parametrize(
    ("action", "state"),
    [(Action.PUBLISH, State.PUBLISHED), (Action.REJECT, State.REJECTED), (Action.SPAM, State.SPAM)],
)
def test_decision_moves_the_comment_and_tells_the_blog(
    database, decide, comment, moderator, action, state, event_types
):
    decision = decide(comment, action)

    assert state_of(database, comment) is state
    assert (decision.actor, decision.moderator_id, decision.version) == (Actor.MODERATOR, moderator.id, 2)
    assert event_types() == ["comment.held", f"comment.{state}"]


def test_receipt_of_a_person_s_decision_keeps_what_the_machine_had_said(decide, comment):
    receipt = decide(comment, Action.REJECT).receipt

    assert receipt["model"] == "fake-1"
    assert [reason["code"] for reason in receipt["reasons"]] == ["moderator_decision"]


def test_second_moderator_is_told_who_was_first(database, site, decide, comment):
    with database.write() as session:
        second = make_moderator(session, site, email="nils@example.org", name="Nils")
    decide(comment, Action.REJECT)

    with pytest.raises(AlreadyDecided) as refused:
        decide(comment, Action.PUBLISH, by=second)

    assert (refused.value.by, refused.value.state) == ("Mona", "rejected")
    assert state_of(database, comment) is State.REJECTED


def test_of_many_moderators_at_once_exactly_one_decides(database, site, decide, comment, event_types):
    with database.write() as session:
        people = [
            make_moderator(session, site, email=f"m{number}@example.org", name=f"M{number}") for number in range(12)
        ]

    def try_to(person):
        try:
            return decide(comment, Action.REJECT, by=person).moderator_id
        except AlreadyDecided as error:
            return error.by

    with ThreadPoolExecutor(12) as pool:
        outcomes = list(pool.map(try_to, people))

    winners = [person for person, outcome in zip(people, outcomes, strict=True) if outcome == person.id]
    assert len(winners) == 1
    assert sorted(map(str, outcomes)) == sorted([str(winners[0].id), *[winners[0].name] * 11])
    assert event_types() == ["comment.held", "comment.rejected"]


def test_comment_of_another_site_does_not_exist(database, decide, comment):
    with database.write() as session:
        other = make_site(session, slug="other")

    with pytest.raises(NotFound):
        decide(comment, Action.PUBLISH, site_ids=[other.id])
    with pytest.raises(NotFound):
        decide(comment, Action.PUBLISH, site_ids=[])


def test_undo_brings_the_comment_back_and_tells_the_blog(database, site, moderator, decide, comment, event_types):
    decision = decide(comment, Action.REJECT)

    later = NOW + UNDO_WINDOW
    undone = review.undo(database, moderator=moderator, site_ids=[site.id], decision_id=decision.id, now=later)

    assert undone.undoes == decision.id
    assert state_of(database, comment) is State.HELD
    assert event_types() == ["comment.held", "comment.rejected", "comment.held"]


def test_undo_works_once(database, site, moderator, decide, comment):
    decision = decide(comment, Action.REJECT)
    review.undo(database, moderator=moderator, site_ids=[site.id], decision_id=decision.id, now=NOW)

    with pytest.raises(AlreadyDecided):
        review.undo(database, moderator=moderator, site_ids=[site.id], decision_id=decision.id, now=NOW)


def test_machine_s_decision_cannot_be_undone(database, site, moderator, comment):
    with database.read() as session:
        decision_id = session.scalars(sa.select(Decision.id)).one()

    with pytest.raises(NotFound):
        review.undo(database, moderator=moderator, site_ids=[site.id], decision_id=decision_id, now=NOW)


def test_erased_comment_takes_no_decision(database, site, decide, comment):
    erasure.erase(database, site, comment.external_id, now=NOW)

    with pytest.raises(IllegalTransition):
        decide(comment, Action.PUBLISH, seen_version=2)


def test_blog_s_own_decision_is_recorded_once(database, site, comment, event_types):
    for _ in range(2):
        review.decide_at_blog(database, site, comment.external_id, action=Action.SPAM, note="a bot", now=NOW)

    assert state_of(database, comment) is State.SPAM
    assert event_types() == ["comment.held", "comment.spam"]


def test_blog_cannot_decide_a_comment_it_does_not_have(database, site):
    with pytest.raises(NotFound):
        review.decide_at_blog(database, site, "nothing", action=Action.SPAM, note="", now=NOW)


@pytest.mark.parametrize("reason", [{"reason_code": "insult"}, {"note": "Please stay kind."}])
def test_rejection_needs_a_reason_where_the_site_wants_one(database, site, decide, comment, reason, stored):
    policies.change(database, site, {"skip_reason": False})
    with pytest.raises(InvalidRequest) as refused:
        decide(comment, Action.REJECT)
    assert (refused.value.code, stored(comment).state) == ("reason-missing", State.HELD)

    decide(comment, Action.REJECT, **reason)

    assert stored(comment).state is State.REJECTED


def test_spam_and_approval_need_no_reason(database, site, decide, comment):
    policies.change(database, site, {"skip_reason": False})

    decide(comment, Action.SPAM)
    decide(comment, Action.PUBLISH, seen_version=2)


def test_reason_that_is_not_on_the_list_is_refused(decide, comment):
    with pytest.raises(InvalidRequest) as refused:
        decide(comment, Action.REJECT, reason_code="made_up")

    assert refused.value.code == "reason-unknown"

"""Whoever opens a card has it to themselves for some minutes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from moderation import claims, erasure, review
from moderation.claims import CLAIM
from moderation.domain.comment import Action, State
from moderation.domain.errors import AlreadyDecided, Claimed, NotFound
from moderation.storage import queues
from tests.factories import NOW, make_moderator, make_site


@pytest.fixture
def take(database, site, moderator):
    def _take(comment, *, by=moderator, now=NOW, site_ids=(site.id,)):
        return claims.take(database, moderator=by, site_ids=site_ids, comment_id=comment.id, now=now)

    return _take


def test_claim_shows_who_has_the_comment_and_until_when(database, site, take, comment, moderator):
    until = take(comment)

    with database.read() as session:
        live = queues.live_claims(session, [site.id], NOW)
        later = queues.live_claims(session, [site.id], NOW + CLAIM)
    assert until == NOW + CLAIM
    assert live == {comment.id: (moderator.id, until)}
    assert later == {}


def test_second_moderator_is_told_who_has_it(take, comment, second):
    take(comment)

    with pytest.raises(Claimed) as refused:
        take(comment, by=second)

    assert (refused.value.by, refused.value.until) == ("Mona", NOW + CLAIM)


def test_one_s_own_claim_is_taken_anew(take, comment):
    take(comment)

    assert take(comment, now=NOW + timedelta(minutes=4)) == NOW + timedelta(minutes=4) + CLAIM


def test_claim_that_ran_out_is_free_to_take(take, comment, second):
    take(comment)

    assert take(comment, by=second, now=NOW + CLAIM) == NOW + CLAIM + CLAIM


def test_of_many_moderators_at_once_exactly_one_gets_it(database, site, take, comment):
    with database.write() as session:
        people = [make_moderator(session, site, email=f"m{n}@example.org", name=f"M{n}") for n in range(8)]

    def try_to(person):
        try:
            return bool(take(comment, by=person))
        except Claimed:
            return False

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(try_to, people))

    assert outcomes.count(True) == 1


def test_nobody_else_decides_while_the_claim_lasts(take, decide, comment, second, stored):
    take(comment)

    with pytest.raises(Claimed):
        decide(comment, by=second)

    assert stored(comment).state is State.HELD
    decide(comment, by=second, now=NOW + CLAIM)
    assert stored(comment).state is State.REJECTED


def test_deciding_ends_the_claim(take, decide, comment, stored):
    take(comment)
    decide(comment)

    assert (stored(comment).claimed_by, stored(comment).claimed_until) == (None, None)


def test_a_claim_does_not_hide_that_the_comment_was_decided(take, decide, comment, second):
    decide(comment)
    take(comment)

    with pytest.raises(AlreadyDecided):
        decide(comment, Action.PUBLISH, by=second)


def test_claim_is_given_back_by_its_owner_alone(database, take, comment, moderator, second, stored):
    take(comment)

    claims.release(database, moderator=second, comment_id=comment.id)
    assert stored(comment).claimed_by == moderator.id
    claims.release(database, moderator=moderator, comment_id=comment.id)
    assert stored(comment).claimed_by is None


def test_all_of_one_s_claims_end_on_signing_out(database, site, take, comment, moderator, stored):
    take(comment)

    claims.release_all(database, moderator=moderator, site_ids=[site.id])

    assert stored(comment).claimed_by is None


def test_blog_and_erasure_wait_for_nobody_s_claim(database, site, take, comment, stored):
    take(comment)
    review.decide_at_blog(database, site, comment.external_id, action=Action.SPAM, note="", now=NOW)
    take(comment)
    erasure.erase(database, site, comment.external_id, now=NOW)

    assert (stored(comment).state, stored(comment).claimed_by) == (State.ERASED, None)


def test_undo_is_refused_while_somebody_else_has_the_comment(take, decide, undo, comment, second):
    decision = decide(comment)
    take(comment, by=second)

    with pytest.raises(Claimed):
        undo(decision)


def test_comment_of_another_site_cannot_be_claimed(database, take, comment):
    with database.write() as session:
        other = make_site(session, slug="other")

    with pytest.raises(NotFound):
        take(comment, site_ids=[other.id])

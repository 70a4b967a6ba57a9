"""A commenter objects, and a moderator looks again."""

import pytest
import sqlalchemy as sa

from moderation import appeals, erasure, review
from moderation.domain.comment import Action, State
from moderation.domain.errors import Conflict, IllegalTransition, InvalidRequest, NotFound
from moderation.recording import UNDO_WINDOW
from moderation.storage import appeals as rows
from moderation.storage import queues, secrets, sites
from moderation.storage.listing import Queue
from moderation.storage.tables import Event, Site, StatusPage
from moderation.storage.types import uuid7
from tests.factories import NOW, SECRET_KEY, make_comment, make_site


@pytest.fixture
def rejected(database, site):
    with database.write() as session:
        return make_comment(session, site, action=Action.REJECT)


@pytest.fixture
def appeal(database):
    def _appeal(comment, text="I meant it kindly."):
        return appeals.appeal(database, comment_id=comment.id, text=text, now=NOW)

    return _appeal


@pytest.fixture
def answer(database, site, moderator):
    def _answer(comment, action=Action.PUBLISH, text="You are right.", *, seen_version=1, site_ids=(site.id,)):
        return appeals.answer(
            database,
            moderator=moderator,
            site_ids=site_ids,
            comment_id=comment.id,
            seen_version=seen_version,
            action=action,
            text=text,
            now=NOW,
        )

    return _answer


def waiting(database, site):
    with database.read() as session:
        return [row.id for row in queues.read_queue(session, [site.id], Queue.APPEALS).comments]


def last_appeal_event(database):
    with database.read() as session:
        event = session.scalars(sa.select(Event).order_by(Event.id.desc()).limit(1)).one()
        return event.type, event.payload["data"].get("appeal")


@pytest.mark.parametrize(
    ("action", "event", "state"),
    [(Action.PUBLISH, "comment.published", "granted"), (Action.REJECT, "comment.rejected", "declined")],
)
def test_appeal_waits_in_its_queue_until_a_decision_answers_it(
    database, site, rejected, appeal, answer, action, event, state
):
    appeal(rejected)
    assert waiting(database, site) == [rejected.id]

    decision = answer(rejected, action)

    assert waiting(database, site) == []
    assert last_appeal_event(database) == (event, {"state": state, "answer": "You are right."})
    with database.read() as session:
        row = rows.of_comment(session, rejected.id)
    assert (row.answer, row.answered_at, row.decision_id) == ("You are right.", NOW, decision.id)


def test_one_appeal_is_allowed_also_after_its_answer(rejected, appeal, answer):
    appeal(rejected)
    with pytest.raises(Conflict):
        appeal(rejected)
    answer(rejected, Action.REJECT)

    with pytest.raises(Conflict):
        appeal(rejected)


@pytest.mark.parametrize("action", [Action.HOLD, Action.PUBLISH])
def test_only_a_refused_comment_can_be_appealed(database, site, appeal, action):
    with database.write() as session:
        comment = make_comment(session, site, action=action)

    with pytest.raises(IllegalTransition):
        appeal(comment)


@pytest.mark.parametrize("text", ["", "  \n ", "x" * (appeals.MAX_TEXT + 1)])
def test_appeal_says_something_and_not_too_much(rejected, appeal, text):
    with pytest.raises(InvalidRequest):
        appeal(rejected, text)


def test_site_without_pages_takes_no_appeal(database, site, rejected, appeal):
    with database.write() as session:
        sites.set_status_page(session, session.get_one(Site, site.id), StatusPage.NONE)

    with pytest.raises(NotFound):
        appeal(rejected)


def test_decision_from_another_queue_or_from_the_blog_answers_too(database, site, rejected, appeal):
    appeal(rejected)

    review.decide_at_blog(database, site, rejected.external_id, action=Action.PUBLISH, note="", now=NOW)

    assert waiting(database, site) == []
    assert last_appeal_event(database) == ("comment.published", {"state": "granted", "answer": ""})


def test_undo_opens_the_appeal_again(database, site, rejected, appeal, answer, undo):
    appeal(rejected)

    undo(answer(rejected), now=NOW + UNDO_WINDOW)

    assert waiting(database, site) == [rejected.id]
    assert last_appeal_event(database) == ("comment.rejected", None)


def test_escalating_leaves_the_appeal_open(database, site, rejected, appeal, moderator, stored):
    appeal(rejected)

    review.escalate(database, moderator=moderator, site_ids=[site.id], comment_id=rejected.id, seen_version=1, now=NOW)

    assert waiting(database, site) == [rejected.id]
    assert stored(rejected).state is State.HELD


def test_there_must_be_an_appeal_to_answer_and_on_one_s_own_site(database, rejected, appeal, answer):
    with pytest.raises(NotFound):
        answer(rejected)
    appeal(rejected)
    with database.write() as session:
        other = make_site(session, slug="other")
    with pytest.raises(NotFound):
        answer(rejected, site_ids=[other.id])


def test_erasure_takes_the_appeal_and_its_answer_out_of_every_table(database, site, rejected, appeal, answer):
    appeal(rejected, "because kumquat")
    answer(rejected, text="no kumquat")

    erasure.erase(database, site, rejected.external_id, now=NOW)

    with database.read() as session:
        payloads = str(session.scalars(sa.select(Event.payload)).all())
        assert rows.of_comment(session, rejected.id) is None
    assert "kumquat" not in payloads


def test_link_is_known_by_its_tag_alone():
    comment_id = uuid7()
    token = secrets.status_token(comment_id, SECRET_KEY)

    assert secrets.comment_of_token(token, SECRET_KEY) == comment_id
    assert secrets.comment_of_token(token, "another key" * 4) is None
    for position in range(0, len(token) - 1, 5):
        changed = token[:position] + ("A" if token[position] != "A" else "B") + token[position + 1 :]
        assert secrets.comment_of_token(changed, SECRET_KEY) is None


@pytest.mark.parametrize("token", ["", "A", "A" * 42, "A" * 43, "A" * 44, "é" * 43, "=" * 43, "A" * 100_000, "+/" * 22])
def test_what_is_no_link_of_ours_is_refused_quietly(token):
    assert secrets.comment_of_token(token, SECRET_KEY) is None

"""The conversation around a comment."""

from moderation.domain.comment import Action
from moderation.storage import conversations
from tests.factories import make_comment, make_site


def test_conversation_is_what_a_comment_answers_and_what_answers_it(database):
    with database.write() as session:
        site, other = make_site(session), make_site(session, slug="other")
        first = make_comment(session, site, external_id="1")
        second = make_comment(session, site, external_id="2", parent_external_id="1")
        third = make_comment(session, site, external_id="3", parent_external_id="2", action=Action.PUBLISH)
        answers = [make_comment(session, site, external_id=f"a{n}", parent_external_id="3") for n in range(3)]
        make_comment(session, other, external_id="b", parent_external_id="3")

    with database.read() as session:
        assert [row.id for row in conversations.above(session, third)] == [first.id, second.id]
        assert [row.id for row in conversations.above(session, third, limit=1)] == [second.id]
        assert [row.id for row in conversations.below(session, third)] == [row.id for row in answers]
        assert [row.id for row in conversations.below(session, third, limit=2)] == [row.id for row in answers[:2]]
        assert conversations.below(session, answers[0]) == []


def test_comments_that_answer_each_other_in_a_circle_end(database):
    with database.write() as session:
        site = make_site(session)
        one = make_comment(session, site, external_id="1", parent_external_id="2")
        make_comment(session, site, external_id="2", parent_external_id="1")

    with database.read() as session:
        assert [row.external_id for row in conversations.above(session, one)] == ["2"]

"""The bulk rows that pages are measured on are such as the service itself would have left."""

import sqlalchemy as sa

from moderation.domain.comment import RESULT, State
from moderation.storage import queues
from moderation.storage.listing import Queue
from moderation.storage.tables import Comment, CommentMark, Decision
from tests.bench.filling import fill


def test_a_filled_database_hangs_together(database):
    filled = fill(database, held=300, history=3_000)

    sites = [site.id for site in filled.sites]
    with database.read() as session:
        assert queues.count(session, sites, Queue.HELD) == 300
        assert queues.count(session, sites, Queue.ALL, at_most=9_999) == filled.comments == 3_300
        for queue in (Queue.PUBLISHED, Queue.REJECTED, Queue.SPAM, Queue.REPORTED):
            assert queues.count(session, sites, queue) > 0
        states = dict(session.execute(sa.select(Comment.id, Comment.state)).all())
        marks = session.execute(sa.select(CommentMark.comment_id, CommentMark.state))
        assert all(states[comment_id] is state for comment_id, state in marks)
        latest = session.scalars(sa.select(Decision).order_by(Decision.version))
        assert {item.comment_id: RESULT[item.action] for item in latest} == states
        assert State.HELD in states.values()
        page = queues.read_queue(session, sites, Queue.HELD)
        assert page.comments[0].risk > page.comments[-1].risk > 0.5

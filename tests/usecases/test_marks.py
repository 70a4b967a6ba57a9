"""What a comment is found by follows what happens to it."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from moderation import erasure, reports
from moderation.storage import queues
from moderation.storage.listing import Filters, Queue
from moderation.storage.tables import Comment, CommentMark
from tests.factories import NOW, make_submission


@pytest.fixture
def marks(database):
    def _marks():
        with database.read() as session:
            rows = session.execute(sa.select(CommentMark.code, CommentMark.state, CommentMark.risk))
            return sorted((row.code, row.state.value, row.risk) for row in rows)

    return _marks


@pytest.fixture
def bad():
    return make_submission(text="bad")


@pytest.fixture
def found(database, site):
    """How many comments of a queue have a reason."""

    def _found(queue, code):
        with database.read() as session:
            return len(queues.read_queue(session, [site.id], queue, filters=Filters(reasons=(code,))).comments)

    return _found


def test_reasons_of_the_machine_are_marks_and_stay_when_a_person_decides(submit, bad, decide, database, marks, found):
    submit(bad)
    assert marks() == [("insult", "held", 0.9), ("toxicity", "held", 0.9)]
    with database.read() as session:
        comment = session.scalars(sa.select(Comment)).one()

    decide(comment)

    assert marks() == [("insult", "rejected", 0.9), ("toxicity", "rejected", 0.9)]
    assert (found(Queue.HELD, "insult"), found(Queue.REJECTED, "insult")) == (0, 1)


def test_edit_brings_new_reasons_and_risk(database, site, submit, bad, marks):
    submit(bad)
    reports.report(database, site, bad.id, reporter="r", reason="", now=NOW)

    submit(replace(bad, text="lovely"))

    assert marks() == [("open:reported", "published", 0.05)]


def test_comment_that_nothing_speaks_against_has_no_marks(submit, marks):
    submit(make_submission())

    assert marks() == []


def test_erased_comment_is_found_by_nothing(database, site, submit, bad, marks):
    submit(bad)

    erasure.erase(database, site, bad.id, now=NOW)

    assert marks() == []

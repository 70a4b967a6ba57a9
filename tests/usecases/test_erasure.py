"""A comment is erased."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from moderation import erasure, intake, reports, review
from moderation.domain.comment import Action, Author, Parent, State
from moderation.domain.errors import NotFound
from moderation.storage import tables
from moderation.storage.tables import Base
from tests.factories import NOW, make_submission

SECRET = "kumquat"


@pytest.fixture
def comment():
    return make_submission(
        text=f"You are bad, {SECRET}.",
        permalink=f"https://blog.example/{SECRET}",
        parent=Parent("p", f"I like {SECRET}"),
        author=Author(
            id=f"u-{SECRET}",
            name=SECRET,
            email=f"{SECRET}@example.org",
            url=f"https://{SECRET}.example",
            ip="203.0.113.9",
        ),
    )


def whole_database(database):
    """Every value of every row, as one text."""
    with database.read() as session:
        return "\n".join(
            str(tuple(row)) for table in Base.metadata.sorted_tables for row in session.execute(sa.select(table))
        )


def test_nothing_of_the_comment_or_its_author_is_left(database, site, submit, comment):
    key = intake.RequestKey("key:a", b"1" * 32)
    submit(comment, request_key=key)
    submit(replace(comment, text=f"Another bad {SECRET}."))
    review.decide_at_blog(database, site, comment.id, action=Action.REJECT, note=f"by {SECRET}", now=NOW)
    reports.report(database, site, comment.id, reporter="r", reason=f"about {SECRET}", now=NOW)
    assert SECRET in whole_database(database)

    erasure.erase(database, site, comment.id, now=NOW)

    assert SECRET not in whole_database(database)
    assert "203.0.113.9" not in whole_database(database)


def test_decisions_stay_and_the_blog_is_told(database, site, submit, comment):
    submit(comment)

    erasure.erase(database, site, comment.id, now=NOW)

    with database.read() as session:
        actions = session.scalars(sa.select(tables.Decision.action).order_by(tables.Decision.version)).all()
        types = session.scalars(sa.select(tables.Event.type).order_by(tables.Event.id)).all()
    assert actions == [Action.HOLD, Action.ERASE]
    assert types == ["comment.held", "comment.erased"]


def test_author_with_other_comments_stays(database, site, submit, comment):
    submit(comment)
    submit(replace(comment, id="another"))

    erasure.erase(database, site, comment.id, now=NOW)

    with database.read() as session:
        assert session.scalars(sa.select(tables.Author.name)).all() == [SECRET]


def test_anonymous_comment_is_erased_too(database, site, submit):
    comment = make_submission()
    submit(comment)

    erasure.erase(database, site, comment.id, now=NOW)

    with database.read() as session:
        assert session.scalars(sa.select(tables.Comment.state)).all() == [State.ERASED]


def test_late_repeat_does_not_bring_an_erased_comment_back(database, site, submit, comment):
    submit(comment)
    erasure.erase(database, site, comment.id, now=NOW)

    [result] = submit(comment)

    assert (result["state"], result["decision"]) == ("erased", "reject")
    assert SECRET not in whole_database(database)


def test_erasing_twice_is_erasing_once(database, site, submit, comment):
    submit(comment)
    for _ in range(2):
        erasure.erase(database, site, comment.id, now=NOW)

    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(tables.Decision)) == 2


def test_unknown_comment_cannot_be_erased(database, site):
    with pytest.raises(NotFound):
        erasure.erase(database, site, "nothing", now=NOW)

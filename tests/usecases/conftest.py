"""A site, a scorer with a fake reader, and a short way to submit."""

import pytest
import sqlalchemy as sa

from moderation import intake, review
from moderation.domain.comment import Action
from moderation.scoring import Scorer
from moderation.storage.tables import Comment, Event
from tests.factories import NOW, FakeReader, make_comment, make_moderator, make_site


@pytest.fixture
def site(database):
    with database.write() as session:
        return make_site(session, webhook_url="https://blog.example/hook")


@pytest.fixture
def scorer():
    scorer = Scorer(FakeReader(), deadline_s=5)
    yield scorer
    scorer.close()


@pytest.fixture
def submit(database, scorer, site):
    """Submit comments; the results, as the API would answer."""

    def _submit(*submissions, now=NOW, scorer=scorer, site=site, request_key=None):
        answer = intake.submit(database, scorer, site, submissions, now=now, request_key=request_key)
        return answer.results

    return _submit


@pytest.fixture
def comment(database, site):
    with database.write() as session:
        return make_comment(session, site)


@pytest.fixture
def moderator(database, site):
    with database.write() as session:
        return make_moderator(session, site)


@pytest.fixture
def second(database, site):
    """Another moderator of the site."""
    with database.write() as session:
        return make_moderator(session, site, email="nils@example.org", name="Nils")


@pytest.fixture
def decide(database, site, moderator):
    """Decide as a moderator who saw the comment's first version."""

    def _decide(comment, action=Action.REJECT, *, seen_version=1, by=moderator, site_ids=(site.id,), now=NOW, **rest):
        return review.decide(
            database,
            moderator=by,
            site_ids=site_ids,
            comment_id=comment.id,
            seen_version=seen_version,
            action=action,
            now=now,
            **rest,
        )

    return _decide


@pytest.fixture
def undo(database, site, moderator):
    def _undo(decision, *, by=moderator, now=NOW):
        return review.undo(database, moderator=by, site_ids=[site.id], decision_id=decision.id, now=now)

    return _undo


@pytest.fixture
def stored(database):
    """A comment as the database has it now."""

    def _stored(comment):
        with database.read() as session:
            return session.get_one(Comment, comment.id)

    return _stored


@pytest.fixture
def event_types(database):
    """What the blog was or will be told, in order."""

    def _event_types():
        with database.read() as session:
            return session.scalars(sa.select(Event.type).order_by(Event.id)).all()

    return _event_types

"""A site, a scorer with a fake reader, and a short way to submit."""

import pytest

from moderation import intake
from moderation.scoring import Scorer
from tests.factories import NOW, FakeReader, make_site


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

"""The API through the test client: a site Alice's, a site Bob's, and a fake reader behind them."""

from pathlib import Path

import pytest

from moderation.config import Settings
from moderation.scoring import Scorer
from moderation.storage import sites
from moderation.web.app import create_app
from tests.factories import SECRET_KEY, FakeReader, make_site


@pytest.fixture
def settings():
    return Settings(database_url="", secret_key=SECRET_KEY, home=Path("unused"), trusted_hosts=("localhost",))


@pytest.fixture
def app(settings, database):
    scorer = Scorer(FakeReader(), deadline_s=5)
    yield create_app(settings, database=database, scorer=scorer)
    scorer.close()


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def alice(database):
    with database.write() as session:
        site = make_site(session, slug="alice", webhook_url="https://alice.example/hook")
        return {"Authorization": f"Bearer {sites.add_key(session, site)}"}


@pytest.fixture
def bob(database):
    with database.write() as session:
        return {"Authorization": f"Bearer {sites.add_key(session, make_site(session, slug='bob'))}"}


@pytest.fixture
def post(client, alice):
    """POST JSON as Alice's blog."""

    def _post(path, body, **options):
        headers = {**alice, **options.pop("headers", {})}
        return client.post(path, json=body, headers=headers, **options)

    return _post

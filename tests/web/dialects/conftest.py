"""A dialect over a test database, and a key to call it with."""

import pytest

from moderation.storage import sites


@pytest.fixture
def database(sqlite_database):
    """A dialect translates; the engines are tested below it."""
    return sqlite_database


@pytest.fixture
def key(database, site):
    with database.write() as session:
        return sites.add_key(session, site)

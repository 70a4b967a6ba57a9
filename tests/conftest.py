"""What every test may ask for: the shared data, and a database built by the migrations, on both engines."""

import os
import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import sync_playwright

from moderation.classifier.artifact import MODELS, newest, read_manifest
from moderation.classifier.loading import has_careful
from moderation.config import ROOT
from moderation.storage import migrate
from moderation.storage.engine import Database
from moderation.storage.tables import Base
from tests.postgres import Cluster, find_postgres


def skip_or_fail(what: str) -> None:
    """Skip a test whose surroundings are missing; on CI nothing may be missing."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} (with CI=true this is a failure)")
    pytest.skip(what)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with the seed and the training data."""
    path = Path(os.environ.get("MODERATION_SHARED") or ROOT.parent / "shared")
    if not (path / "seed").is_dir():
        skip_or_fail(f"no shared data: set MODERATION_SHARED to the folder with seed/ and data/ (not {path.name}/)")
    return path


@pytest.fixture(scope="session")
def careful_directory() -> Path:
    """The newest careful reader."""
    if not has_careful():
        skip_or_fail("models/ holds no careful reader")
    return newest(MODELS, "network.onnx")


@pytest.fixture(scope="session")
def both_readers(careful_directory):
    """The newest careful reader with the quick one that it was fitted with."""
    from moderation.classifier.both import BothReaders

    quick = read_manifest(careful_directory)["combination"]["with"]
    readers = BothReaders.load(careful_directory, quick=MODELS / quick)
    yield readers
    readers.close()


@pytest.fixture(scope="session")
def shipped_both(both_readers):
    """Both readers as they ship: a stand-in from half a training is not measured."""
    if both_readers.careful.model.endswith("-dev"):
        pytest.skip("there is only a stand-in for the careful reader")
    return both_readers


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory) -> Path:
    """One migrated SQLite file, copied for each test."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database.writer)
    # Closing the last connection folds the write-ahead log into the file.
    database.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_cluster():
    """A PostgreSQL server of our own, in a temporary folder, for the whole run."""
    binaries = find_postgres()
    if binaries is None:
        skip_or_fail("PostgreSQL's initdb is not installed, so its tests cannot run")
    with Cluster(binaries) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def postgres_template(postgres_cluster) -> str:
    """The address of one migrated PostgreSQL database, emptied after each test."""
    url = postgres_cluster.create_database("tests")
    database = Database(url)
    migrate.upgrade(database.writer)
    database.dispose()
    return url


@pytest.fixture
def sqlite_database(sqlite_template, tmp_path):
    path = tmp_path / "test.db"
    shutil.copy(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    yield database
    database.dispose()


@pytest.fixture
def postgres_database(postgres_template):
    database = Database(postgres_template)
    yield database
    names = ", ".join(table.name for table in Base.metadata.sorted_tables)
    with database.writer.begin() as connection:
        connection.execute(sa.text(f"TRUNCATE {names} CASCADE"))
    database.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def database(request) -> Database:
    """Storage and use cases are tested on both engines."""
    return request.getfixturevalue(f"{request.param}_database")


@pytest.fixture(scope="session")
def chromium():
    """Debian's Chromium, headless, driven by Playwright."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        skip_or_fail("Chromium is not installed, so the browser tests cannot run")
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()

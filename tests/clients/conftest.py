"""Other people's clients, unmodified, against the service as it runs: its own process, its worker, both readers."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import urllib3

from moderation.storage import akismet, sites
from moderation.storage.engine import Database
from tests.conftest import skip_or_fail
from tests.e2e.stack import Stack
from tests.factories import SECRET_KEY, make_site

HERE = Path(__file__).parent
REQUESTS_PER_MINUTE = 60
TRIES = 30  # a busy machine takes seconds to start Node

KIND = "Thank you for this careful and moving article."
UNKIND = "You are a stupid, worthless idiot and everybody here hates you."


def often(ask) -> None:
    """Ask TRIES times: of a key's used-up minute a place comes free each second."""
    for _ in range(TRIES):
        ask()


@dataclass(frozen=True)
class Keys:
    """A site of the service, and its keys."""

    site: object
    api_key: str
    akismet_key: str


class Service:
    """The running service, and a way to its database."""

    def __init__(self, stack: Stack, database: Database) -> None:
        self.stack, self.database, self.url = stack, database, stack.service_url
        self._number = 0

    def new_site(self, *, blog: str = "https://garden.example", webhook_url=None, holds=False) -> Keys:
        self._number += 1
        with self.database.write() as session:
            site = make_site(session, slug=f"site-{self._number}", webhook_url=webhook_url)
            return Keys(
                site,
                sites.add_key(session, site),
                akismet.add_key(session, site, SECRET_KEY, blog=blog, holds=holds),
            )

    def use_up(self, path: str, **options) -> None:
        """Ask until the key's minute is used up."""
        for _ in range(2 * REQUESTS_PER_MINUTE):
            if urllib3.request("POST", self.url + path, retries=False, **options).status == 429:
                return
        raise AssertionError("there was no end to it")


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    home = tmp_path_factory.mktemp("clients") / "home"
    stack = Stack(home, f"sqlite:///{home / 'moderation.db'}")
    stack.environment |= {
        "MODERATION_SECRET_KEY": SECRET_KEY,
        "REQUESTS_PER_MINUTE": str(REQUESTS_PER_MINUTE),
        "AKISMET_HOST_SUFFIX": "rest.localhost",
    }
    try:
        stack.start_service()
        database = Database(stack.environment["DATABASE_URL"])
        yield Service(stack, database)
        database.dispose()
    finally:
        stack.stop()


@pytest.fixture
def keys(service):
    return service.new_site()


@pytest.fixture(scope="session")
def node(tmp_path_factory):
    """Run one of the scripts here, or *source*, with Node and the clients of package-lock.json: JSON in, JSON out."""
    folder = tmp_path_factory.mktemp("node")
    for path in [*HERE.glob("package*.json"), *HERE.glob("*.mjs")]:
        shutil.copy(path, folder)
    programs = Path(sys.executable).parent
    install = [programs / "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(install, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        skip_or_fail("npm could not fetch the clients in JavaScript")

    def run(script: str, document, *, source: str = "", environment=None):
        if source:
            (folder / script).write_text(source, encoding="utf-8")
        done = subprocess.run(
            [programs / "node", script],
            cwd=folder,
            env={**os.environ, **(environment or {})},
            input=json.dumps(document),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run

"""The service and the worker as processes that can be killed, and started again within a second or two."""

import multiprocessing
import os
import signal
from pathlib import Path

from moderation.storage import migrate, secrets, sites
from moderation.storage.engine import Database
from moderation.webhooks.signing import new_secret
from tests.e2e.stack import answers, wait_until
from tests.postgres import free_port
from tests.torture.places import LEASE_S

SECRET_KEY = "k" * 43
PATIENCE_S = 120.0  # a busy machine is slow, not wrong

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.torture.preload"])


def _run(arguments: list[str], environment: dict[str, str], log: str) -> None:
    """What a started process does: leave our group, write to its log, and be the product."""
    os.setsid()
    os.environ.update(environment)
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    from moderation.cli import main
    from tests.torture import places

    places.install(Path(environment["MODERATION_HOME"]))
    main(arguments)


class Processes:
    """A service, and on PostgreSQL a worker, on a database of their own with some sites."""

    def __init__(self, home: Path, database_url: str, *, sites: int = 1) -> None:
        home.mkdir(mode=0o700, exist_ok=True)
        self.home, self.is_sqlite = home, database_url.startswith("sqlite")
        self.names = ["service"] if self.is_sqlite else ["service", "worker"]
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.database = Database(database_url)
        migrate.upgrade(self.database.writer)
        self.keys, self.secrets = {}, {}
        for number in range(sites):
            self.add_site(f"blog{number}")
        self._environment = {
            "MODERATION_HOME": str(home),
            "MODERATION_SECRET_KEY": SECRET_KEY,
            "DATABASE_URL": database_url,
            "PUBLIC_BASE_URL": self.url,
            "WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8",
            "DELIVERY_LEASE_SECONDS": str(LEASE_S),
            "SCORING_DEADLINE_SECONDS": "20",
            "CAREFUL_READER": "off",
        }
        self._running = {}

    def add_site(self, slug: str, webhook_url: str | None = None) -> None:
        self.secrets[slug] = new_secret()
        with self.database.write() as session:
            sealed = secrets.encrypt(self.secrets[slug], SECRET_KEY)
            site = sites.add_site(session, slug=slug, name=slug, webhook_url=webhook_url, webhook_secret=sealed)
            self.keys[slug] = sites.add_key(session, site)

    def start(self) -> None:
        for name in self.names:
            self.start_one(name)
        self.wait_ready()

    def start_one(self, name: str) -> None:
        arguments = ["serve", "--port", str(self.port)] if name == "service" else ["worker"]
        log = str(self.home / f"{name}.log")
        process = _context.Process(target=_run, args=(arguments, self._environment, log))
        process.start()
        self._running[name] = process

    def wait_ready(self) -> None:
        wait_until(lambda: answers(f"{self.url}/readyz"), "the service", PATIENCE_S)

    def pid(self, name: str) -> int:
        return self._running[name].pid

    def is_running(self, name: str) -> bool:
        return self._running[name].is_alive()

    def wait_dead(self, name: str, timeout_s: float) -> bool:
        """Whether it died by itself in time; its children die with it."""
        self._running[name].join(timeout_s)
        return not self.is_running(name)

    def kill(self, name: str) -> None:
        """SIGKILL to the process and its children: nothing of it gets to say goodbye."""
        process = self._running.pop(name)
        if process.is_alive():
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:  # it has not left our group yet, and has no children
                process.kill()
        process.join()

    def stop(self) -> None:
        for name in list(self._running):
            self.kill(name)
        self.database.dispose()

    def last_words(self) -> str:
        tails = [(self.home / f"{name}.log").read_text().splitlines()[-5:] for name in self.names]
        return "\n".join(line for tail in tails for line in tail)

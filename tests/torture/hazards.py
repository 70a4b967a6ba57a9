"""What is not a crash: a full disk, a database that goes away, a clock that is wrong, blogs that misbehave.

Each returns what happened, in words, and the report of what was promised and what is there.
"""

import resource
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import sqlalchemy as sa

from moderation.storage import sites as storage_sites
from moderation.storage.engine import sqlite_module
from moderation.storage.tables import Event, EventState, Site
from moderation.storage.types import utc_now
from tests.e2e.stack import wait_until
from tests.postgres import Cluster
from tests.torture.blogs import Blog, Inbox
from tests.torture.checking import Report, audited, check, integrity
from tests.torture.kills import drain, point_to
from tests.torture.places import REBINDING
from tests.torture.processes import PATIENCE_S, Processes
from tests.webhooks.conftest import Authority
from tests.webhooks.receiver import Receiver, answer, drip, flood, reset, silence

Outcome = tuple[str, Report]
AFTER_S = 3.0  # how long a hazard lasts, and how long things go on after it
STEPS_S = (40, 0, -40, 0)  # the wall clock against the true one; blogs accept signatures up to five minutes off


def disk_full(home: Path, url: str, cluster: Cluster | None) -> Outcome:
    """No file may grow: the write fails in the midst of a commit."""
    if cluster:
        return "not tried: PostgreSQL then stops itself and is started again, as when it goes away", Report()

    def during(machine: Processes, blogs: list[Blog]) -> str:
        pids = _family(machine.pid("service"))
        longest = max(path.stat().st_size for path in home.glob("moderation.db*"))
        for pid in pids:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (longest, resource.RLIM_INFINITY))
        refused = _wait_for_refusals(blogs)
        for pid in pids:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        return f"{refused} requests refused while nothing could be written"

    return _live_through(home, url, during)


def database_gone(home: Path, url: str, cluster: Cluster | None) -> Outcome:
    """PostgreSQL stops as in a crash and comes back; SQLite's file is locked for longer than anybody waits."""

    def during(machine: Processes, blogs: list[Blog]) -> str:
        if cluster:
            cluster.stop()
            refused = _wait_for_refusals(blogs)
            cluster.start()
            return f"{refused} requests refused while PostgreSQL was gone"
        with sqlite_module.connect(home / "moderation.db", isolation_level=None) as lock:
            lock.execute("BEGIN IMMEDIATE")
            refused = _wait_for_refusals(blogs)
            lock.execute("ROLLBACK")
        return f"{refused} requests refused while the file was locked"

    return _live_through(home, url, during)


def clock_stepped(home: Path, url: str, cluster: Cluster | None) -> Outcome:
    """The wall clock of service and worker jumps ahead and back; the database's own and the blogs' do not."""

    def during(machine: Processes, blogs: list[Blog]) -> str:
        for step in STEPS_S:
            before = _answered(blogs)
            (home / "clock").write_text(str(step))
            wait_until(lambda before=before: _answered(blogs) > before + 5, "answers after the step", PATIENCE_S)
            time.sleep(AFTER_S)
        return f"wall clock {', '.join(f'{step:+d}' for step in STEPS_S)} s against the true one"

    return _live_through(home, url, during)


def receivers_from_hell(home: Path, url: str, cluster: Cluster | None) -> Outcome:
    """Nine blogs that answer as badly as they can beside a good one, which must not notice; then they are mended."""
    authority = Authority(home.parent, SimpleNamespace(setenv=lambda *_: None))
    bad = {
        "slow": Receiver(drip(b"HTTP/1.1 ", b"2")),
        "silent": Receiver(silence),
        "endless": Receiver(flood(b"HTTP/1.1 500 No\r\n\r\n", b"x" * 4096)),
        "reset": Receiver(reset()),
        "redirect": Receiver(answer(302, "Location: http://127.0.0.1:1/")),
        "gone": Receiver(answer(410)),
        "busy": Receiver(answer(429, "Retry-After: 2")),
        "forged": Receiver(answer(204), tls=authority.server("forged.example", trusted=False)),
        "rebinding": Receiver(answer(503), host=REBINDING),
    }

    def during(machine: Processes, blogs: list[Blog]) -> str:
        good = blogs[0]
        wait_until(lambda: all(len(blog.known) >= 3 for blog in blogs), "three comments of each", PATIENCE_S)
        wait_until(lambda: all(_attempts(machine, name) for name in bad), "an attempt at each", PATIENCE_S)
        had = len(good.known)
        began = time.monotonic()
        wait_until(lambda: _told(machine, good.slug) >= had, "the good blog's events", PATIENCE_S)
        waited = time.monotonic() - began
        with machine.database.write() as session:  # the nine are mended, and time passes
            for site in session.scalars(sa.select(Site)):
                storage_sites.set_webhook(session, site, inbox.url(site.slug), utc_now())
        return f"{', '.join(bad)}; beside them a good blog was up to date within {waited:.0f} s"

    with ExitStack() as stack:
        for receiver in bad.values():
            stack.enter_context(receiver)
        inbox = Inbox()
        return _live_through(home, url, during, inbox=inbox, bad={name: item.url for name, item in bad.items()})


HAZARDS: list[tuple[str, Callable[[Path, str, Cluster | None], Outcome]]] = [
    ("disk full", disk_full),
    ("database gone and back", database_gone),
    ("clock stepped", clock_stepped),
    ("receivers from hell", receivers_from_hell),
]


def _live_through(
    home: Path,
    url: str,
    during: Callable[[Processes, list[Blog]], str],
    *,
    inbox: Inbox | None = None,
    bad: dict[str, str] | None = None,
) -> Outcome:
    """Blogs send before, during and after it; nobody starts anything again."""
    machine, inbox = Processes(home, url, sites=1 if bad else 3), inbox or Inbox()
    for slug in bad or {}:
        machine.add_site(slug)
    point_to(machine, inbox, bad or {})
    blogs = [Blog(slug, machine.port, key, seed=1) for slug, key in machine.keys.items()]
    try:
        machine.start()
        for blog in blogs:
            blog.start()
        wait_until(lambda: _answered(blogs) > 10, "the first answers", PATIENCE_S)
        happened = during(machine, blogs)
        before = _answered(blogs)
        wait_until(lambda: _answered(blogs) > before + 10, f"answers afterwards\n{machine.last_words()}", PATIENCE_S)
        for blog in blogs:
            blog.finish()
        for blog in blogs:
            blog.join(PATIENCE_S)
        drain(machine)
        report = check(machine.database, blogs, inbox)
        report.wrong += integrity(machine.database)
        audited(machine.database, report)
        report.wrong += [f"{name} ended" for name in machine.names if not machine.is_running(name)]
        report.wrong += [f"{blog.slug}: something was never answered" for blog in blogs if blog.is_alive()]
        report.counts["requests that were cut off"] = sum(blog.cut_off for blog in blogs)
        statuses = sorted({str(status) for blog in blogs for status in blog.statuses})
        return f"{happened}; statuses {', '.join(statuses)}", report
    finally:
        for blog in blogs:
            blog.finish()
        machine.stop()
        inbox.close()


def _answered(blogs: list[Blog]) -> int:
    return sum(blog.answered for blog in blogs)


def _wait_for_refusals(blogs: list[Blog]) -> int:
    """Wait for some requests that are answered, but not by 2xx; how many there were meanwhile."""

    def count() -> int:
        return sum(number for blog in blogs for status, number in blog.statuses.items() if status >= 500)

    before = count()
    wait_until(lambda: count() > before, "requests that are refused", PATIENCE_S)
    time.sleep(AFTER_S)
    return count() - before


def _attempts(machine: Processes, slug: str) -> int:
    return _count(machine, slug, sa.or_(Event.attempts > 0, Event.state == EventState.PARKED))


def _told(machine: Processes, slug: str) -> int:
    return _count(machine, slug, Event.state == EventState.DELIVERED)


def _count(machine: Processes, slug: str, condition: sa.ColumnElement[bool]) -> int:
    query = sa.select(sa.func.count()).select_from(Event).join(Site, Site.id == Event.site_id)
    with machine.database.read() as session:
        return session.scalar(query.where(Site.slug == slug, condition)) or 0


def _family(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(int(child) for child in children)]

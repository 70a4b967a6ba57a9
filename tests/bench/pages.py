"""How long every page of the dashboard takes on a large blog: `python -m tests.bench.pages`.

A database is filled as after a year, the service started as in production, and each page asked for over HTTP.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
import sqlalchemy as sa
import urllib3

from moderation.config import Settings
from moderation.storage import migrate, moderators
from moderation.storage.engine import Database
from moderation.storage.tables import Moderator
from moderation.storage.types import utc_now
from moderation.web.app import create_app
from tests.bench.filling import fill, tally
from tests.factories import SECRET_KEY
from tests.pages import Page, pages
from tests.postgres import Cluster, find_postgres, free_port

BUDGET_MS = 100.0
EXAMPLES = 25  # comments, authors and so on, of which each request takes the next

Figures = dict[str, float]


LARGE_BLOG = (
    click.option(
        "--database", "engine", type=click.Choice(["sqlite", "postgres", "both"]), default="both", show_default=True
    ),
    click.option("--held", default=100_000, show_default=True, help="Comments that wait for a decision."),
    click.option("--history", default=1_000_000, show_default=True, help="Comments that were decided."),
    click.option("--url", help="Measure a database that was filled before, wherever it is; some deeds are done in it."),
    click.option(
        "--keep",
        type=click.Path(file_okay=False, path_type=Path),
        help="Keep the filled SQLite file in this folder, and take it from there the next time.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print the result as JSON."),
)


def large_blog(command: Callable[..., None]) -> Callable[..., None]:
    """The options of a measurement on large blogs."""
    for option in reversed(LARGE_BLOG):
        command = option(command)
    return command


@click.command(epilog="Example: python -m tests.bench.pages --database sqlite --json")
@large_blog
@click.option(
    "--times", default=100, show_default=True, help="Requests of each page, after three that are not counted."
)
@click.option(
    "--only", multiple=True, help="Measure only pages of these names, as the table has them; may be repeated."
)
def main(times: int, only: tuple[str, ...], as_json: bool, held: int, history: int, **where: Any) -> None:
    """Measure every page of the dashboard, and say which is over the budget (p99, in milliseconds).

    The CPU time of the service tells most on a machine that does other things, too.
    """
    result = {name: _measure(url, times, only) for name, url in databases(held=held, history=history, **where)}
    click.echo(json.dumps(result, indent=1) if as_json else _table(result, held, history))
    over = [page for figures in result.values() for page, each in figures.items() if each["p99_ms"] > BUDGET_MS]
    sys.exit(1 if over else 0)


def databases(*, engine: str, held: int, history: int, url: str | None, keep: Path | None) -> Iterator[tuple[str, str]]:
    """Name and address of each database to measure, one after the other."""
    if url is not None:
        _tally(url)
        yield sa.make_url(url).get_backend_name(), url
        return
    for name in ("sqlite", "postgres") if engine == "both" else (engine,):
        with _filled(name, held, history, keep) as filled:
            yield name, filled


@contextlib.contextmanager
def _filled(name: str, held: int, history: int, keep: Path | None) -> Iterator[str]:
    """The address of a filled database."""
    if name == "sqlite":
        with contextlib.ExitStack() as stack:
            folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
            path = folder / f"{held}-{history}.db"
            if path.exists():
                _upgrade(f"sqlite:///{path}")
            else:
                folder.mkdir(parents=True, exist_ok=True)
                draft = path.with_suffix(".new")
                draft.unlink(missing_ok=True)
                _fill(f"sqlite:///{draft}", held, history)
                draft.replace(path)
            yield f"sqlite:///{path}"
        return
    binaries = find_postgres()
    if binaries is None:
        raise click.ClickException("PostgreSQL's initdb is not installed (on Debian: apt-get install postgresql).")
    with Cluster(binaries) as cluster:
        url = cluster.create_filled("bench")
        _fill(url, held, history)
        yield url


def _fill(url: str, held: int, history: int) -> None:
    database, start = Database(url), time.monotonic()
    try:
        migrate.upgrade(database.writer)
        fill(database, held=held, history=history)
        tally(database)
    finally:
        database.dispose()
    click.echo(f"filled in {time.monotonic() - start:,.0f} s", err=True)


def _tally(url: str) -> None:
    """Count the hours since it was filled, as the service's worker does every hour."""
    database = Database(url)
    try:
        tally(database)
    finally:
        database.dispose()


def _upgrade(url: str) -> None:
    database = Database(url)
    try:
        migrate.upgrade(database.writer)
        tally(database)
    finally:
        database.dispose()


def _measure(url: str, times: int, only: tuple[str, ...]) -> dict[str, Figures]:
    database = Database(url)
    settings = Settings(database_url=url, secret_key=SECRET_KEY, home=Path(tempfile.gettempdir()))
    app = create_app(settings, database=database, scorer=object())  # type: ignore[arg-type]  # only asked for its addresses
    try:
        cookie = signed_in(database)
        with database.read() as session:
            found = pages(app, session, SECRET_KEY, limit=EXAMPLES)
    finally:
        database.dispose()
    by_name: dict[str, list[Page]] = defaultdict(list)
    for page in found:
        by_name[page.name].append(page)
    with service(url) as (port, pid):
        http = urllib3.HTTPConnectionPool("127.0.0.1", port, maxsize=1)
        return {
            name: _time(http, pid, some, times, {"Cookie": cookie, "Accept-Encoding": "gzip"})
            for name, some in by_name.items()
            if not only or name in only
        }


def signed_in(database: Database) -> str:
    """The cookie of a moderator."""
    with database.write() as session:
        by = session.query(Moderator).order_by(Moderator.email).first()
        assert by is not None
        return f"moderation={moderators.open_session(session, by, utc_now())}"


def _cpu_s(pid: int) -> float:
    """What a process and its children have used so far. PostgreSQL's own share is not in it."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            if pid in (int(path.parent.name), int(fields[1])):
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _time(http: urllib3.HTTPConnectionPool, pid: int, some: list[Page], times: int, headers: dict[str, str]) -> Figures:
    taken, size, before = [], 0, 0.0
    for number in range(times + 3):
        if number == 3:
            before = _cpu_s(pid)
        start = time.perf_counter()
        answer = http.request("GET", some[number % len(some)].path, headers=headers, redirect=False)
        taken.append((time.perf_counter() - start) * 1000)
        size = max(size, int(answer.headers.get("Content-Length", 0)))
        if answer.status >= 400:
            raise click.ClickException(f"{some[number % len(some)].path} answers {answer.status}.")
    counted = np.array(taken[3:])
    return {
        "min_ms": round(float(counted.min()), 1),
        "p50_ms": round(float(np.median(counted)), 1),
        "p99_ms": round(float(np.quantile(counted, 0.99)), 1),
        "cpu_ms": round((_cpu_s(pid) - before) / times * 1000, 1),
        "bytes": size,
    }


@contextlib.contextmanager
def service(url: str) -> Iterator[tuple[int, int]]:
    """`moderation serve` on a free port, and its process."""
    port = free_port()
    with tempfile.TemporaryDirectory() as home:
        env: dict[str, Any] = {
            **os.environ,
            "DATABASE_URL": url,
            "MODERATION_SECRET_KEY": SECRET_KEY,
            "MODERATION_HOME": home,
            "CAREFUL_READER": "off",
        }
        command = [sys.executable, "-m", "moderation", "serve", "--port", str(port)]
        log = Path(home) / "log"
        with log.open("wb") as file:
            process = subprocess.Popen(command, env=env, stdout=file, stderr=file)
        try:
            _wait(port, process, log)
            yield port, process.pid
        finally:
            process.terminate()
            process.wait(40)


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    http, end = urllib3.HTTPConnectionPool("127.0.0.1", port, retries=False), time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(urllib3.exceptions.HTTPError):
            if http.request("GET", "/healthz").status == 200:
                return
        time.sleep(0.1)
    raise click.ClickException(f"The service does not start:\n{log.read_text()[-2_000:]}")


def _table(result: dict[str, dict[str, Figures]], held: int, history: int) -> str:
    lines = [f"{held:,} held, {history:,} decided; milliseconds over HTTP, budget {BUDGET_MS:.0f} at p99"]
    for engine, figures in result.items():
        lines.append(f"\n{engine:<44}{'min':>8}{'p50':>8}{'p99':>8}{'CPU':>8}{'KB':>8}")
        for page, each in sorted(figures.items(), key=lambda item: -item[1]["p99_ms"]):
            mark = "  over" if each["p99_ms"] > BUDGET_MS else ""
            times = f"{each['min_ms']:>8.1f}{each['p50_ms']:>8.1f}{each['p99_ms']:>8.1f}{each['cpu_ms']:>8.1f}"
            numbers = f"{times}{each['bytes'] / 1000:>8.1f}"
            lines.append(f"{page:<44}{numbers}{mark}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()

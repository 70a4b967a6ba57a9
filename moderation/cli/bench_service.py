"""`bench-service`: how long a whole service takes for one request, at a steady rate, as its clients see it."""

import csv
import gzip
import http.client
import json
import os
import queue
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import click
import numpy as np

from moderation.cli.bench import LENGTH, comments
from moderation.cli.memory import Watch
from moderation.cli.progress import steps
from moderation.config import ROOT, database_url
from moderation.storage import migrate, secrets, sites
from moderation.storage.engine import Database
from moderation.webhooks.signing import new_secret

ANALYZE, COMMENTS = "/v1alpha1/comments:analyze", "/v1/comments"
CONNECTIONS = 32
START_S = 60
_SECRET_KEY = "bench" * 8  # of a database that lives as long as the command


Show = Callable[[str, int, int], None]


@dataclass
class Run:
    """What came back: milliseconds from when a request was due to the last byte of its answer, and the statuses."""

    ms: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)


@click.command(epilog="Example: moderation bench-service --seconds 60 --rate 100 --json")
@click.option("--rate", default=100.0, show_default=True, help="Requests a second.")
@click.option("--seconds", default=60.0, show_default=True, help="How long.")
@click.option("--threads", default=8, show_default=True, help="Requests that the service answers at once.")
@click.option(
    "--data", "data_file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file of comments (.csv or .csv.gz, column `text`): send its long ones, cut.",
)  # fmt: skip
@click.option(
    "--what",
    default="analyze",
    type=click.Choice(["analyze", "comments"]),
    show_default=True,
    help="Scoring alone (Perspective's comments:analyze), or POST /v1/comments, which stores what it decides.",
)
@click.option(
    "--database", "url", metavar="URL", help="An empty PostgreSQL database; a SQLite file of its own if left out."
)
@click.option("--seed", default=0, show_default=True, help="Of the comments that are sent.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def bench_service(
    rate: float,
    seconds: float,
    threads: int,
    data_file: Path | None,
    what: str,
    url: str | None,
    seed: int,
    as_json: bool,
) -> None:
    """Start a service on a database of its own, and send it comments at a steady rate; watch its memory.

    A request is timed from when it was due, so that a service that falls behind cannot hide it.
    Each comment has 400 characters; without --data they are made up of common words, which the careful reader
    is asked about far more often than about natural ones. The sender takes its share of the machine.
    """
    number, random = max(1, int(rate * seconds)), Random(seed)
    texts = comments(min(number, 2_000), random) if data_file is None else natural(data_file, random)
    with _service(threads, url) as (port, key, pid):
        _send(port, key, texts[:100], rate=50.0, what=what)  # connections, caches
        with steps("sending") as show, Watch(pid) as memory:
            every = [texts[i % len(texts)] for i in range(number)]
            run = _send(port, key, every, rate=rate, what=what, first=100, show=show)
    result = {**figures(run, rate), "memory_mb": held(memory.mb)}
    click.echo(json.dumps(result, indent=1) if as_json else _lines(result))
    if not set(run.statuses) <= {200, 201}:
        raise click.ClickException("Not every request was answered with 200 or 201.")


def natural(path: Path, random: Random, number: int = 2_000) -> list[str]:
    """Comments of the file that have 400 characters or more, drawn at random, and cut there."""
    csv.field_size_limit(10_000_000)
    drawn: list[str] = []
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        long = (row["text"][:LENGTH] for row in csv.DictReader(file) if len(row["text"].strip()) >= LENGTH)
        for seen, text in enumerate(long):
            if seen < number:
                drawn.append(text)
            elif (place := random.randrange(seen + 1)) < number:
                drawn[place] = text
    if not drawn:
        raise click.ClickException(f"{path} has no comment of {LENGTH} characters or more.")
    return drawn


def figures(run: Run, rate: float) -> dict[str, Any]:
    """The run in figures; times in milliseconds."""
    quantiles = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
    return {
        "requests": len(run.ms),
        "rate": rate,
        **{name: round(float(np.quantile(run.ms, share)), 2) for name, share in quantiles.items()},
        "statuses": {str(status): count for status, count in sorted(run.statuses.items())},
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
    }


def held(mb: Sequence[float]) -> dict[str, float]:
    """Of the service and its children: at the start, in each quarter on average, and at most."""
    if not mb:
        return {}
    quarters = np.array_split(np.array(mb), 4) if len(mb) >= 4 else [np.array(mb)]
    means = {f"quarter_{number}": round(float(part.mean()), 1) for number, part in enumerate(quarters, 1)}
    return {"start": round(mb[0], 1), **means, "most": round(max(mb), 1)}


def _lines(result: dict[str, Any]) -> str:
    times = ", ".join(f"{name} {result[name]:.1f} ms" for name in ("p50", "p90", "p99", "max"))
    memory = ", ".join(f"{name} {mb:.0f}" for name, mb in result["memory_mb"].items())
    return (
        f"{result['requests']} requests at {result['rate']:g} a second on {result['cores']} cores: {times}\n"
        f"answered with: {', '.join(f'{status} ({count})' for status, count in result['statuses'].items())}\n"
        f"memory in MB: {memory or 'not known on this system'}"
    )


@contextmanager
def _service(threads: int, url: str | None) -> Iterator[tuple[int, str, int]]:
    """A service as a process of its own: its port, a key, and its process id."""
    with tempfile.TemporaryDirectory(prefix="moderation-bench-") as home:
        url, port = database_url({"DATABASE_URL": url or f"sqlite:///{home}/moderation.db"}), _free_port()
        database = Database(url)
        migrate.upgrade(database.writer)
        with database.write() as session:
            secret = secrets.encrypt(new_secret(), _SECRET_KEY)
            site = sites.add_site(session, slug="bench", name="Bench", webhook_url=None, webhook_secret=secret)
            key = sites.add_key(session, site)
        database.dispose()
        environment = {
            **os.environ,
            "MODERATION_HOME": home,
            "DATABASE_URL": url,
            "MODERATION_SECRET_KEY": _SECRET_KEY,
            "REQUESTS_PER_MINUTE": "0",
        }
        environment.pop("MODERATION_SECRET_KEY_FILE", None)
        command = [sys.executable, "-m", "moderation", "serve", "--port", str(port), "--threads", str(threads)]
        with (Path(home) / "log").open("wb") as log:
            process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=log)  # noqa: S603
            try:
                _wait(port, process)
                yield port, key, process.pid
            finally:
                process.terminate()
                process.wait(timeout=60)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise click.ClickException("The service did not become ready; `moderation doctor` may say why.")


def _send(
    port: int,
    key: str,
    texts: Sequence[str],
    *,
    rate: float,
    what: str = "analyze",
    first: int = 0,
    show: Show | None = None,
) -> Run:
    """One request a text, each at its own time, whatever became of those before; ids count from *first*."""
    if what == "comments":
        path, headers = COMMENTS, {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
        # The number makes each text another one, so that no rule about repeats is met.
        bodies = [json.dumps({"id": str(n), "text": f"{text} {n}"}) for n, text in enumerate(texts, first)]
    else:
        path, headers = f"{ANALYZE}?key={key}", {"Content-Type": "application/json"}
        bodies = [
            json.dumps({"comment": {"text": text}, "requestedAttributes": {"TOXICITY": {}}, "languages": ["en"]})
            for text in texts
        ]
    due: queue.SimpleQueue[tuple[float, str] | None] = queue.SimpleQueue()
    run, lock = Run(), threading.Lock()

    def work() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while (item := due.get()) is not None:
            at, body = item
            try:
                connection.request("POST", path, body, headers)
                answer = connection.getresponse()
                answer.read()
                status = answer.status
            except (OSError, http.client.HTTPException):
                connection.close()
                status = 0
            with lock:
                run.ms.append((time.perf_counter() - at) * 1000)
                run.statuses[status] += 1
        connection.close()

    workers = [threading.Thread(target=work, daemon=True) for _ in range(CONNECTIONS)]
    for worker in workers:
        worker.start()
    start = time.perf_counter() + 0.1
    for number, body in enumerate(bodies):
        at = start + number / rate
        time.sleep(max(0.0, at - time.perf_counter()))
        due.put((at, body))
        if show is not None and number % max(1, int(rate)) == 0:
            show("requests sent", number, len(bodies))
    for _ in workers:
        due.put(None)
    for worker in workers:
        worker.join()
    return run

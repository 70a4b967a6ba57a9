"""How long a batch of the largest size takes, and how long others wait meanwhile: `python -m tests.bench.batches`."""

import contextlib
import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import numpy as np

from moderation import batches, proof
from moderation.batch_work import carry_on
from moderation.domain.comment import Action
from moderation.storage import migrate
from moderation.storage.engine import Database
from moderation.storage.listing import Filters, Queue
from moderation.storage.types import utc_now
from moderation.web.batches.pages import AT_ONCE_S
from tests.bench.filling import fill
from tests.factories import make_comment
from tests.postgres import Cluster, find_postgres

EVERY_S = 0.05  # so often somebody else writes while the batch is done

Figures = dict[str, float]


@click.command(epilog="Example: python -m tests.bench.batches --database sqlite --size 2000")
@click.option(
    "--database", "engine", type=click.Choice(["sqlite", "postgres", "both"]), default="both", show_default=True
)
@click.option("--size", default=proof.MAX_COMMENTS, show_default=True, help="Comments in the batch.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def main(engine: str, size: int, as_json: bool) -> None:
    """Draw, do and take back a batch, while somebody else writes a comment twenty times a second."""
    result: dict[str, Figures] = {}
    for name in ("sqlite", "postgres") if engine == "both" else (engine,):
        with _database(name) as database:
            result[name] = measure(database, size)
    if as_json:
        click.echo(json.dumps(result, indent=1))
        return
    for name, figures in result.items():
        click.echo(f"{name}, a batch of {size:,}")
        for what, value in figures.items():
            click.echo(f"  {what:<34}{value:>12,.1f}")


def measure(database: Database, size: int) -> Figures:
    filled = fill(database, held=int(size * 1.3) + 100, history=1_000)
    site, moderator = filled.sites[0], filled.moderators[0]
    figures: Figures = {}

    def timed(what: str, work: Callable[[], object]) -> object:
        began = time.perf_counter()
        answer = work()
        figures[what] = round((time.perf_counter() - began) * 1000, 1)
        return answer

    mine = {"database": database, "moderator": moderator}
    selection = {"way": proof.AUTHOR, "wanted": [Queue.HELD], "filters": Filters(), "action": Action.PUBLISH}
    # As all of an author's: what needs no sample is the shortest way to a batch of this size.
    batch = timed("draw_ms", lambda: proof.draw(**mine, site=site, **selection, now=utc_now()))
    which = {"site_ids": [site.id], "batch_id": batch.id}
    timed("start_ms", lambda: batches.start(**mine, **which, now=utc_now()))
    timed("first_answer_ms", lambda: carry_on(database, batch.id, seconds=AT_ONCE_S))
    with _others(database, site, "others_during_batch", figures):
        timed("rest_ms", lambda: carry_on(database, batch.id))
    timed("ask_undo_ms", lambda: batches.undo(**mine, **which, now=utc_now()))
    timed("first_answer_of_undo_ms", lambda: carry_on(database, batch.id, seconds=AT_ONCE_S))
    with _others(database, site, "others_during_undo", figures):
        timed("rest_of_undo_ms", lambda: carry_on(database, batch.id))
    with database.read() as session:
        ended = batches.find(session, [site.id], batch.id, moderator.id)
    figures |= {"done": ended.done, "taken_back": ended.restored}
    figures["done_a_second"] = ended.done / (figures["first_answer_ms"] + figures["rest_ms"]) * 1000
    undo_ms = figures["first_answer_of_undo_ms"] + figures["rest_of_undo_ms"]
    figures["taken_back_a_second"] = ended.restored / undo_ms * 1000
    return figures


@contextlib.contextmanager
def _others(database: Database, site: object, what: str, figures: Figures) -> Iterator[None]:
    """How long a comment that arrives meanwhile takes to be written, in milliseconds."""
    stop, waits = threading.Event(), []

    def write() -> None:
        while not stop.wait(EVERY_S):
            began = time.perf_counter()
            with database.write() as session:
                make_comment(session, site)
            waits.append((time.perf_counter() - began) * 1000)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    if waits:
        figures[f"{what}_p50_ms"] = float(np.percentile(waits, 50))
        figures[f"{what}_p99_ms"] = float(np.percentile(waits, 99))


@contextlib.contextmanager
def _database(name: str) -> Iterator[Database]:
    with contextlib.ExitStack() as stack:
        if name == "sqlite":
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            database = Database(f"sqlite:///{folder / 'batches.db'}")
        else:
            binaries = find_postgres()
            if binaries is None:
                raise click.ClickException("PostgreSQL's initdb is not installed.")
            database = Database(stack.enter_context(Cluster(binaries)).create_database("batches"))
        stack.callback(database.dispose)
        migrate.upgrade(database.writer)
        yield database


if __name__ == "__main__":
    main()

"""How far long work is: a bar on a terminal, plain lines elsewhere; always on standard error."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from moderation.cli.rows import Row, Source

_LINE_EVERY = 10_000  # rows between two lines where there is no terminal
_LINES_OF_A_STEP = 20  # of one step that reports itself often


def with_progress(source: Source) -> Iterator[list[Row]]:
    """The chunks of a table, shown as they are read."""
    if not sys.stderr.isatty() or source.size is None:
        yield from _with_lines(source.chunks)
        return
    with click.progressbar(length=source.size, label="reading", file=sys.stderr) as bar:
        for chunk in source.chunks:
            yield chunk
            bar.update(source.read() - bar.pos)


def _with_lines(chunks: Iterator[list[Row]]) -> Iterator[list[Row]]:
    done = 0
    for chunk in chunks:
        yield chunk
        if done // _LINE_EVERY < (done + len(chunk)) // _LINE_EVERY:
            click.echo(f"{done + len(chunk):,} rows read", err=True)
        done += len(chunk)


@contextmanager
def steps(label: str = "training") -> Iterator[Callable[[str, int, int], None]]:
    """Shows long work's steps: what begins now, how many are done, of how many."""
    if not sys.stderr.isatty():
        yield _lines()
        return
    with click.progressbar(length=1, label=label, file=sys.stderr) as bar:

        def show(what: str, done: int, of: int) -> None:
            bar.length, bar.label = of, what
            bar.update(done - bar.pos)

        yield show
        bar.update((bar.length or 1) - bar.pos)


def _lines() -> Callable[[str, int, int], None]:
    """A line for each step, or, of thousands of them, for each twentieth part."""
    shown = (0, 0)

    def show(what: str, done: int, of: int) -> None:
        nonlocal shown
        part = done * _LINES_OF_A_STEP // max(1, of)
        if of <= _LINES_OF_A_STEP or (of, part) != shown:
            shown = (of, part)
            click.echo(f"[{done + 1}/{of}] {what}", err=True)

    return show

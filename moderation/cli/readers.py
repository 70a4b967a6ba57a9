"""Which classifier a command reads with, and the columns of a table that it reads."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import click

from moderation.classifier.loading import has_careful
from moderation.classifier.reader import Evidence, QuickReader
from moderation.cli.rows import Row
from moderation.config import SettingsError, careful_reader
from moderation.domain.errors import ModerationError
from moderation.domain.reading import Context, Reading

if TYPE_CHECKING:  # brings onnxruntime, which the quick reader does without
    from moderation.classifier.both import BothReaders

READERS = ("quick", "careful", "both")

text_column = click.option("--text-column", required=True, metavar="NAME", help="The column with the comment.")
context_column = click.option(
    "--context-column", metavar="NAME", help="The column with the article, or only its title; may be empty."
)
parent_column = click.option(
    "--parent-column", metavar="NAME", help="The column with the comment that is answered; may be empty."
)
reader_option = click.option(
    "--reader", type=click.Choice(READERS), default="both", show_default=True,
    help="Which classifier reads. Without a careful one, or with CAREFUL_READER=off, `both` means the quick one.",
)  # fmt: skip
json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


class TableReader(Protocol):
    """What reads a table: one reading a text, in order."""

    @property
    def model(self) -> str: ...

    def read_many(
        self, texts: Sequence[str], contexts: Sequence[Context] | None = None, *, spans: bool = True
    ) -> list[Reading]: ...

    def evidence(self, text: str, context: Context = ...) -> Evidence: ...


@dataclass(frozen=True)
class _CarefulOnly:
    """The careful reader's own scores, calibrated."""

    both: "BothReaders"

    @property
    def model(self) -> str:
        return self.both.careful.model

    def read_many(
        self, texts: Sequence[str], contexts: Sequence[Context] | None = None, *, spans: bool = True
    ) -> list[Reading]:
        from moderation.classifier.both import Mode

        return self.both.read_many(texts, contexts, spans=spans, mode=Mode.CAREFUL)

    def evidence(self, text: str, context: Context = Context()) -> Evidence:  # noqa: B008 - frozen
        from moderation.classifier.both import Mode

        return self.both.evidence(text, context, Mode.CAREFUL)


def load_reader(name: str) -> TableReader:
    """The reader that `--reader` names, with a thread for each core."""
    if name == "quick":
        return QuickReader.load()
    both = load_both()
    if both is None and name == "careful":
        why = "There is no careful reader" if _is_wanted() else "The careful reader is off (CAREFUL_READER)"
        raise click.ClickException(f"{why}; use --reader quick.")
    if both is None:
        return QuickReader.load()
    return _CarefulOnly(both) if name == "careful" else both


def load_both(threads: int | None = None) -> "BothReaders | None":
    """Both readers, or None where there is no careful one or it is switched off; nothing of it is imported then."""
    if not _is_wanted() or not has_careful():
        return None
    try:
        from moderation.classifier.both import BothReaders
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"The careful reader needs the package {error.name}. Install it, or set CAREFUL_READER=off."
        ) from error
    return BothReaders.load(threads=threads or cores())


def _is_wanted() -> bool:
    try:
        return careful_reader()
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def plain_errors() -> Iterator[None]:
    """An error of ours is a sentence, not a traceback."""
    try:
        yield
    except ModerationError as error:
        raise click.ClickException(str(error)) from error


def texts_of(rows: Sequence[Row], column: str) -> list[str]:
    return [_text(row, column) for row in rows]


def contexts_of(rows: Sequence[Row], context: str | None, parent: str | None) -> list[Context]:
    return [Context(article=_text(row, context), parent=_text(row, parent)) for row in rows]


def _text(row: Row, column: str | None) -> str:
    value: Any = row.get(column) if column else None
    return "" if value is None else str(value)

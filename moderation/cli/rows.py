"""Tables of comments from and to .csv, .csv.gz, .jsonl, .parquet and standard streams, a chunk at a time."""

import csv
import gzip
import json
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import IO, Any

import click

Row = dict[str, Any]
Write = Callable[[list[Row]], None]

STANDARD = "-"
CHUNK_ROWS = 500
_FORMATS = (".csv", ".csv.gz", ".jsonl", ".parquet")


@dataclass(frozen=True)
class Source:
    """An input: its columns, its rows in order, and how far it has been read."""

    columns: list[str]
    chunks: Iterator[list[Row]]
    read: Callable[[], int]
    size: int | None  # in the unit of `read`; None when it comes through a pipe

    def require(self, *names: str | None) -> None:
        for name in names:
            if name is not None and name not in self.columns:
                if any("\0" in column for column in self.columns):
                    raise click.ClickException("The input is no text in UTF-8; save the table as CSV in UTF-8.")
                there, hint = ", ".join(self.columns) or "none", _hint(self.columns)
                raise click.ClickException(f"The input has no column '{name}'. Its columns: {there}.{hint}")


def _hint(columns: list[str]) -> str:
    """What may be wrong where spreadsheets write something else than commas."""
    alone = columns[0] if len(columns) == 1 else ""
    other = next((name for name, mark in (("semicolons", ";"), ("tabs", "\t")) if mark in alone), "")
    return f" They seem to be separated by {other}: save the table with commas." if other else ""


def format_of(name: str) -> str:
    """The format that the name's ending says; a standard stream is CSV."""
    if name == STANDARD:
        return ".csv"
    for ending in sorted(_FORMATS, key=len, reverse=True):
        if name.lower().endswith(ending):
            return ending
    raise click.ClickException(f"{Path(name).name} must end in one of {', '.join(_FORMATS)}.")


@contextmanager
def open_source(name: str) -> Iterator[Source]:
    """The table in file *name*, or in standard input."""
    kind = format_of(name)
    with ExitStack() as stack:
        with _read_errors(name):
            path = None if name == STANDARD else Path(name)
            file: IO[bytes] = stack.enter_context(path.open("rb")) if path else sys.stdin.buffer
            source = _source(stack, file, kind, path.stat().st_size if path else None)
        yield replace(source, chunks=_with_read_errors(name, source.chunks))


@contextmanager
def _read_errors(name: str) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, csv.Error, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise click.ClickException(f"{name} cannot be read: {reason}.") from error


def _with_read_errors(name: str, chunks: Iterator[list[Row]]) -> Iterator[list[Row]]:
    """The chunks; only what goes wrong in here is the input's fault, not what the caller does meanwhile."""
    while True:
        with _read_errors(name):
            chunk = next(chunks, None)
        if chunk is None:
            return
        yield chunk


def _source(stack: ExitStack, file: IO[bytes], kind: str, size: int | None) -> Source:
    if kind == ".parquet":
        return _parquet_source(file)
    if kind == ".jsonl":
        rows = _json_rows(file)
        first = next(rows, {})
        return Source(list(first), _chunks(_chain(first, rows)), file.tell, size)
    opened = gzip.GzipFile(fileobj=file) if kind == ".csv.gz" else file
    # Bytes that are no UTF-8 come out as they went in.
    text = TextIOWrapper(opened, encoding="utf-8-sig", errors="surrogateescape", newline="")
    stack.callback(text.detach)  # standard input stays open
    csv.field_size_limit(2**31 - 1)
    reader = csv.DictReader(text, restkey="", restval="")
    columns = list(reader.fieldnames or [])
    return Source(columns, _chunks(_without_rest(reader)), file.tell if size else int, size)


def _chain(first: Row, rows: Iterator[Row]) -> Iterator[Row]:
    if first:
        yield first
    yield from rows


def _without_rest(reader: Iterator[Row]) -> Iterator[Row]:
    for number, row in enumerate(reader, 1):
        if "" in row and isinstance(row[""], list):
            raise click.ClickException(f"Row {number} has more fields than the header.")
        yield row


def _json_rows(file: IO[bytes]) -> Iterator[Row]:
    for number, line in enumerate(iter(file.readline, b""), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            raise click.ClickException(f"Line {number} of the input is not a JSON object.")
        yield row


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while chunk := list(islice(rows, CHUNK_ROWS)):
        yield chunk


def _parquet_source(file: IO[bytes]) -> Source:
    from pyarrow import ArrowInvalid
    from pyarrow.parquet import ParquetFile

    try:
        table = ParquetFile(file)
    except ArrowInvalid as error:
        raise click.ClickException("The input is not a Parquet file.") from error
    done = 0

    def chunks() -> Iterator[list[Row]]:
        nonlocal done
        for batch in table.iter_batches(batch_size=CHUNK_ROWS):
            done += batch.num_rows
            yield batch.to_pylist()

    return Source(table.schema_arrow.names, chunks(), lambda: done, table.metadata.num_rows)


@contextmanager
def open_sink(name: str, columns: Sequence[str]) -> Iterator[Write]:
    """A function that appends rows to file *name*, or to standard output.

    The file gets its name when all is written: nobody takes half a table for a whole one, and the input
    may be the output.
    """
    kind = format_of(name)
    if name == STANDARD:
        with _open_writer(sys.stdout.buffer, kind, columns) as write:
            yield write
        return
    path = Path(name)
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file, _open_writer(file, kind, columns) as write:
            yield write
        part.replace(path)
    except OSError as error:
        raise click.ClickException(f"{name} cannot be written: {error.strerror or error}.") from error
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _open_writer(file: IO[bytes], kind: str, columns: Sequence[str]) -> Iterator[Write]:
    if kind == ".parquet":
        with _parquet_writer(file, columns) as write:
            yield write
        return
    with ExitStack() as stack:
        target = stack.enter_context(gzip.GzipFile(fileobj=file, mode="wb")) if kind == ".csv.gz" else file
        text = TextIOWrapper(target, encoding="utf-8", errors="surrogateescape", newline="")
        stack.callback(text.detach)  # standard output stays open
        stack.callback(text.flush)
        yield _json_writer(text) if kind == ".jsonl" else _csv_writer(text, columns)


def _json_writer(file: IO[str]) -> Write:
    def write(rows: list[Row]) -> None:
        file.writelines(json.dumps(row, default=str) + "\n" for row in rows)

    return write


def _csv_writer(file: IO[str], columns: Sequence[str]) -> Write:
    writer = csv.DictWriter(file, columns, lineterminator="\n")
    writer.writeheader()

    def write(rows: list[Row]) -> None:
        try:
            writer.writerows({name: _encodable(value) for name, value in row.items()} for row in rows)
        except ValueError as error:
            raise click.ClickException("A later row has columns that the first one has not.") from error

    return write


def _encodable(value: Any) -> Any:
    """JSON can carry half a surrogate pair, which no UTF-8 can; bytes that came as they were stay so."""
    if not isinstance(value, str):
        return value
    try:
        value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return value.encode("utf-8", "replace").decode("utf-8")
    return value


@contextmanager
def _parquet_writer(file: IO[bytes], columns: Sequence[str]) -> Iterator[Write]:
    """The first chunk says the types; an empty table has text columns."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    opened: list[Any] = []

    def write(rows: list[Row]) -> None:
        rows = [{name: _plain(row.get(name)) for name in columns} for row in rows]
        try:
            if not opened:
                opened.append(ParquetWriter(file, _schema(rows, columns)))
            opened[0].write_table(pa.Table.from_pylist(rows, schema=opened[0].schema))
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise click.ClickException("A column holds values of several types; write .jsonl or .csv.") from error

    try:
        yield write
    finally:
        if not opened:
            opened.append(ParquetWriter(file, _schema([], columns)))
        opened[0].close()


def _schema(rows: list[Row], columns: Sequence[str]) -> Any:
    import pyarrow as pa

    inferred = pa.Table.from_pylist(rows, schema=None).schema if rows else pa.schema([])
    fields = [(name, inferred.field(name).type if name in inferred.names else pa.string()) for name in columns]
    # A column that is empty so far could be of any type; text can say most.
    return pa.schema([(name, pa.string() if pa.types.is_null(kind) else kind) for name, kind in fields])


def _plain(value: Any) -> Any:
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value

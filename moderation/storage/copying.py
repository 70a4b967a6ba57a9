"""All rows of a database into an empty one, on SQLite or PostgreSQL, proven equal before they are committed."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from moderation.storage import migrate
from moderation.storage.engine import Database, sqlite_module
from moderation.storage.tables import Base

CHUNK = 1_000  # rows read and written at once

Show = Callable[[str, int, int], None]


class CopyError(Exception):
    """Why nothing was copied; the target is as it was."""


def snapshot(source: Database, target: Path) -> None:
    """A SQLite file as it stands at one moment, into a new file, while others read and write.

    What was erased is not in it: free pages are left out.
    """
    connection = source.writer.raw_connection()
    try:
        connection.cursor().execute("VACUUM INTO ?", (str(target),))
    finally:
        connection.close()


def seal(file: Path) -> None:
    """Make a SQLite file one that lies by itself, also where nobody may write, and is on the disk."""
    connection = sqlite_module.connect(file)
    try:
        connection.execute("PRAGMA journal_mode = DELETE")
    finally:
        connection.close()
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def copy(source: Database, target: Database, show: Show = lambda *_: None) -> dict[str, int]:
    """Copy every row, in one transaction on either side; how many each table has.

    The source is read as it stands at one moment, the target has to be empty.

    Raises:
        CopyError: the source is of another version, the target holds something, or they came out unequal.
    """
    with _reading(source) as rows_of, target.writer.begin() as into:
        version = migrate.current_revision(rows_of)
        if version != migrate.newest_revision():
            found = f"of another version ({version})" if version else "not a database of this service"
            raise CopyError(f"The source is {found}; this program reads {migrate.newest_revision()}.")
        _make_ready(into)
        tables = Base.metadata.sorted_tables
        counts = {}
        for number, table in enumerate(tables):
            show(table.name, number, len(tables))
            counts[table.name], proof = _copy_table(rows_of, into, table)
            if (counts[table.name], proof) != _proof(_read(into, table), table):
                raise CopyError(f"The table {table.name} did not come out equal, so nothing was kept.")
    return counts


@contextmanager
def _reading(database: Database) -> Iterator[sa.Connection]:
    """A connection that sees one moment, however long it reads."""
    with database.reader.connect() as connection:
        if not database.is_sqlite:  # there, a transaction does so by itself
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection


def _make_ready(into: sa.Connection) -> None:
    """Make the tables, where there are none.

    Raises:
        CopyError: something is there that copying would be added to.
    """
    present = set(sa.inspect(into).get_table_names())
    if not present:
        migrate.upgrade_on(into)
        return
    ours = {table.name for table in Base.metadata.sorted_tables}
    if not ours <= present or migrate.current_revision(into) != migrate.newest_revision():
        raise CopyError("The target is neither empty nor of this version; give an empty database.")
    for table in Base.metadata.sorted_tables:
        if into.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first():
            raise CopyError(f"The target holds data already ({table.name}), and is left as it is.")


def _copy_table(source: sa.Connection, into: sa.Connection, table: sa.Table) -> tuple[int, int]:
    proof, count = 0, 0
    insert = sa.insert(table)
    for rows in _read(source, table):
        into.execute(insert, rows)
        more, digest = _proof([rows], table)
        count, proof = count + more, _add(proof, digest)
    return count, proof


def _read(connection: sa.Connection, table: sa.Table) -> Iterator[list[dict[str, Any]]]:
    # What a decision undoes comes before it: it is of the same comment, with a lower version.
    order = [table.c.comment_id, table.c.version] if table.name == "decisions" else list(table.primary_key)
    result = connection.execute(sa.select(table).order_by(*order), execution_options={"yield_per": CHUNK})
    for part in result.mappings().partitions():
        yield [dict(row) for row in part]


def _proof(chunks: Any, table: sa.Table) -> tuple[int, int]:
    """How many rows, and a sum of their digests, which does not depend on their order."""
    count, proof = 0, 0
    names = [column.name for column in table.columns]
    for rows in chunks:
        for row in rows:
            text = json.dumps([_plain(row[name]) for name in names], sort_keys=True, default=str)
            proof = _add(proof, int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()))
            count += 1
    return count, proof


def _add(one: int, other: int) -> int:
    return (one + other) % 2**256


def _plain(value: Any) -> Any:
    """A value as both databases give it back: PostgreSQL's JSON knows one kind of number, and no negative zero."""
    match value:
        case bool() | None | str():
            return value
        case int() | float():
            return float(value) + 0.0
        case bytes() | memoryview():
            return bytes(value).hex()
        case dict():
            return {name: _plain(item) for name, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case _:
            return value

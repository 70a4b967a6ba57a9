"""`backup`, `restore` and `copy-database`: all of a database, in one file or another database."""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import sqlalchemy as sa

from moderation.cli.progress import steps
from moderation.config import database_url
from moderation.storage import migrate
from moderation.storage.copying import CopyError, copy, seal, snapshot
from moderation.storage.engine import Database

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print the rows of each table as JSON.")


@click.command(epilog="Example: moderation backup /backups/$(date +%F).db")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@as_json_option
def backup(file: Path, as_json: bool) -> None:
    """Write all that the database of the settings holds into FILE, while the service runs.

    FILE is a SQLite database, whichever database it came from; only its owner can read it, and one that is
    there already is never written over. Keep MODERATION_SECRET_KEY in another place: secrets in FILE need it.
    """
    if file.exists():
        raise click.ClickException(f"{file} is there already; give another name.")
    if not file.absolute().parent.is_dir():
        raise click.ClickException(f"There is no folder {file.absolute().parent}.")
    draft = file.with_name(file.name + ".part")
    if draft.exists():
        raise click.ClickException(f"{draft} is there: another backup is under way, or was broken off. Remove it then.")
    with _said(), _opened(database_url(), must_exist=True) as source:
        draft.touch(mode=0o600)
        try:
            counts = _back_up(source, draft)
            seal(draft)
            draft.rename(file)
        finally:
            for left in (draft, *draft.parent.glob(draft.name + "-*")):
                left.unlink(missing_ok=True)
    _show(counts, f"{file} holds", as_json)


@click.command(epilog="Example: DATABASE_URL=postgresql://localhost/new moderation restore /backups/2026-11-24.db")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json_option
def restore(file: Path, as_json: bool) -> None:
    """Fill the database of the settings, which has to be empty, from a backup.

    A backup of an older version is brought to the newest on the way; FILE itself stays as it is.
    """
    with _said(), _newest(file) as newest, _opened(newest) as source, _opened(database_url()) as target:
        counts = _copy(source, target)
    _show(counts, "restored", as_json)


@click.command(epilog="Example: moderation copy-database var/moderation.db postgresql://localhost/moderation")
@click.argument("source")
@click.argument("target")
@as_json_option
def copy_database(source: str, target: str, as_json: bool) -> None:
    """Copy all of SOURCE into TARGET, which has to be empty: how to move to PostgreSQL, and back.

    Each is an address as in DATABASE_URL, or a SQLite file. Stop the service first: what it writes while the
    copy is made stays behind.
    """
    with _said(), _opened(_url(source), must_exist=True) as from_, _opened(_url(target)) as to:
        counts = _copy(from_, to)
    _show(counts, "copied", as_json)


def _back_up(source: Database, file: Path) -> dict[str, int]:
    if source.is_sqlite:
        snapshot(source, file)
        with _opened(f"sqlite:///{file}") as written:
            return _counts(written)
    with _opened(f"sqlite:///{file}") as target:
        return _copy(source, target)


def _counts(database: Database) -> dict[str, int]:
    """Also of a version that is not ours: a backup comes before an upgrade."""
    with database.reader.connect() as connection:
        names = sorted(set(sa.inspect(connection).get_table_names()) - {"alembic_version"})
        if not names:
            raise CopyError("There is nothing in this database.")
        count = sa.func.count()
        return {name: connection.scalar(sa.select(count).select_from(sa.table(name))) or 0 for name in names}


def _copy(source: Database, target: Database) -> dict[str, int]:
    with steps("copying") as show:
        return copy(source, target, _one_by_one(show))


def _one_by_one(show: Callable[[str, int, int], None]) -> Callable[[str, int, int], None]:
    return lambda table, done, of: show(f"table {table}", done, of)


def _show(counts: dict[str, int], what: str, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(counts, indent=1))
    else:
        click.echo(f"{what} {sum(counts.values()):,} rows of {len(counts)} tables, {counts['comments']:,} comments.")


def _url(value: str) -> str:
    return database_url({"DATABASE_URL": value if "://" in value else f"sqlite:///{Path(value).absolute()}"})


@contextmanager
def _opened(url: str, *, must_exist: bool = False) -> Iterator[Database]:
    path = url.removeprefix("sqlite:///")
    if must_exist and url.startswith("sqlite") and not Path(path).exists():
        raise click.ClickException(f"There is no database {path}.")
    database = Database(url)
    try:
        yield database
    finally:
        database.dispose()


@contextmanager
def _newest(file: Path) -> Iterator[str]:
    """The address of a copy of the backup, upgraded if need be; the file itself is only read."""
    with tempfile.TemporaryDirectory(prefix="moderation-restore-") as folder:
        copied = Path(folder) / "backup.db"
        shutil.copyfile(file, copied)
        url = f"sqlite:///{copied}"
        with _opened(url) as database:
            with database.reader.connect() as connection:
                known = migrate.current_revision(connection)
            if not known:
                raise CopyError(f"{file} is not a backup of this service.")
            if known != migrate.newest_revision():
                migrate.upgrade(database.writer)
        yield url


@contextmanager
def _said() -> Iterator[None]:
    """Errors in words that a person can act on, without anything of what was being copied."""
    try:
        yield
    except CopyError as error:
        raise click.ClickException(str(error)) from error
    except sa.exc.DBAPIError as error:
        reason = str(error.orig).splitlines()[0]
        raise click.ClickException(f"The database refused: {reason}. Nothing was changed.") from error

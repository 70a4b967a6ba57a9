"""What several commands need: settings and database with errors a person can act on."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
import sqlalchemy as sa

from moderation.config import Settings, SettingsError, database_url
from moderation.storage import migrate
from moderation.storage.engine import Database

UPGRADE = "alembic upgrade head"


def read_settings() -> Settings:
    try:
        return Settings.from_env()
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def open_database() -> Iterator[Database]:
    """The database of the settings, at its newest shape; an empty one is made ready."""
    database = Database(database_url())
    try:
        prepare(database)
        yield database
    except sa.exc.OperationalError as error:
        reason = str(error.orig).splitlines()[0]
        raise click.ClickException(f"The database cannot be used: {reason}. Check DATABASE_URL.") from error
    finally:
        database.dispose()


def prepare(database: Database) -> None:
    """Make an empty database ready; refuse one of another shape, which its owner should back up first."""
    with database.reader.connect() as connection:
        current = migrate.current_revision(connection)
    if not current:
        migrate.upgrade(database.writer)
    elif current != migrate.newest_revision():
        raise click.ClickException(f"The database is of another version ({current}). Back it up, then run: {UPGRADE}")

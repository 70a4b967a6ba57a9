"""Alembic's entry: the connection it is handed, or one to the database of the settings."""

from alembic import context

from moderation.config import database_url
from moderation.storage.engine import Database
from moderation.storage.tables import Base
from moderation.storage.types import UtcDateTime


def render_item(kind, item, autogen_context):
    """Migrations outlive our code, so they name plain types instead of importing it."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def migrate(connection):
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        render_item=render_item,
        compare_server_default=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


if (given := context.config.attributes.get("connection")) is not None:
    migrate(given)
else:
    with Database(database_url()).writer.begin() as own:
        migrate(own)

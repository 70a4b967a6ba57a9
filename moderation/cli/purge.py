"""`purge`: what sites keep no longer is erased now, and its bytes go."""

import json

import click

from moderation import retention
from moderation.cli.common import open_database
from moderation.storage.types import utc_now


@click.command(epilog="Example: moderation purge --vacuum")
@click.option("--site", "slug", help="One blog; all if left out.")
@click.option("--vacuum", is_flag=True, help="Then write the database anew, without what was erased.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def purge(slug: str | None, vacuum: bool, as_json: bool) -> None:
    """Erase the comments that sites keep no longer (see: moderation site set-retention). The service does it hourly.

    With --vacuum nothing that was erased, by this or before, is left in the database's files. SQLite needs as much
    free space as the database takes, and nobody writes meanwhile.
    """
    with open_database() as database:
        purged = retention.purge(database, now=utc_now(), slug=slug)
        if vacuum:
            try:
                database.vacuum()
            except TimeoutError as error:
                raise click.ClickException(f"Erased, but the bytes are still there: {error}. Try again.") from error
    click.echo(json.dumps({"comments": purged, "vacuum": vacuum}) if as_json else f"Erased: {purged} comments.")

"""`author`: what is kept of somebody who writes on a blog, for them to have, or to be forgotten."""

import json

import click

from moderation import author_data, erasure
from moderation.cli.common import open_database
from moderation.storage.audit import Who
from moderation.storage.authors import of_site
from moderation.storage.engine import Database
from moderation.storage.sites import site_by_slug
from moderation.storage.tables import Author
from moderation.storage.types import utc_now

SLUG = click.argument("slug")
NAME = click.argument("name")


@click.group()
def author() -> None:
    """People who write on a blog."""


@author.command(epilog="Example: moderation author export garden u-3 > author.json")
@SLUG
@NAME
def export(slug: str, name: str) -> None:
    """Print all that is kept of an author of SLUG as JSON. NAME is the blog's id of them, or their address."""
    with open_database() as database:
        row = _find(database, slug, name)
        click.echo(
            json.dumps(author_data.export(database, row, who=Who(), now=utc_now()), indent=2, ensure_ascii=False)
        )


@author.command(epilog="Example: moderation author erase garden u-3 --yes")
@SLUG
@NAME
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(slug: str, name: str, yes: bool) -> None:
    """Erase an author of SLUG: all their comments, and every copy. NAME is the blog's id of them, or their address.

    The blog is told of each comment. On SQLite, `moderation purge --vacuum` then takes the bytes out of the file.
    """
    with open_database() as database:
        row = _find(database, slug, name)
        if not yes:
            click.confirm("This cannot be taken back. Erase all of it?", abort=True)
        erased = erasure.erase_author(database, row, who=Who(), now=utc_now())
    click.echo(f"Erased: the author and {erased} comments.")


def _find(database: Database, slug: str, name: str) -> Author:
    with database.read() as session:
        site = site_by_slug(session, slug)
        if site is None:
            raise click.ClickException(f"There is no site {slug}. See: moderation site list")
        found = of_site(session, site.id, name)
    if found is None:
        raise click.ClickException(f"{slug} knows no author by this id or address.")
    return found

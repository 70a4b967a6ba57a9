"""`site akismet-key`: a key for clients that speak Akismet's protocol, and what the blog's plugin can do."""

from datetime import timedelta

import click

from moderation.cli.common import open_database, read_settings
from moderation.storage import akismet, sites
from moderation.storage.secrets import WrongSecretKey, decrypt
from moderation.storage.types import utc_now
from moderation.webhooks.addresses import AddressRefused
from moderation.webhooks.akismet import check_blog


@click.command("akismet-key", epilog="Example: moderation site akismet-key garden --blog https://garden.example")
@click.argument("slug")
@click.option("--blog", help="The blog's address. Later outcomes go to callbacks at its host, and to no other.")
@click.option(
    "--holds/--no-holds",
    default=None,
    help="Answer `false` with X-akismet-recheck-after for a held comment, instead of `true`. Only for a plugin that "
    "keeps such a comment back: any other would publish it.",
)
@click.option(
    "--discards/--no-discards",
    default=None,
    help="Say of what is rejected that the blog may throw it away unseen.",
)
@click.option("--rotate", is_flag=True, help="Make another key; the old ones end after the overlap.")
@click.option("--overlap-hours", default=24.0, show_default=True, help="How long the old keys still work.")
def akismet_key(
    slug: str, blog: str | None, holds: bool | None, discards: bool | None, rotate: bool, overlap_hours: float
) -> None:
    """Print the Akismet key of the blog SLUG; the first time, make one."""
    settings, now = read_settings(), utc_now()
    with open_database() as database, database.write() as session:
        site = sites.site_by_slug(session, slug)
        if site is None:
            raise click.ClickException(f"There is no site {slug}. See: moderation site list")
        row = akismet.current_key(session, site.id, now)
        blog = (row.blog if row else "") if blog is None else blog
        holds = (row.holds if row else False) if holds is None else holds
        discards = (row.discards if row else False) if discards is None else discards
        _check(blog, holds)
        secret_key = settings.secret_key
        key = akismet.save_key(session, site, secret_key, blog=blog, holds=holds, discards=discards, now=now)
        if rotate and row is not None:
            ends_at = now + timedelta(hours=overlap_hours)
            key = akismet.rotate_key(session, site, secret_key, ends_at=ends_at, now=now)
        if key is None and row is not None:
            key = _opened(row.sealed, secret_key)
    click.echo(f"Akismet key: {key}")


def _check(blog: str, holds: bool) -> None:
    if holds and not blog:
        raise click.ClickException("--holds needs --blog: else the blog would never hear what became of it.")
    try:
        if blog:
            check_blog(blog)
    except AddressRefused as error:
        raise click.ClickException(f"--blog: {error}") from error


def _opened(sealed: bytes, secret_key: str) -> str:
    try:
        return decrypt(sealed, secret_key)
    except WrongSecretKey as error:
        raise click.ClickException(f"{error} Make another key with: --rotate") from error

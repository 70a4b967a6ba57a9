"""`site akismet-key`: a key for clients that speak Akismet's protocol, and what the blog's plugin can do."""

from datetime import timedelta
from urllib.parse import urlsplit

import click

from moderation.cli.common import open_database, read_settings
from moderation.storage import akismet, sites
from moderation.storage.secrets import WrongSecretKey, decrypt
from moderation.storage.types import utc_now


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
        blog = _checked(blog) if blog is not None else row.blog if row else ""
        holds = (row.holds if row else False) if holds is None else holds
        discards = (row.discards if row else False) if discards is None else discards
        if holds and not blog:
            raise click.ClickException(
                "--holds needs --blog: else nobody could tell the blog what became of a comment."
            )
        if row is None or rotate:
            akismet.expire_keys(session, site.id, now + timedelta(hours=overlap_hours))
            key = akismet.add_key(session, site, settings.secret_key, blog=blog, holds=holds, discards=discards)
        else:
            row.blog, row.holds, row.discards = blog, holds, discards
            key = _opened(row.sealed, settings.secret_key)
    click.echo(f"Akismet key: {key}")


def _checked(blog: str) -> str:
    """The blog's address, if it is one."""
    try:
        parts = urlsplit(blog)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if blog and (not is_address or len(blog) > 2000):
        raise click.ClickException(f"--blog must be an address such as https://garden.example, not {blog!r}.")
    return blog


def _opened(sealed: bytes, secret_key: str) -> str:
    try:
        return decrypt(sealed, secret_key)
    except WrongSecretKey as error:
        raise click.ClickException(f"{error} Make another key with: --rotate") from error

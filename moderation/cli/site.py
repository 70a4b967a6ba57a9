"""`site`: blogs, their keys and addresses."""

import json
import sys
from datetime import timedelta
from typing import TextIO

import click
import sqlalchemy.orm as so

from moderation import new_sites, policies
from moderation.cli.akismet_key import akismet_key
from moderation.cli.common import open_database, read_settings
from moderation.config import Settings
from moderation.domain.errors import Conflict, InvalidRequest
from moderation.retention import MAX_DAYS
from moderation.storage import coral, sites
from moderation.storage.secrets import decrypt, encrypt
from moderation.storage.tables import Site
from moderation.storage.types import utc_now
from moderation.webhooks.addresses import AddressRefused, check_url


@click.group()
def site() -> None:
    """Blogs that send their comments here."""


site.add_command(akismet_key)


@site.command(epilog="Example: moderation site add garden --webhook-url https://blog.example/moderation")
@click.argument("slug")
@click.option("--name", help="What moderators read; the short name if left out.")
@click.option("--webhook-url", help="Where the blog hears of decisions.")
def add(slug: str, name: str | None, webhook_url: str | None) -> None:
    """Add a blog under the short name SLUG, and print its API key and webhook secret, this once."""
    settings = read_settings()
    _check_webhook(webhook_url, settings)
    with open_database() as database:
        try:
            with database.write() as session:
                new = new_sites.add(
                    session, slug=slug, name=name or slug, webhook_url=webhook_url, secret_key=settings.secret_key
                )
        except (InvalidRequest, Conflict) as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"API key:        {new.key}\nWebhook secret: {new.secret}")
    click.echo(
        f"Nobody owns it yet. Next: moderation moderator add E-MAIL --role owner --site {slug}",
        err=True,
    )


@site.command("list", epilog="Example: moderation site list --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(as_json: bool) -> None:
    """List the blogs."""
    with open_database() as database, database.read() as session:
        rows = [_row(row) for row in sites.list_sites(session)]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        click.echo(f"{row['slug']:20} {row['name']:30} {row['webhook_url'] or '(no webhook)'}")
    if not rows:
        click.echo("There are no sites yet. Add one with: moderation site add SHORT-NAME")


@site.command(epilog="Example: moderation site set-webhook garden https://blog.example/moderation")
@click.argument("slug")
@click.argument("url", required=False)
def set_webhook(slug: str, url: str | None) -> None:
    """Point the webhook of SLUG to URL, or nowhere; events that waited for an address are sent."""
    _check_webhook(url, read_settings())
    with open_database() as database, database.write() as session:
        sites.set_webhook(session, _find(session, slug), url, utc_now())


@site.command(epilog="Example: moderation site add-key garden --name 'Perspective client' --scores-only")
@click.argument("slug")
@click.option("--name", default="", help="What owners read in the list of keys.")
@click.option("--scores-only", is_flag=True, help="It scores texts, and reads or keeps nothing of the site.")
def add_key(slug: str, name: str, scores_only: bool) -> None:
    """Print another API key of SLUG; those there are go on."""
    with open_database() as database, database.write() as session:
        key = sites.add_key(session, _find(session, slug), name=name[: sites.MAX_NAME], scores_only=scores_only)
    click.echo(f"API key: {key}")


@site.command(epilog="Example: moderation site rotate-key garden --overlap-hours 24")
@click.argument("slug")
@click.option("--overlap-hours", default=24.0, show_default=True, help="How long the old keys still work.")
def rotate_key(slug: str, overlap_hours: float) -> None:
    """Print a new API key of SLUG; the old ones end after the overlap."""
    with open_database() as database, database.write() as session:
        row = _find(session, slug)
        sites.expire_keys(session, row, utc_now() + timedelta(hours=overlap_hours))
        key = sites.add_key(session, row)
    click.echo(f"API key: {key}")


@site.command(epilog="Example: moderation site set-retention garden 365")
@click.argument("slug")
@click.argument("days", type=click.IntRange(1, MAX_DAYS), required=False)
def set_retention(slug: str, days: int | None) -> None:
    """Erase the comments of SLUG here DAYS after they came, once they are decided; without DAYS, never.

    The blog keeps its own, and is not told.
    """
    with open_database() as database, database.write() as session:
        sites.set_retention(session, _find(session, slug), days)
    click.echo(f"Comments of {slug} are " + (f"erased after {days} days." if days else "kept."))


@site.command(epilog="Example: moderation site show-secret garden")
@click.argument("slug")
def show_secret(slug: str) -> None:
    """Print the webhook secret of SLUG."""
    settings = read_settings()
    with open_database() as database, database.read() as session:
        click.echo(decrypt(_find(session, slug).webhook_secret, settings.secret_key))


@site.command(epilog="Example: moderation site set-coral-secret garden --overlap-hours 24")
@click.argument("slug")
@click.option("--overlap-hours", default=24.0, show_default=True, help="How long secrets given before still count.")
@click.option("--remove", is_flag=True, help="Take no secret, and let those given before end at once.")
def set_coral_secret(slug: str, overlap_hours: float, remove: bool) -> None:
    """Take the signing secret of Coral's external moderation phase for SLUG; it is asked for, or read from a pipe.

    Coral makes it and shows it under Configure > Moderation phases; the phase's address is /coral/phase.
    """
    settings, now = read_settings(), utc_now()
    with open_database() as database:
        with database.read() as session:
            row = _find(session, slug)
        secret = "" if remove else _ask_secret()
        with database.write() as session:
            if remove:
                coral.end_secrets(session, row, now)
                return
            ends_at = now + timedelta(hours=overlap_hours)
            coral.add_secret(session, row, encrypt(secret, settings.secret_key), others_end_at=ends_at)
    click.echo(f"{slug} takes requests signed with this secret at {settings.public_base_url}/coral/phase?site={slug}")


def _ask_secret() -> str:
    secret: str = click.prompt("Signing secret", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline()
    if not coral.SHORTEST <= len(secret.strip()) <= coral.LONGEST:
        raise click.ClickException("Give the whole signing secret, as Coral shows it.")
    return secret.strip()


@site.command(epilog="Example: moderation site policy garden > policy.json; moderation site policy garden policy.json")
@click.argument("slug")
@click.argument("file", type=click.File("r", encoding="utf-8"), required=False)
def policy(slug: str, file: TextIO | None) -> None:
    """Print the policy of SLUG as JSON, or make FILE (- for standard input) its next version.

    What FILE leaves out is as in the default; a band's null means never.
    """
    with open_database() as database:
        with database.read() as session:
            row = _find(session, slug)
        if file is None:
            document, _ = policies.current(database, row)
            click.echo(json.dumps(document, indent=2, ensure_ascii=False))
            return
        try:
            version = policies.change(database, row, json.load(file))
        except ValueError as error:
            raise click.ClickException(f"{file.name} is not JSON: {error}.") from error
        except InvalidRequest as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"{slug} now decides by version {version} of its policy.")


def _check_webhook(url: str | None, settings: Settings) -> None:
    """Say now what every delivery would be refused for."""
    if not url:
        return
    try:
        check_url(url, settings.webhook_networks)
    except AddressRefused as error:
        raise click.ClickException(str(error)) from error


def _row(row: Site) -> dict[str, str | None]:
    disabled = row.webhook_disabled_at.isoformat() if row.webhook_disabled_at else None
    return {
        "slug": row.slug,
        "name": row.name,
        "webhook_url": row.webhook_url,
        "webhook_disabled_at": disabled,
    }


def _find(session: so.Session, slug: str) -> Site:
    row = sites.site_by_slug(session, slug)
    if row is None:
        raise click.ClickException(f"There is no site {slug}. See: moderation site list")
    return row

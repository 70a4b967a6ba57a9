"""`moderator`: the people who review."""

import sys

import click
import sqlalchemy.orm as so

from moderation import second_factor
from moderation.cli.common import open_database
from moderation.domain.errors import InvalidRequest
from moderation.passwords import hash_password, make_password
from moderation.storage import moderators
from moderation.storage.sites import list_sites, site_by_slug
from moderation.storage.tables import Moderator, Role, Site
from moderation.storage.types import utc_now

PASSWORD = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input instead of making one."
)


@click.group()
def moderator() -> None:
    """People who sign in to the dashboard."""


@moderator.command(epilog="Example: moderation moderator add ann@example.org --name Ann --site garden")
@click.argument("email")
@click.option("--name", help="What other moderators read; the part before the @ if left out.")
@click.option("--site", "slugs", multiple=True, help="A blog they may moderate; all of them if left out.")
@click.option("--role", type=click.Choice([role.value for role in Role]), default="moderator", show_default=True)
@PASSWORD
def add(email: str, name: str | None, slugs: tuple[str, ...], role: str, password_stdin: bool) -> None:
    """Add a moderator and print their first password."""
    if "@" not in email:
        raise click.ClickException(f"{email} is not an e-mail address.")
    password, hashed = _password(password_stdin)
    with open_database() as database, database.write() as session:
        if moderators.moderator_by_email(session, email):
            raise click.ClickException(f"There is a moderator {email} already.")
        person = moderators.add_moderator(
            session, email=email, name=name or email.partition("@")[0], password_hash=hashed
        )
        for row in _sites(session, slugs):
            moderators.join_site(session, person, row, Role(role))
    _show(password, password_stdin)


@moderator.command(epilog="Example: moderation moderator disable ann@example.org")
@click.argument("email")
def disable(email: str) -> None:
    """Keep a moderator out, and end their sign-ins."""
    with open_database() as database, database.write() as session:
        person = _find(session, email)
        moderators.set_disabled(session, person, utc_now())
        moderators.close_sessions(session, person)


@moderator.command(epilog="Example: moderation moderator reset-password ann@example.org")
@click.argument("email")
@PASSWORD
def reset_password(email: str, password_stdin: bool) -> None:
    """Give a moderator a new password, let them in again, and end their sign-ins."""
    password, hashed = _password(password_stdin)
    with open_database() as database, database.write() as session:
        person = _find(session, email)
        moderators.set_password(session, person, hashed)
        if person.disabled_at is not None:
            moderators.set_disabled(session, person, None)
        moderators.close_sessions(session, person)
    _show(password, password_stdin)


@moderator.command(epilog="Example: moderation moderator reset-totp ann@example.org")
@click.argument("email")
def reset_totp(email: str) -> None:
    """Switch two-step sign-in off for somebody who lost their phone and their recovery codes."""
    with open_database() as database:
        with database.read() as session:
            person = _find(session, email)
        second_factor.switch_off(database, person)
    click.echo(f"{person.email} signs in with the password alone, until two-step sign-in is switched on again.")


def _password(from_stdin: bool) -> tuple[str, str]:
    password = sys.stdin.readline().rstrip("\n") if from_stdin else make_password()
    try:
        return password, hash_password(password)
    except InvalidRequest as error:
        raise click.ClickException(str(error)) from error


def _show(password: str, from_stdin: bool) -> None:
    if not from_stdin:
        click.echo(f"Password: {password}")


def _sites(session: so.Session, slugs: tuple[str, ...]) -> list[Site]:
    if not slugs:
        return list_sites(session)
    found = {slug: site_by_slug(session, slug) for slug in slugs}
    if missing := [slug for slug, row in found.items() if row is None]:
        raise click.ClickException(f"There is no site {missing[0]}. See: moderation site list")
    return [row for row in found.values() if row is not None]


def _find(session: so.Session, email: str) -> Moderator:
    person = moderators.moderator_by_email(session, email)
    if person is None:
        raise click.ClickException(f"There is no moderator {email}.")
    return person

"""`moderator`: the people who review."""

import sys
from datetime import datetime

import click
import sqlalchemy.orm as so

from moderation import second_factor
from moderation.cli.common import open_database
from moderation.domain.errors import InvalidRequest
from moderation.passwords import FIRST_PASSWORD, hash_password, make_password
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


@moderator.command(epilog="Example: moderation moderator add ann@example.org --name Ann --site garden --role owner")
@click.argument("email")
@click.option("--name", help="What other moderators read; the part before the @ if left out.")
@click.option("--site", "slugs", multiple=True, help="A blog they may moderate; all of them if left out.")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default="moderator",
    show_default=True,
    help="Owners also change the site's settings and people, and every site needs one; viewers only look.",
)
@PASSWORD
def add(email: str, name: str | None, slugs: tuple[str, ...], role: str, password_stdin: bool) -> None:
    """Add somebody and print their first password, with which they choose their own.

    The first person of a new site should be its owner: --role owner. Somebody with an account gets the role on --site.
    """
    if "@" not in email:
        raise click.ClickException(f"{email} is not an e-mail address.")
    password, hashed, ends_at = _password(password_stdin, email, name or "")
    with open_database() as database, database.write() as session:
        known = moderators.moderator_by_email(session, email)
        if known and not slugs:
            raise click.ClickException(f"There is a moderator {email} already; with --site they get a role there.")
        person = known or moderators.add_moderator(
            session,
            email=email,
            name=name or email.partition("@")[0],
            password_hash=hashed,
            first_password_ends_at=ends_at,
        )
        joined = _sites(session, slugs)
        for row in joined:
            moderators.join_site(session, person, row, Role(role))
        ownerless = [row.slug for row in joined if not moderators.has_owner(session, row.id)]
    if known:
        click.echo(f"{email} has an account, and signs in with it; the role here is {role} now.", err=True)
    else:
        _show(password, password_stdin)
    if ownerless:
        click.echo(
            f"Nobody owns {', '.join(ownerless)} yet, so nobody can change its settings on the dashboard. "
            "Add somebody with --role owner.",
            err=True,
        )


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
    password, hashed, ends_at = _password(password_stdin, email)
    with open_database() as database, database.write() as session:
        person = _find(session, email)
        moderators.set_password(session, person, hashed, first_password_ends_at=ends_at)
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


def _password(from_stdin: bool, *about: str) -> tuple[str, str, datetime | None]:
    """The password, its hash, and when it ends: one that is made here is for the first sign-in only."""
    password = sys.stdin.readline().rstrip("\n") if from_stdin else make_password()
    try:
        return password, hash_password(password, about=about), None if from_stdin else utc_now() + FIRST_PASSWORD
    except InvalidRequest as error:
        raise click.ClickException(str(error)) from error


def _show(password: str, from_stdin: bool) -> None:
    if not from_stdin:
        click.echo(f"Password: {password}")
        click.echo(
            f"It is good for {FIRST_PASSWORD.days} days, to sign in with and choose another.",
            err=True,
        )


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

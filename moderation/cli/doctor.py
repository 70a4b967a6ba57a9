"""`doctor`: what is wrong, and the command that mends it."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import click
import sqlalchemy as sa

from moderation.classifier.artifact import ModelError
from moderation.classifier.loading import has_careful, load_reader
from moderation.cli.common import UPGRADE
from moderation.cli.doctor_machine import RESTORE, examine_engine, examine_machine, examine_sqlite_file
from moderation.cli.doctor_mail import examine_mail
from moderation.cli.doctor_service import examine_service
from moderation.cli.doctor_trust import examine_audit, examine_backups
from moderation.cli.finding import Finding
from moderation.cli.unsafe import unsafe
from moderation.config import Settings, SettingsError, database_url, home_directory
from moderation.storage import migrate
from moderation.storage.engine import Database, sqlite_is_fixed, sqlite_module
from moderation.storage.secrets import WrongSecretKey, decrypt
from moderation.storage.sites import list_sites
from moderation.storage.tables import Event, EventState, Membership, Site
from moderation.storage.types import utc_now

LATE = timedelta(minutes=10)


@click.command(epilog="Example: moderation doctor --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--deep",
    is_flag=True,
    help="Read the database whole, however large: every page and row of SQLite, every entry of the audit log.",
)
def doctor(as_json: bool, deep: bool) -> None:
    """Look at the installation; name what is wrong and the command that mends it.

    Ends with 1 when something is wrong.
    """
    findings = list(examine(deep=deep))
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            click.echo(f"{'ok     ' if finding.well else 'WRONG  '} {finding.about}: {finding.detail}")
            if finding.mend:
                click.echo(f"        mend it with: {finding.mend}")
    if not all(finding.well for finding in findings):
        raise SystemExit(1)


def examine(*, deep: bool = False) -> Iterator[Finding]:
    """Every check, in the order in which one would mend things."""
    settings = None
    try:
        settings = Settings.from_env()
        yield Finding("settings", True, "complete")
    except SettingsError as error:
        mend = "export MODERATION_SECRET_KEY=$(python3 -c 'import secrets; print(secrets.token_urlsafe(32))')"
        yield Finding("settings", False, str(error), mend if "SECRET_KEY" in str(error) else "")
    for wrong in unsafe(settings) if settings else ():
        yield Finding("safety", False, wrong, "see docs/deploy.md, What serve refuses")
    yield _home()
    yield from examine_machine()
    yield from _models(settings)
    url = database_url()
    if url.startswith("sqlite"):
        yield _sqlite()
        if not Path(url.removeprefix("sqlite:///")).exists():
            yield Finding("database", False, "there is none yet", "moderation site add SHORT-NAME")
            return
        yield from examine_sqlite_file(Path(url.removeprefix("sqlite:///")))
    database = Database(url)
    try:
        yield from _database(database, settings, deep=deep)
    finally:
        database.dispose()


def _home() -> Finding:
    home = home_directory()
    if home.exists() and home.stat().st_mode & 0o077:
        return Finding("home", False, f"{home} can be read by other users", f"chmod 700 {home}")
    return Finding("home", True, str(home))


def _models(settings: Settings | None) -> Iterator[Finding]:
    wanted = settings is None or settings.careful_reader
    try:
        loaded = load_reader(settings.model if settings else None, careful=wanted)
    except ModelError as error:
        yield Finding("model", False, str(error), "git checkout -- models")
        return
    yield Finding("model", True, loaded.reader.model)
    if loaded.unusable:
        detail = f"cannot be used, the quick reader reads alone: {loaded.unusable}"
        yield Finding("careful reader", False, detail, "git checkout -- models && make env")
    elif not wanted:
        yield Finding("careful reader", True, "off, as CAREFUL_READER says")
    elif not has_careful():
        yield Finding("careful reader", True, "there is none in models/, the quick reader reads alone")
    else:
        yield Finding("careful reader", True, "reads where it could change a decision")


def _sqlite() -> Finding:
    version = sqlite_module.sqlite_version_info
    name = ".".join(map(str, version))
    if sqlite_is_fixed(version):
        return Finding("SQLite", True, name)
    return Finding(
        "SQLite",
        False,
        f"{name} can lose committed rows in WAL mode; the slower rollback journal is used instead",
        "python -m pip install pysqlite3",
    )


def _database(database: Database, settings: Settings | None, *, deep: bool) -> Iterator[Finding]:
    try:
        with database.reader.connect() as connection:
            current = migrate.current_revision(connection)
    except sa.exc.SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        yield Finding("database", False, f"cannot be reached: {reason}", "check DATABASE_URL")
        return
    yield Finding("database", True, database.url.get_backend_name())
    if current != migrate.newest_revision():
        yield Finding("migrations", False, f"at {current or 'none'}, not {migrate.newest_revision()}", UPGRADE)
        return
    yield Finding("migrations", True, current)
    try:
        yield from examine_engine(database, deep=deep)
        yield from examine_audit(database, deep=deep)
        yield from examine_backups(settings.backup_folder if settings else None)
        yield from _content(database, settings)
    except sa.exc.DatabaseError as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        yield Finding("database", False, f"cannot be read: {reason}", RESTORE)


def _content(database: Database, settings: Settings | None) -> Iterator[Finding]:
    with database.read() as session:
        sites = list_sites(session)
        failed, parked = (_count(session, state) for state in (EventState.FAILED, EventState.PARKED))
        oldest = session.scalar(sa.select(sa.func.min(Event.due_at)).where(Event.state == EventState.PENDING))
        people = session.scalar(sa.select(sa.func.count()).select_from(Membership)) or 0
    if not sites:
        yield Finding("sites", False, "none yet", "moderation site add SHORT-NAME")
        return
    yield Finding("sites", True, str(len(sites)))
    if people:
        yield Finding("moderators", True, str(people))
    else:
        yield Finding("moderators", False, "nobody can review", "moderation moderator add E-MAIL")
    yield from _secrets(sites, settings)
    yield from _webhooks(sites)
    yield from examine_service(database, sites)
    if settings is not None:
        yield from examine_mail(database, settings)
    late = utc_now() - oldest if oldest else timedelta(0)
    if late > LATE:
        detail = f"the oldest event is due since {int(late.total_seconds() // 60)} minutes"
        mend = "moderation serve" if database.is_sqlite else "moderation worker"
        yield Finding("outbox", False, detail, mend)
    elif failed:
        yield Finding("outbox", False, f"{failed} events failed", "replay them on the dashboard, page Deliveries")
    else:
        yield Finding("outbox", True, f"nothing late, nothing failed, {parked} without an address")


def _count(session: sa.orm.Session, state: EventState) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(Event).where(Event.state == state)) or 0


def _secrets(sites: list[Site], settings: Settings | None) -> Iterator[Finding]:
    if settings is None:
        return
    try:
        for site in sites:
            decrypt(site.webhook_secret, settings.secret_key)
    except WrongSecretKey as error:
        yield Finding("secrets", False, str(error), "set the MODERATION_SECRET_KEY that the sites were added with")
    else:
        yield Finding("secrets", True, "can be opened")


def _webhooks(sites: list[Site]) -> Iterator[Finding]:
    for site in sites:
        if site.webhook_disabled_at is not None:
            detail = f"the address of {site.slug} answered 410 and gets nothing more"
            yield Finding("webhook", False, detail, f"moderation site set-webhook {site.slug} URL")

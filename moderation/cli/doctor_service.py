"""What `doctor` says of the service's work: unscored comments, sites nobody can use or own, keys, stuck batches."""

from collections.abc import Iterator
from datetime import timedelta

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.cli.finding import Finding
from moderation.storage import queues, tallies
from moderation.storage.engine import Database
from moderation.storage.listing import Queue
from moderation.storage.tables import (
    AkismetKey,
    ApiKey,
    Batch,
    Comment,
    CoralSecret,
    Membership,
    Moderator,
    Role,
    Site,
)
from moderation.storage.types import utc_now

SOON = timedelta(days=14)
STUCK = timedelta(hours=1)
UNCOUNTED = timedelta(hours=3)


def examine_service(database: Database, sites: list[Site]) -> Iterator[Finding]:
    with database.read() as session:
        yield _unscored(session, sites)
        yield from _owners(session, sites)
        yield from _keys(session, sites)
        yield from _batches(session)
        yield from _counting(session)


def _unscored(session: so.Session, sites: list[Site]) -> Finding:
    waiting = queues.count(session, [site.id for site in sites], Queue.NOT_SCORED, at_most=1_000)
    if not waiting:
        return Finding("scoring", True, "no comment waits unscored")
    detail = f"{'over ' if waiting == 1_000 else ''}{waiting} comments are held because they could not be scored"
    mend = "look for scoring_late and scoring_failed in the log; then decide them in the queue Not scored"
    return Finding("scoring", False, detail, mend)


def _owners(session: so.Session, sites: list[Site]) -> Iterator[Finding]:
    owned = set(
        session.scalars(
            sa.select(Membership.site_id)
            .join(Moderator, Moderator.id == Membership.moderator_id)
            .where(Membership.role == Role.OWNER, Moderator.disabled_at.is_(None))
        )
    )
    for site in sites:
        if site.id not in owned:
            detail = f"nobody owns {site.slug}: its settings cannot be changed on the dashboard"
            yield Finding("owner", False, detail, f"moderation moderator add E-MAIL --site {site.slug} --role owner")


def _keys(session: so.Session, sites: list[Site]) -> Iterator[Finding]:
    now = utc_now()
    for site in sites:
        ends = [
            *session.scalars(sa.select(ApiKey.expires_at).where(ApiKey.site_id == site.id)),
            *session.scalars(sa.select(AkismetKey.expires_at).where(AkismetKey.site_id == site.id)),
            *session.scalars(sa.select(CoralSecret.ends_at).where(CoralSecret.site_id == site.id)),
        ]
        if any(end is None or end > now + SOON for end in ends):
            continue
        last = max((end for end in ends if end is not None), default=now)
        if last <= now:
            detail = f"{site.slug} has no key that is good: its blog is refused"
        else:
            detail = f"the last key of {site.slug} ends on {last:%Y-%m-%d}"
        yield Finding("keys", False, detail, f"moderation site rotate-key {site.slug}")


def _batches(session: so.Session) -> Iterator[Finding]:
    """A batch goes on when somebody looks at its page; one that nobody looks at stays half done."""
    old = utc_now() - STUCK
    stuck = session.scalar(
        sa.select(sa.func.count())
        .select_from(Batch)
        .where(Batch.started_at < old, Batch.finished_at.is_(None), Batch.undone_at.is_(None))
    )
    if stuck:
        detail = f"{stuck} batches began over an hour ago and are not done"
        yield Finding("batches", False, detail, "open them on the dashboard under Batches; they go on from there")


def _counting(session: so.Session) -> Iterator[Finding]:
    """The worker counts the past for Insight: it lags when no worker runs."""
    behind = utc_now() - tallies.progress(session, utc_now()).counted
    if behind > UNCOUNTED and session.scalar(sa.select(sa.exists().where(Comment.id.is_not(None)))):
        hours = int(behind.total_seconds() // 3600)
        yield Finding("insight", False, f"the last {hours} hours are not counted: no worker runs", "moderation worker")

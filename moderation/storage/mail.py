"""Who is told by mail that comments wait, when the next mail may go out, and what there is to tell."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.domain.comment import Action, Actor, State
from moderation.storage import queues
from moderation.storage.listing import Filters, Queue, Sort
from moderation.storage.marks import Matter
from moderation.storage.tables import (
    Appeal,
    Comment,
    CommentMark,
    Decision,
    Mail,
    Membership,
    Moderator,
    Report,
    Role,
)
from moderation.storage.types import first_uuid7

PAUSES = {
    Mail.AT_ONCE: timedelta(minutes=2),  # what comes in a burst goes into one mail
    Mail.HOURLY: timedelta(hours=1),
}
MORNING = time(7)  # of the daily mail, by the clock where the moderator is
# The wait after each failure in a row; the last one for every further one.
BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 1440))
# A key is made some moments before its row can be seen; what is younger waits for the next look.
SETTLED = timedelta(seconds=5)
COUNTED = 1_000
LISTED = 8


@dataclass(frozen=True, slots=True)
class Item:
    """A held comment of a mail, without a word of it; `reasons` are codes."""

    comment_id: uuid.UUID
    article: str
    created_at: datetime
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What of a site waits for somebody, each counted up to `COUNTED`; `is_new` tells of more than the last mail."""

    held: int
    not_scored: int
    escalated: int
    reported: int
    appeals: int
    newest: tuple[Item, ...]
    is_new: bool

    def __bool__(self) -> bool:
        return bool(self.held or self.reported or self.appeals)


def choose(session: so.Session, moderator: Moderator, site_id: uuid.UUID, mail: Mail, now: datetime) -> bool:
    """How soon a moderator is told that comments of a site wait; False if they are not of that site."""
    mine = (Membership.moderator_id == moderator.id, Membership.site_id == site_id)
    first = next_time(mail, now, zone_of(moderator)) if mail is Mail.DAILY else None
    changed: dict[str, Any] = {"mail": mail, "mail_next_at": first, "mail_failures": 0, "mail_error": ""}
    # Saving the same choice again starts no period anew.
    session.execute(sa.update(Membership).where(*mine, Membership.mail != mail).values(changed))
    return session.scalar(sa.select(sa.true()).where(sa.exists().where(*mine))) is not None


def of_moderator(session: so.Session, moderator_id: uuid.UUID) -> Sequence[Membership]:
    """What somebody chose, site by site."""
    mine = sa.select(Membership).where(Membership.moderator_id == moderator_id).options(so.joinedload(Membership.site))
    return sorted(session.scalars(mine), key=lambda row: row.site.name.casefold())


def of_site(session: so.Session, site_id: uuid.UUID) -> Sequence[Membership]:
    """What everybody of a site chose, by name."""
    rows = sa.select(Membership).where(Membership.site_id == site_id).options(so.joinedload(Membership.moderator))
    return sorted(session.scalars(rows), key=lambda row: (row.moderator.name.casefold(), row.moderator_id))


def due(session: so.Session, now: datetime, *, limit: int = 500) -> Sequence[Membership]:
    """Whoever may be written to now, if there is something to tell; with moderator and site."""
    query = (
        sa.select(Membership)
        .join(Membership.moderator)
        .where(
            Membership.mail != Mail.NEVER,
            Moderator.disabled_at.is_(None),
            sa.or_(Membership.mail_next_at.is_(None), Membership.mail_next_at <= now),
        )
        .options(so.contains_eager(Membership.moderator), so.joinedload(Membership.site))
        .order_by(Membership.mail_next_at, Membership.moderator_id)
        .limit(limit)
    )
    return session.scalars(query).all()


def take(session: so.Session, row: Membership, now: datetime) -> datetime | None:
    """Take the writing of one mail: when the next may go out, or None if another worker was first.

    One conditional UPDATE, and before the mail is sent: after a crash in between nobody sends it a second time.
    """
    following = next_time(row.mail, now, zone_of(row.moderator))
    return following if _move(session, row, row.mail_next_at, mail_next_at=following) else None


def sent(session: so.Session, row: Membership, told_to: datetime, now: datetime) -> None:
    """The mail has left; it told of everything that had come by *told_to*."""
    _set(session, row, mailed_at=now, mail_told_to=told_to, mail_failures=0, mail_error="")


def no_news(session: so.Session, row: Membership, told_to: datetime) -> None:
    """Nothing new had come by *told_to*, so nobody has to look there again."""
    _set(session, row, mail_told_to=told_to)


def _set(session: so.Session, row: Membership, **values: Any) -> None:
    mine = (Membership.moderator_id == row.moderator_id, Membership.site_id == row.site_id)
    session.execute(sa.update(Membership).where(*mine).values(values).execution_options(synchronize_session=False))


def failed(session: so.Session, row: Membership, taken: datetime, error: str, now: datetime, *, again: bool) -> None:
    """The mail has not left. It is tried *again* after a while, else only when the next is due."""
    wait = BACKOFF[min(row.mail_failures, len(BACKOFF) - 1)]
    values: dict[str, Any] = {"mail_failures": row.mail_failures + 1, "mail_error": error[:200]}
    _move(session, row, taken, **values, **({"mail_next_at": now + wait} if again else {}))


def next_time(mail: Mail, now: datetime, zone: ZoneInfo) -> datetime:
    """When, after a mail at *now*, the next may go out."""
    if mail is not Mail.DAILY:
        return now + PAUSES[mail]
    local = now.astimezone(zone)
    today = datetime.combine(local.date(), MORNING, zone)
    return today if today > local else datetime.combine(local.date() + timedelta(days=1), MORNING, zone)


def zone_of(moderator: Moderator) -> ZoneInfo:
    """The time zone of their preferences; what cannot be read is UTC."""
    try:
        return ZoneInfo(str(moderator.preferences.get("time_zone") or "UTC"))
    except (ValueError, OSError, KeyError):
        return ZoneInfo("UTC")


def waiting(session: so.Session, row: Membership, told_to: datetime) -> Waiting:
    """What waits on the site, for somebody who was told up to `row.mail_told_to`; new is what came until *told_to*."""
    site_ids, theirs = [row.site_id], Filters(asker_id=row.moderator_id)
    counts = {
        queue: queues.count(session, site_ids, queue, filters=theirs, at_most=COUNTED)
        for queue in (Queue.HELD, Queue.NOT_SCORED, Queue.ESCALATED, Queue.REPORTED, Queue.APPEALS)
    }
    page = (
        queues.read_queue(session, site_ids, Queue.HELD, filters=theirs, sort=Sort.NEWEST, limit=LISTED)
        if counts[Queue.HELD]
        else None
    )
    comments = page.comments if page else []
    reasons = _reasons(session, comments)
    return Waiting(
        is_new=any(counts.values()) and _is_new(session, row, told_to),
        held=counts[Queue.HELD],
        not_scored=counts[Queue.NOT_SCORED],
        escalated=counts[Queue.ESCALATED] if row.role is Role.OWNER else 0,
        reported=counts[Queue.REPORTED],
        appeals=counts[Queue.APPEALS],
        newest=tuple(
            Item(item.id, item.article.title if item.article else "", item.created_at, reasons.get(item.id, ()))
            for item in comments
        ),
    )


def _reasons(session: so.Session, comments: Sequence[Comment]) -> dict[uuid.UUID, tuple[str, ...]]:
    found: dict[uuid.UUID, tuple[str, ...]] = {}
    rows = session.execute(
        sa.select(CommentMark.comment_id, CommentMark.code)
        .where(CommentMark.comment_id.in_([item.id for item in comments]), CommentMark.code.not_in(list(Matter)))
        .order_by(CommentMark.code)
    )
    for comment_id, code in rows:
        found[comment_id] = (*found.get(comment_id, ()), code)
    return found


def _is_new(session: so.Session, row: Membership, told_to: datetime) -> bool:
    until = first_uuid7(told_to)
    if row.mail_told_to is None:
        oldest = queues.read_queue(session, [row.site_id], Queue.HELD, sort=Sort.OLDEST, limit=1).comments
        return not oldest or oldest[0].id < until
    since = first_uuid7(row.mail_told_to)

    def came(key: so.InstrumentedAttribute[uuid.UUID]) -> sa.ColumnElement[bool]:
        return sa.and_(key >= since, key < until)

    def held(actor: Actor, *more: sa.ColumnElement[bool]) -> sa.Select[Any]:
        of_site = (Decision.site_id == row.site_id, Decision.actor == actor, came(Decision.id))
        rests = (Decision.action == Action.HOLD, Comment.state == State.HELD, *more)
        return sa.select(Decision.id).join(Comment, Comment.id == Decision.comment_id).where(*of_site, *rests)

    def open_matter(matter: Matter, kind: type[Report] | type[Appeal]) -> sa.Select[Any]:
        marked = (CommentMark.site_id == row.site_id, CommentMark.code == matter)
        return (
            sa.select(kind.id)
            .join(CommentMark, CommentMark.comment_id == kind.comment_id)
            .where(*marked, came(kind.id))
        )

    news = [held(Actor.MACHINE), held(Actor.BLOG)]
    if row.role is Role.OWNER:
        news.append(held(Actor.MODERATOR, Decision.escalates.is_(True)))
    news += [open_matter(Matter.REPORTED, Report), open_matter(Matter.APPEAL, Appeal)]
    return any(session.scalar(query.limit(1)) is not None for query in news)


def _move(session: so.Session, row: Membership, seen: datetime | None, **values: Any) -> bool:
    """Change the row if its time is still the one that was *seen*."""
    same = Membership.mail_next_at.is_(None) if seen is None else Membership.mail_next_at == seen
    moved = session.execute(
        sa.update(Membership)
        .where(Membership.moderator_id == row.moderator_id, Membership.site_id == row.site_id, same)
        .values(values)
        .execution_options(synchronize_session=False)
    )
    return bool(moved.rowcount)  # type: ignore[attr-defined]

"""The outbox: events written with their decision, leased by a worker, closed or tried again."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.storage import akismet
from moderation.storage.tables import Comment, DeliveryAttempt, Event, EventState, Site
from moderation.storage.types import UtcDateTime, utc_now, uuid7

# An outcome for a blog's Akismet plugin: it goes to the comment's callback, not to the site's webhook address.
AKISMET_OUTCOME = "akismet.outcome"


@dataclass(frozen=True, slots=True)
class Lease:
    """An event in a worker's hands until the lease ends; `token` proves whose it is."""

    event_id: uuid.UUID
    token: uuid.UUID
    attempts: int
    payload: dict[str, Any]
    site_id: uuid.UUID
    url: str
    secrets: tuple[bytes, ...]  # each signs: the newest, and the one that it replaces

    @property
    def is_akismet(self) -> bool:
        return bool(self.payload["type"] == AKISMET_OUTCOME)


def enqueue(
    session: so.Session,
    site: Site,
    comment: Comment,
    payload: dict[str, Any],
    now: datetime,
    *,
    decision_id: uuid.UUID | None = None,
    after: timedelta = timedelta(0),
) -> None:
    """Write an event down, in the caller's transaction; it is due *after* some time."""
    reachable = site.webhook_url is not None and site.webhook_disabled_at is None
    session.add(
        Event(
            site_id=site.id,
            comment_id=comment.id,
            decision_id=decision_id,
            type=payload["type"],
            payload=payload,
            state=EventState.PENDING if reachable else EventState.PARKED,
            due_at=now + after,
            created_at=now,
        )
    )


def enqueue_akismet(
    session: so.Session,
    site: Site,
    comment: Comment,
    now: datetime,
    *,
    decision_id: uuid.UUID,
    after: timedelta = timedelta(0),
) -> None:
    """Write down that the blog's Akismet plugin has to be told; what of is looked up when it is sent."""
    if comment.state not in akismet.RESULT or not akismet.callback_url(session, comment.id):
        return
    session.add(
        Event(
            site_id=site.id,
            comment_id=comment.id,
            decision_id=decision_id,
            type=AKISMET_OUTCOME,
            payload={"type": AKISMET_OUTCOME, "data": {"guid": comment.id.hex}},
            state=EventState.PENDING,
            due_at=now + after,
            created_at=now,
        )
    )


def cancel(session: so.Session, decision_id: uuid.UUID, now: datetime) -> bool:
    """Take back the events of a decision that are not due yet; False if a worker may have begun to send one.

    One conditional DELETE: a worker that leases an event first keeps it.
    """
    result = session.execute(
        sa.delete(Event)
        .where(
            Event.decision_id == decision_id,
            Event.state.in_([EventState.PENDING, EventState.PARKED]),
            Event.due_at > now,
            Event.attempts == 0,
            Event.lease_token.is_(None),
        )
        .execution_options(synchronize_session=False)
    )
    is_left = session.scalar(sa.select(sa.exists().where(Event.decision_id == decision_id)))
    return bool(result.rowcount) and not is_left  # type: ignore[attr-defined]


def database_now(session: so.Session) -> datetime:
    """The clock that leases go by: the database's where several machines share one, else ours."""
    if session.get_bind().dialect.name == "postgresql":
        clock = sa.func.clock_timestamp(type_=UtcDateTime())
        return session.execute(sa.select(clock)).scalar_one()
    return utc_now()


def claim(
    session: so.Session,
    *,
    limit: int,
    lease: timedelta,
    now: datetime | None = None,
    busy_sites: Collection[uuid.UUID] = (),
) -> list[Lease]:
    """Take up to *limit* due events, none of *busy_sites*; each is due again when its lease ends."""
    now = now or database_now(session)
    token = uuid7()
    due = (
        sa.select(Event.id)
        .where(Event.state == EventState.PENDING, Event.due_at <= now, Event.site_id.not_in(busy_sites))
        .order_by(Event.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)  # left out of the SQL on SQLite, where writers come one by one
    )
    rows = session.execute(
        sa.update(Event)
        .where(Event.id.in_(due))
        .values(due_at=now + lease, lease_token=token)
        .returning(Event.id, Event.attempts, Event.payload, Event.site_id, Event.type, Event.comment_id)
        .execution_options(synchronize_session=False)
    ).all()
    sites = {
        site.id: site for site in session.scalars(sa.select(Site).where(Site.id.in_({row.site_id for row in rows})))
    }
    return [
        Lease(
            event_id=row.id,
            token=token,
            attempts=row.attempts,
            payload=row.payload,
            site_id=row.site_id,
            url=_address(session, row, sites[row.site_id]),
            secrets=sites[row.site_id].webhook_secrets(now),
        )
        for row in rows
    ]


def _address(session: so.Session, row: Any, site: Site) -> str:
    is_akismet = row.type == AKISMET_OUTCOME
    return akismet.callback_url(session, row.comment_id) if is_akismet else site.webhook_url or ""


def record_attempt(
    session: so.Session, lease: Lease, *, status: int | None, error: str, duration_ms: int, now: datetime
) -> None:
    """Write an attempt down, also one whose lease has ended meanwhile: it did happen."""
    session.add(
        DeliveryAttempt(
            event_id=lease.event_id,
            number=lease.attempts + 1,
            status=status,
            error=error[:300],
            duration_ms=duration_ms,
            created_at=now,
        )
    )


def close(session: so.Session, lease: Lease, state: EventState, *, error: str = "") -> bool:
    """End an event as *state*; False when the lease was lost and somebody else has it."""
    return _update(session, lease, state=state, attempts=lease.attempts + 1, last_error=error[:300])


def retry(session: so.Session, lease: Lease, *, due_at: datetime, error: str) -> bool:
    """Make an event due again at *due_at*; False when the lease was lost."""
    return _update(session, lease, due_at=due_at, attempts=lease.attempts + 1, last_error=error[:300])


def park(session: so.Session, lease: Lease, *, now: datetime, error: str) -> bool:
    """Put an event aside until the owner gives an address; it is due at once then."""
    return _update(
        session,
        lease,
        state=EventState.PARKED,
        due_at=now,
        attempts=lease.attempts + 1,
        last_error=error[:300],
    )


def release(session: so.Session, lease: Lease, *, now: datetime) -> bool:
    """Give an event back untried."""
    return _update(session, lease, due_at=now)


def _update(session: so.Session, lease: Lease, **values: Any) -> bool:
    result = session.execute(
        sa.update(Event)
        .where(
            Event.id == lease.event_id,
            Event.lease_token == lease.token,
            Event.state == EventState.PENDING,
        )
        .values(lease_token=None, **values)
    )
    return bool(result.rowcount)  # type: ignore[attr-defined]


def disable_endpoint(session: so.Session, lease: Lease, now: datetime) -> bool:
    """The address is gone for good (410): park what else waits for it until the owner gives another.

    False when the owner already has, since the lease began; the new address is then left alone.
    """
    disabled = session.execute(
        sa.update(Site).where(Site.id == lease.site_id, Site.webhook_url == lease.url).values(webhook_disabled_at=now)
    )
    if not disabled.rowcount:  # type: ignore[attr-defined]
        return False
    session.execute(
        sa.update(Event)
        .where(
            Event.site_id == lease.site_id,
            Event.state == EventState.PENDING,
            Event.type != AKISMET_OUTCOME,
            Event.id != lease.event_id,  # its own outcome is written by whoever holds the lease
        )
        .values(state=EventState.PARKED, due_at=now, lease_token=None)
    )
    return True


def replay(session: so.Session, event_id: uuid.UUID, site_ids: Collection[uuid.UUID], now: datetime) -> bool:
    """Start an undelivered event of one of *site_ids* over, with the same id; False if there is none such."""
    result = session.execute(
        sa.update(Event)
        .where(
            Event.id == event_id,
            Event.site_id.in_(site_ids),
            Event.state.in_([EventState.FAILED, EventState.PARKED]),
        )
        .values(state=EventState.PENDING, due_at=now, attempts=0, lease_token=None)
    )
    return bool(result.rowcount)  # type: ignore[attr-defined]


def undelivered_ids(site_ids: Collection[uuid.UUID]) -> list[sa.Select[uuid.UUID]]:
    """Failed, or parked although there is an address, which answered 410. Who gave none misses nothing.

    Two lists rather than one condition: for an OR over the states an index is read from end to end.
    """
    addressed = sa.select(Site.id).where(Site.id.in_(site_ids), Site.webhook_url.is_not(None))
    return [
        sa.select(Event.id).where(Event.site_id.in_(site_ids), Event.state == EventState.FAILED),
        sa.select(Event.id).where(Event.site_id.in_(addressed), Event.state == EventState.PARKED),
    ]


def undelivered(
    session: so.Session, site_ids: Collection[uuid.UUID], *, before: uuid.UUID | None = None, limit: int = 50
) -> Sequence[Event]:
    """What blogs should have heard, newest first, with their comments; *before* is the last page's last id."""
    ids: list[uuid.UUID] = []
    for site_id in site_ids:  # over several sites an index keeps no order
        for some in undelivered_ids([site_id]):
            newest = some if before is None else some.where(Event.id < before)
            ids += session.scalars(newest.order_by(Event.site_id, Event.state, Event.id.desc()).limit(limit))
    newest_ids = sorted(ids, reverse=True)[:limit]
    query = sa.select(Event).where(Event.id.in_(newest_ids)).options(so.joinedload(Event.comment))
    return session.scalars(query.order_by(Event.id.desc())).all()


def events(
    session: so.Session, site_id: uuid.UUID, state: EventState, *, before: uuid.UUID | None = None, limit: int = 50
) -> Sequence[Event]:
    """A page of a site's delivery log: its events in one state, newest first, with their comments."""
    query = sa.select(Event).where(Event.site_id == site_id, Event.state == state).options(so.joinedload(Event.comment))
    if before is not None:
        query = query.where(Event.id < before)
    return session.scalars(query.order_by(Event.id.desc()).limit(limit)).all()


def attempts(session: so.Session, event_id: uuid.UUID) -> Sequence[DeliveryAttempt]:
    return session.scalars(
        sa.select(DeliveryAttempt).where(DeliveryAttempt.event_id == event_id).order_by(DeliveryAttempt.id)
    ).all()


def attempts_of(session: so.Session, events: Sequence[Event]) -> dict[uuid.UUID, list[DeliveryAttempt]]:
    """The attempts at each event of a page, first to last, in one query."""
    rows = session.scalars(
        sa.select(DeliveryAttempt)
        .where(DeliveryAttempt.event_id.in_([event.id for event in events]))
        .order_by(DeliveryAttempt.id)
    )
    found: dict[uuid.UUID, list[DeliveryAttempt]] = {}
    for row in rows:
        found.setdefault(row.event_id, []).append(row)
    return found


def count_undelivered(session: so.Session, site_ids: Collection[uuid.UUID], *, at_most: int) -> int:
    """How many events blogs should have heard and did not, counted up to *at_most*."""
    return min(sum(session.execute(_counting_undelivered(tuple(site_ids), at_most)).one()), at_most)


@lru_cache(maxsize=256)  # every page asks, and to build it takes longer than to have it answered
def _counting_undelivered(site_ids: tuple[uuid.UUID, ...], at_most: int) -> sa.Select[Any]:
    some = [query.limit(at_most).subquery() for query in undelivered_ids(site_ids)]
    return sa.select(*(sa.select(sa.func.count()).select_from(each).scalar_subquery() for each in some))


def find_event(session: so.Session, site_ids: Collection[uuid.UUID], event_id: uuid.UUID) -> Event | None:
    return session.scalar(sa.select(Event).where(Event.id == event_id, Event.site_id.in_(site_ids)))

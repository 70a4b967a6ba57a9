"""A site's delivery log: its events in every state, and sending them once more."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.storage.tables import Event, EventState


def recent(
    session: so.Session,
    site_id: uuid.UUID,
    states: Collection[EventState],
    *,
    before: uuid.UUID | None = None,
    limit: int = 30,
) -> Sequence[Event]:
    """The newest events in one of *states*, with their comments; *before* is the last page's last id."""
    found: list[Event] = []
    for state in states:  # the index is in order within a state
        query = sa.select(Event).where(Event.site_id == site_id, Event.state == state)
        if before is not None:
            query = query.where(Event.id < before)
        found += session.scalars(query.options(so.joinedload(Event.comment)).order_by(Event.id.desc()).limit(limit))
    return sorted(found, key=lambda event: event.id, reverse=True)[:limit]


def count(session: so.Session, site_id: uuid.UUID, state: EventState, *, at_most: int) -> int:
    """How many events are in a state, counted up to *at_most*."""
    some = sa.select(Event.id).where(Event.site_id == site_id, Event.state == state).limit(at_most).subquery()
    return session.scalar(sa.select(sa.func.count()).select_from(some)) or 0


def send_again(session: so.Session, site_id: uuid.UUID, event_id: uuid.UUID, now: datetime) -> bool:
    """Start an event over with the same id, also one that was delivered; False while it is under way."""
    ended = (EventState.DELIVERED, EventState.FAILED, EventState.PARKED)
    return bool(_start_over(session, now, Event.site_id == site_id, Event.id == event_id, Event.state.in_(ended)))


def send_failed_again(session: so.Session, site_id: uuid.UUID, now: datetime) -> int:
    """Start all over that failed; how many those are."""
    return _start_over(session, now, Event.site_id == site_id, Event.state == EventState.FAILED)


def _start_over(session: so.Session, now: datetime, *which: sa.ColumnElement[bool]) -> int:
    started = session.execute(
        sa.update(Event)
        .where(*which)
        .values(state=EventState.PENDING, due_at=now, attempts=0, lease_token=None)
        .execution_options(synchronize_session=False)
    )
    return int(started.rowcount)  # type: ignore[attr-defined]

"""How things stand, for whoever watches: the queues and the outbox, at a cost that does not grow with the comments."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.storage import outbox, queues
from moderation.storage.listing import Place, Queue, Sort
from moderation.storage.tables import Event, EventState, Membership, Site
from moderation.storage.types import time_of_uuid7

WATCHED = (Queue.HELD, Queue.ESCALATED, Queue.REPORTED, Queue.APPEALS, Queue.NOT_SCORED)
UNDONE = (EventState.PENDING, EventState.FAILED, EventState.PARKED)
AT_MOST = 10_000  # counted no further: a queue that long is a queue that long


@dataclass(frozen=True, slots=True)
class Waiting:
    """A queue of all sites together: how many comments, up to `AT_MOST`, and how old the oldest is, in seconds."""

    size: int
    age_s: float


@dataclass(frozen=True, slots=True)
class State:
    queues: Mapping[Queue, Waiting]
    events: Mapping[EventState, int]  # up to AT_MOST each
    lag_s: float  # since when the event that is due for longest is due; 0 when none is
    disabled_webhooks: int  # sites whose address answered 410
    failing_mails: int  # memberships whose last mail did not get out


def look(session: so.Session) -> State:
    now = outbox.database_now(session)
    site_ids = list(session.scalars(sa.select(Site.id)))
    oldest_due = session.scalar(
        sa.select(sa.func.min(Event.due_at)).where(Event.state == EventState.PENDING, Event.due_at <= now)
    )
    return State(
        queues={
            queue: Waiting(
                queues.count(session, site_ids, queue, at_most=AT_MOST),
                max((_age_s(place.id, now) for place in _oldest(session, site_ids, queue)), default=0.0),
            )
            for queue in WATCHED
        },
        events={state: _count_events(session, state) for state in UNDONE},
        lag_s=(now - oldest_due).total_seconds() if oldest_due else 0.0,
        disabled_webhooks=_count(session, sa.select(Site.id).where(Site.webhook_disabled_at.is_not(None))),
        failing_mails=_count(session, sa.select(Membership.site_id).where(Membership.mail_failures > 0)),
    )


def _oldest(session: so.Session, site_ids: Sequence[uuid.UUID], queue: Queue) -> list[Place]:
    return queues.read_places(session, site_ids, queue, sort=Sort.OLDEST, limit=1)


def _age_s(key: uuid.UUID, now: datetime) -> float:
    return max(0.0, (now - time_of_uuid7(key)).total_seconds())


def _count_events(session: so.Session, state: EventState) -> int:
    return _count(session, sa.select(Event.id).where(Event.state == state))


def _count(session: so.Session, query: sa.Select[uuid.UUID]) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(query.limit(AT_MOST).subquery())) or 0

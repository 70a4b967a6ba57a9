"""Events that are put aside because their site has no address to send them to."""

from datetime import datetime, timedelta

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.storage.outbox import AKISMET_OUTCOME
from moderation.storage.tables import Event, EventState, Site

# A blog that gives its address later hears of so much of the past. One that never does asks by the API, if at all.
KEPT_FOR = timedelta(days=30)
DROPPED_AT_ONCE = 1_000


def _stranded() -> tuple[sa.ColumnElement[bool], ...]:
    reachable = sa.select(Site.id).where(Site.webhook_url.is_not(None), Site.webhook_disabled_at.is_(None))
    return Event.state == EventState.PARKED, Event.type != AKISMET_OUTCOME, Event.site_id.in_(reachable)


def has_stranded(session: so.Session) -> bool:
    """Whether something is parked although its site has an address: it was written just as the owner gave one."""
    return session.scalar(sa.select(Event.id).where(*_stranded()).limit(1)) is not None


def unpark_stranded(session: so.Session, now: datetime) -> None:
    session.execute(
        sa.update(Event)
        .where(*_stranded())
        .values(state=EventState.PENDING, attempts=0, due_at=now, lease_token=None)
        .execution_options(synchronize_session=False)
    )


def drop_old(session: so.Session, now: datetime) -> int:
    """Forget some of what waits longer than anybody wants it, where the owner gave no address; how many.

    What waits for an address that answered 410 stays: the owner wanted it heard, and can replay it.
    """
    without = sa.select(Site.id).where(Site.webhook_url.is_(None))
    old = sa.select(Event.id).where(
        Event.state == EventState.PARKED, Event.due_at <= now - KEPT_FOR, Event.site_id.in_(without)
    )
    result = session.execute(
        sa.delete(Event)
        .where(Event.id.in_(old.order_by(Event.due_at).limit(DROPPED_AT_ONCE)))
        .execution_options(synchronize_session=False)
    )
    return int(result.rowcount)  # type: ignore[attr-defined]

"""How much hard text a moderator has had before their eyes: counted for them alone, and kept for two days at most."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import sqlalchemy.orm as so
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from moderation.domain.hard import is_hard
from moderation.storage import comments
from moderation.storage.engine import Database
from moderation.storage.tables import Comment, HardSight, Moderator

KEPT = timedelta(days=2)
# So many within this time, and a pause is due; after one of the same length the hint is gone again.
MANY, WITHIN = 20, timedelta(hours=1)

# Asked by every page, so it is built once.
_SEEN = sa.select(HardSight.seen_at).where(
    HardSight.moderator_id == sa.bindparam("moderator_id"), HardSight.seen_at >= sa.bindparam("since")
)


@dataclass(frozen=True, slots=True)
class Sights:
    """`today` begins at midnight in the moderator's own time zone."""

    today: int
    lately: int

    @property
    def needs_pause(self) -> bool:
        return self.lately >= MANY


def saw(database: Database, moderator: Moderator, rows: Sequence[Comment], now: datetime) -> None:
    """Write down which of *rows* are hard to read; the same one again only moves its time."""
    with database.read() as session:
        verdicts = comments.machine_verdicts(session, rows)
    hard = [row.id for row in rows if row.id in verdicts and is_hard(verdicts[row.id].receipt.get("scores", {}))]
    if not hard:
        return
    with database.write() as session:
        insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
        new = insert(HardSight).values(
            [{"moderator_id": moderator.id, "comment_id": comment_id, "seen_at": now} for comment_id in sorted(hard)]
        )
        session.execute(new.on_conflict_do_update(index_elements=["moderator_id", "comment_id"], set_={"seen_at": now}))
        session.execute(
            sa.delete(HardSight).where(HardSight.moderator_id == moderator.id, HardSight.seen_at < now - KEPT)
        )


def sights(session: so.Session, moderator_id: uuid.UUID, now: datetime, zone: ZoneInfo) -> Sights:
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    since = min(midnight, now - WITHIN)
    times = session.scalars(_SEEN, {"moderator_id": moderator_id, "since": since}).all()
    return Sights(
        today=sum(at >= midnight for at in times),
        lately=sum(at >= now - WITHIN for at in times),
    )

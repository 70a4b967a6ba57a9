"""The proof before a batch: a random sample from the side where it is most likely wrong, judged by the moderator."""

import random
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.domain.comment import Action
from moderation.domain.errors import InvalidRequest, NotFound
from moderation.proportion import upper_bound
from moderation.storage import queues
from moderation.storage.engine import Database
from moderation.storage.listing import Filters, Queue
from moderation.storage.tables import Batch, Moderator, Site

MAX_COMMENTS = 10_000
SAMPLE = 30
KEPT = timedelta(days=1)  # what was drawn, but never done
FIXED = timedelta(hours=1)  # so long the same selection has the same sample

# How the comments were found: between two scores, all of one author's, or one by one.
RANGE, AUTHOR, SELECTED = "range", "author", "selected"


@dataclass(frozen=True, slots=True)
class Proof:
    """`drawn` of the `pool` comments most likely to be wrong, out of `size`; `wrong` of the `judged` were."""

    size: int
    pool: int
    drawn: int
    judged: int
    wrong: int

    @property
    def is_complete(self) -> bool:
        return self.judged == self.drawn

    @property
    def is_whole(self) -> bool:
        """Nothing of the pool is left to chance."""
        return self.drawn == self.pool

    @property
    def at_most(self) -> float:
        """The share of the pool that may be wrong, with 95 % confidence."""
        return self.wrong / max(self.drawn, 1) if self.is_whole else upper_bound(self.wrong, self.judged)


def riskier_part(size: int) -> int:
    """How many comments at the edge a sample is drawn from: a quarter, or enough to fill the sample."""
    return max(-(-size // 4), min(size, SAMPLE))


def proof_of(batch: Batch) -> Proof:
    """What the sample of a batch shows so far."""
    judged = [item for item in batch.sample if item["bad"] is not None]
    pool = batch.size if batch.query.get("way") == AUTHOR else riskier_part(batch.size)
    return Proof(batch.size, pool, len(batch.sample), len(judged), len(wrong_of(batch)))


def wrong_of(batch: Batch) -> list[str]:
    """The ids of the sampled comments that the batch would be wrong about."""
    expected = batch.action is not Action.PUBLISH
    return [item["comment_id"] for item in batch.sample if item["bad"] is not None and item["bad"] is not expected]


def must_be_judged(batch: Batch) -> bool:
    """A selection by score is done only after its sample was looked at; an author is known already."""
    return batch.query.get("way") == RANGE


def describe(way: str, wanted: Sequence[Queue], filters: Filters) -> dict[str, Any]:
    """A selection as a batch keeps it: what narrows it, by the names of the filters."""
    values = {field.name: getattr(filters, field.name) for field in fields(filters)}
    said = {name: _plain(value) for name, value in values.items() if value not in (None, "", ())}
    return {"way": way, "queues": [queue.value for queue in wanted], **said}


def _plain(value: Any) -> Any:
    """As JSON has it."""
    match value:
        case tuple():
            return [_plain(item) for item in value]
        case datetime():
            return value.isoformat()
        case uuid.UUID():
            return str(value)
        case str():
            return str(value)
    return value


def draw(
    database: Database,
    *,
    moderator: Moderator,
    site: Site,
    way: str,
    wanted: Sequence[Queue],
    filters: Filters,
    action: Action,
    now: datetime,
) -> Batch:
    """Choose comments for a batch and draw its sample. The same selection again, within an hour, is the same batch.

    A batch takes the riskiest MAX_COMMENTS of a longer list.

    Raises:
        InvalidRequest: nothing is in the selection, or it is a search for words.
    """
    query = describe(way, wanted, filters)
    with database.read() as session:
        if (found := _drawn(session, moderator, site, action, query, now)) is not None:
            return found
        # Sorted by risk within each list; an author's lists need no order among them.
        chosen = [item for queue in wanted for item in queues.chosen(session, site.id, queue, filters=filters)]
    chosen = chosen[:MAX_COMMENTS]
    if not chosen:
        raise InvalidRequest("No comment is in this selection any more.", code="selection-empty")
    batch = Batch(
        site_id=site.id,
        moderator_id=moderator.id,
        action=action,
        query=query,
        chosen=[[str(comment_id), version] for comment_id, version in chosen],
        size=len(chosen),
        sample=_sample([comment_id for comment_id, _ in chosen], way, action),
        created_at=now,
    )
    with database.write() as session:
        stale = [Batch.moderator_id == moderator.id, Batch.started_at.is_(None), Batch.created_at < now - KEPT]
        session.execute(sa.delete(Batch).where(*stale))
        session.add(batch)
    return batch


def judge(
    database: Database, *, moderator: Moderator, batch_id: uuid.UUID, verdicts: Mapping[uuid.UUID, bool | None]
) -> Batch:
    """Write down which of the sampled comments are bad; None takes a verdict back.

    Raises:
        NotFound: they drew no such batch, or it was started.
    """
    with database.write() as session:
        mine = [Batch.id == batch_id, Batch.moderator_id == moderator.id, Batch.started_at.is_(None)]
        batch = session.scalar(sa.select(Batch).where(*mine).with_for_update())
        if batch is None:
            raise NotFound("There is no such batch to judge.")
        batch.sample = [
            {**item, "bad": verdicts.get(uuid.UUID(item["comment_id"]), item["bad"])} for item in batch.sample
        ]
    return batch


def _drawn(
    session: so.Session, moderator: Moderator, site: Site, action: Action, query: dict[str, Any], now: datetime
) -> Batch | None:
    rows = session.scalars(
        sa.select(Batch).where(
            Batch.moderator_id == moderator.id,
            Batch.site_id == site.id,
            Batch.action == action,
            Batch.started_at.is_(None),
            Batch.created_at >= now - FIXED,
        )
    )
    return next((row for row in rows if row.query == query), None)


def _sample(ids: Sequence[uuid.UUID], way: str, action: Action) -> list[dict[str, Any]]:
    """Of a range, from the side where the decision is likeliest to be wrong; in an order that gives nothing away."""
    edge = riskier_part(len(ids))
    pool = ids if way == AUTHOR else ids[:edge] if action is Action.PUBLISH else ids[-edge:]
    drawn = random.SystemRandom().sample(list(pool), min(SAMPLE, len(pool)))
    return [{"comment_id": str(comment_id), "bad": None} for comment_id in drawn]

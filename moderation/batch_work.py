"""A batch is worked on a part at a time, so that nobody else has to wait, and goes on where it was stopped."""

import time
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.deciding import Choice, decide_one
from moderation.domain.comment import Action
from moderation.domain.errors import AlreadyDecided, Claimed, IllegalTransition, InvalidRequest
from moderation.proof import wrong_of
from moderation.storage.engine import Database
from moderation.storage.tables import Batch, Comment, Decision, Site
from moderation.storage.types import utc_now
from moderation.undoing import take_back

PART = 20  # comments in one transaction at most
PART_S = 0.1  # no comment is begun in it after so long
REST = 1.0  # for so many times as long as a part took, others may write
LEASE = timedelta(seconds=30)  # a batch on which nobody has worked for so long has stopped
Item = TypeVar("Item")

ENDED: dict[str, Any] = {"chosen": None}  # what was to be done is not needed any more


class _OvertakenError(Exception):
    """Somebody else works on the batch, or it is to be taken back."""


def carry_on(
    database: Database, batch_id: uuid.UUID, *, seconds: float | None = None, clock: Callable[[], datetime] = utc_now
) -> bool:
    """Work on a batch that was started or is to be taken back, for about so many *seconds*; whether that ended it."""
    with database.read() as session:
        batch = session.get_one(Batch, batch_id, options=[so.undefer(Batch.chosen)])
    steps = _undo_all(database, batch, clock) if batch.undo_asked_at else _decide_all(database, batch, clock)
    began = part_began = time.monotonic()
    try:
        for _ in steps:
            now = time.monotonic()
            if seconds is not None and now - began >= seconds:
                return False
            time.sleep((now - part_began) * REST)
            part_began = time.monotonic()
    except _OvertakenError:
        pass
    return True


def change(
    session: so.Session, batch_id: uuid.UUID, site_ids: Collection[uuid.UUID], *where: Any, **values: Any
) -> bool:
    query = sa.update(Batch).where(Batch.id == batch_id, Batch.site_id.in_(site_ids), *where).values(**values)
    return bool(session.execute(query).rowcount)  # type: ignore[attr-defined]


def as_choice(action: Action, reason_code: str, note: str) -> Choice:
    return Choice(action) if action is Action.PUBLISH else Choice(action, reason_code=reason_code, note=note)


def _decide_all(database: Database, batch: Batch, clock: Callable[[], datetime]) -> Iterator[None]:
    # In the order of their keys: two batches that meet lock the same rows in the same order.
    chosen = sorted((uuid.UUID(comment_id), version) for comment_id, version in batch.chosen or [])
    while part := chosen[batch.done + batch.skipped :][:PART]:
        now = clock()
        with database.write() as session:
            seen, done = _decide_part(session, batch, part, now)
            values = {"done": batch.done + done, "skipped": batch.skipped + seen - done}
            if sum(values.values()) == len(chosen):
                _advance(session, batch, now, **values, **ENDED, finished_at=now)
                return
            _advance(session, batch, now, **values)
        yield
    with database.write() as session:
        _advance(session, batch, clock(), **ENDED, finished_at=clock())


def _undo_all(database: Database, batch: Batch, clock: Callable[[], datetime]) -> Iterator[None]:
    last: uuid.UUID | None = None
    while True:
        now = clock()
        with database.write() as session:
            standing = _standing(session, batch.id, last)
            if not standing:
                _advance(session, batch, now, **ENDED, undone_at=now)
                return
            last, done = _undo_part(session, standing, batch, now)
            _advance(session, batch, now, restored=batch.restored + done)
        yield


def _advance(session: so.Session, batch: Batch, now: datetime, **values: Any) -> None:
    """Write down how far the batch is, if it is still where it was when this part began.

    Raises:
        _OvertakenError: it is not; the part has to be rolled back.
    """
    is_undo = batch.undo_asked_at is not None
    where = [
        Batch.done == batch.done,
        Batch.skipped == batch.skipped,
        Batch.restored == batch.restored,
        Batch.undo_asked_at.is_not(None) if is_undo else Batch.undo_asked_at.is_(None),
        Batch.undone_at.is_(None) if is_undo else Batch.finished_at.is_(None),
    ]
    if not change(session, batch.id, [batch.site_id], *where, lease_until=now + LEASE, **values):
        raise _OvertakenError
    for name, value in values.items():
        so.attributes.set_committed_value(batch, name, value)


def _decide_part(
    session: so.Session, batch: Batch, part: Sequence[tuple[uuid.UUID, int]], now: datetime
) -> tuple[int, int]:
    """How many comments were looked at, and how many moved; the others had changed, or somebody else has them."""
    site = session.get_one(Site, batch.site_id)  # kept alive, so that it is read once  # noqa: F841
    wrong, instead = set(wrong_of(batch)), Action(batch.query.get("instead", batch.action))
    rows = _comments(session, [comment_id for comment_id, _ in part], batch.site_id)
    seen = done = 0
    for comment_id, version in _in_time(part):
        seen += 1
        action = instead if str(comment_id) in wrong else batch.action
        if (comment := rows.get(comment_id)) is None:
            continue
        try:
            decide_one(
                session,
                comment,
                as_choice(action, batch.reason_code, batch.note),
                moderator_id=batch.moderator_id,
                seen_version=version,
                now=now,
                batch_id=batch.id,
            )
        except (AlreadyDecided, Claimed, IllegalTransition, InvalidRequest):  # the last: the policy has changed
            continue
        done += 1
    return seen, done


def _undo_part(session: so.Session, standing: Sequence[Decision], batch: Batch, now: datetime) -> tuple[uuid.UUID, int]:
    """The last decision that was looked at, and how many comments are back where they were."""
    moderator_id = batch.undone_by or batch.moderator_id
    site = session.get_one(Site, batch.site_id)  # kept alive, so that it is read once  # noqa: F841
    rows = _comments(session, [decision.comment_id for decision in standing], batch.site_id)
    last, done = standing[0].id, 0
    for decision in _in_time(standing):
        last = decision.id
        try:
            take_back(session, rows[decision.comment_id], decision, moderator_id=moderator_id, now=now)
        except (AlreadyDecided, Claimed, IllegalTransition):
            continue
        done += 1
    return last, done


def _in_time(items: Sequence[Item]) -> Iterator[Item]:
    """The items that can be begun before a part has lasted too long; one at least."""
    end = time.monotonic() + PART_S
    for place, item in enumerate(items):
        if place and time.monotonic() >= end:
            return
        yield item


def _comments(session: so.Session, ids: Collection[uuid.UUID], site_id: uuid.UUID) -> dict[uuid.UUID, Comment]:
    rows = session.scalars(
        sa.select(Comment)
        .where(Comment.id.in_(ids), Comment.site_id == site_id)
        .options(so.joinedload(Comment.article))
    )
    return {row.id: row for row in rows}


def _standing(session: so.Session, batch_id: uuid.UUID, after: uuid.UUID | None) -> Sequence[Decision]:
    """Decisions of a batch that nothing has followed yet, the next ones."""
    latest = sa.and_(Comment.id == Decision.comment_id, Comment.version == Decision.version)
    query = sa.select(Decision).join(Comment, latest).where(Decision.batch_id == batch_id)
    if after is not None:
        query = query.where(Decision.id > after)
    return session.scalars(query.order_by(Decision.id).limit(PART)).all()

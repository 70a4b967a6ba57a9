"""Many comments decided at once, a part at a time, so that nobody else has to wait; and all of it taken back."""

import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.deciding import Choice, check, decide_one
from moderation.domain.errors import AlreadyDecided, Claimed, Conflict, IllegalTransition, NotFound
from moderation.storage.engine import Database
from moderation.storage.policies import current_policy
from moderation.storage.tables import Batch, Comment, Decision, Moderator, Site
from moderation.undoing import take_back

PART = 100
MAX_COMMENTS = 10_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many comments were moved, and how many were left alone because somebody else was first."""

    done: int
    skipped: int


def decide(
    database: Database,
    *,
    moderator: Moderator,
    site: Site,
    chosen: Sequence[tuple[uuid.UUID, int]],
    choice: Choice,
    query: dict[str, Any],
    sample: Sequence[dict[str, Any]] = (),
    now: datetime,
) -> Batch:
    """Decide the *chosen* comments of a site (id, seen version) alike, as `queues.chosen` gives them.

    What has changed since, or is claimed by somebody else, is skipped. If the service stops halfway, the batch
    has counted what was done, and that can be undone.

    Raises:
        InvalidRequest: the site's policy does not allow the choice.
    """
    with database.write() as session:
        check(choice, current_policy(session, session.get_one(Site, site.id)))
        batch = Batch(
            site_id=site.id,
            moderator_id=moderator.id,
            action=choice.action,
            reason_code=choice.reason_code,
            note=choice.note,
            query=query,
            sample=list(sample),
            done=0,
            skipped=0,
            created_at=now,
        )
        session.add(batch)
    for part in _parts(chosen[:MAX_COMMENTS]):
        with database.write() as session:
            outcome = _decide_part(session, batch, moderator, dict(part), choice, now)
            session.execute(
                sa.update(Batch)
                .where(Batch.id == batch.id)
                .values(done=Batch.done + outcome.done, skipped=Batch.skipped + outcome.skipped)
            )
    with database.read() as session:
        return session.get_one(Batch, batch.id)


def undo(
    database: Database, *, moderator: Moderator, site_ids: Collection[uuid.UUID], batch_id: uuid.UUID, now: datetime
) -> Outcome:
    """Take a whole batch back. What was decided anew since is left as it is.

    Raises:
        NotFound: there is no such batch on a site of theirs.
        Conflict: it was taken back already.
    """
    with database.read() as session:
        batch = session.scalar(sa.select(Batch).where(Batch.id == batch_id, Batch.site_id.in_(site_ids)))
    if batch is None:
        raise NotFound("There is no such batch.")
    if batch.undone_at is not None:
        raise Conflict("This batch was taken back already.", code="undone-already")
    done = skipped = 0
    last: uuid.UUID | None = None
    while True:
        with database.write() as session:
            decisions = _decisions(session, batch_id, last)
            if not decisions:
                # Written last: what stopped halfway can be taken back again.
                undone = {"undone_at": now, "undone_by": moderator.id}
                session.execute(sa.update(Batch).where(Batch.id == batch_id).values(undone))
                return Outcome(done, skipped)
            last = decisions[-1].id
            outcome = _undo_part(session, decisions, moderator, now)
        done, skipped = done + outcome.done, skipped + outcome.skipped


def history(
    session: so.Session, site_ids: Collection[uuid.UUID], *, before: uuid.UUID | None = None, limit: int = 50
) -> Sequence[Batch]:
    """The batches of the sites, newest first, each with its moderator."""
    query = sa.select(Batch).where(Batch.site_id.in_(site_ids)).options(so.joinedload(Batch.moderator))
    if before is not None:
        query = query.where(Batch.id < before)
    return session.scalars(query.order_by(Batch.id.desc()).limit(limit)).all()


def _parts(chosen: Sequence[tuple[uuid.UUID, int]]) -> Iterator[Sequence[tuple[uuid.UUID, int]]]:
    """In the order of their keys: two batches that meet lock the same rows in the same order."""
    ordered = sorted(chosen)
    return (ordered[start : start + PART] for start in range(0, len(ordered), PART))


def _decide_part(
    session: so.Session,
    batch: Batch,
    moderator: Moderator,
    versions: dict[uuid.UUID, int],
    choice: Choice,
    now: datetime,
) -> Outcome:
    done = 0
    for comment in _comments(session, versions, batch.site_id):
        seen = versions[comment.id]
        try:
            decide_one(
                session, comment, choice, moderator_id=moderator.id, seen_version=seen, now=now, batch_id=batch.id
            )
        except (AlreadyDecided, Claimed, IllegalTransition):
            continue
        done += 1
    return Outcome(done, len(versions) - done)


def _undo_part(session: so.Session, decisions: Sequence[Decision], moderator: Moderator, now: datetime) -> Outcome:
    by_comment = {decision.comment_id: decision for decision in decisions}
    done = 0
    for comment in _comments(session, by_comment, decisions[0].site_id):
        try:
            take_back(session, comment, by_comment[comment.id], moderator_id=moderator.id, now=now)
        except (AlreadyDecided, Claimed, IllegalTransition):
            continue
        done += 1
    return Outcome(done, len(decisions) - done)


def _comments(session: so.Session, ids: Collection[uuid.UUID], site_id: uuid.UUID) -> Sequence[Comment]:
    return session.scalars(
        sa.select(Comment)
        .where(Comment.id.in_(ids), Comment.site_id == site_id)
        .order_by(Comment.id)
        .options(so.joinedload(Comment.article))
    ).all()


def _decisions(session: so.Session, batch_id: uuid.UUID, after: uuid.UUID | None) -> Sequence[Decision]:
    query = sa.select(Decision).where(Decision.batch_id == batch_id)
    if after is not None:
        query = query.where(Decision.id > after)
    return session.scalars(query.order_by(Decision.id).limit(PART)).all()

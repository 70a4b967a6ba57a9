"""Many comments decided at once, and all of it taken back. `batch_work` does it, a part at a time."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.batch_work import LEASE, as_choice, carry_on, change
from moderation.deciding import Choice, check
from moderation.domain.comment import Action
from moderation.domain.errors import Conflict, InvalidRequest, NotFound
from moderation.proof import MAX_COMMENTS, must_be_judged, proof_of, wrong_of
from moderation.storage.engine import Database
from moderation.storage.policies import current_policy
from moderation.storage.tables import Batch, Comment, Decision, Moderator, Site


class Stage(StrEnum):
    DRAWN = "drawn"
    RUNNING = "running"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


def stage(batch: Batch) -> Stage:
    if batch.started_at is None:
        return Stage.DRAWN
    if batch.undo_asked_at is not None:
        return Stage.UNDOING if batch.undone_at is None else Stage.UNDONE
    return Stage.RUNNING if batch.finished_at is None else Stage.DONE


def has_stopped(batch: Batch, now: datetime) -> bool:
    """Work is left, and nobody does it: the service was stopped meanwhile."""
    is_under_way = stage(batch) in (Stage.RUNNING, Stage.UNDOING)
    return is_under_way and (batch.lease_until is None or batch.lease_until <= now)


def decide(
    database: Database,
    *,
    moderator: Moderator,
    site: Site,
    chosen: Sequence[tuple[uuid.UUID, int]],
    choice: Choice,
    query: dict[str, Any],
    now: datetime,
) -> Batch:
    """Decide the *chosen* comments of a site (id, seen version) alike, without a sample: each was looked at.

    What has changed since, or is claimed by somebody else, is skipped.

    Raises:
        InvalidRequest: the site's policy does not allow the choice, or these are too many at once.
    """
    if len(chosen) > MAX_COMMENTS:
        raise InvalidRequest(
            "A batch has at most %(most)d comments.", code="batch-too-large", values={"most": MAX_COMMENTS}
        )
    with database.write() as session:
        check(choice, current_policy(session, session.get_one(Site, site.id)))
        batch = Batch(
            site_id=site.id,
            moderator_id=moderator.id,
            action=choice.action,
            reason_code=choice.reason_code,
            note=choice.note,
            query=query,
            sample=[],
            chosen=[[str(comment_id), version] for comment_id, version in chosen],
            size=len(chosen),
            created_at=now,
            started_at=now,
            lease_until=now + LEASE,
        )
        session.add(batch)
    carry_on(database, batch.id, clock=lambda: now)
    with database.read() as session:
        return session.get_one(Batch, batch.id)


def start(
    database: Database,
    *,
    moderator: Moderator,
    site_ids: Collection[uuid.UUID],
    batch_id: uuid.UUID,
    reason_code: str = "",
    note: str = "",
    instead: Action | None = None,
    is_sure: bool = False,
    now: datetime,
) -> None:
    """Let what was drawn be done; `carry_on` does it.

    Sampled comments that the batch would be wrong about stay where they are, or are decided *instead* as said here.

    Raises:
        NotFound: they drew no such batch on a site where they may decide.
        Conflict: it was started already.
        InvalidRequest: the sample is not judged, or speaks against the batch and they are not *is_sure* of it, or
            the policy does not allow the reason.
    """
    with database.write() as session:
        mine = [Batch.id == batch_id, Batch.moderator_id == moderator.id, Batch.site_id.in_(site_ids)]
        batch = session.scalar(sa.select(Batch).where(*mine).options(so.undefer(Batch.chosen)).with_for_update())
        if batch is None:
            raise NotFound("There is no such batch.")
        if batch.started_at is not None:
            raise Conflict("This batch was started already.", code="batch-started")
        proof, wrong = proof_of(batch), set(wrong_of(batch))
        if must_be_judged(batch):
            if not proof.is_complete:
                raise InvalidRequest("Judge every comment of the sample first.", code="sample-not-judged")
            if wrong and not is_sure:
                raise InvalidRequest("The sample speaks against this batch. Say that you want it.", code="not-sure")
        policy = current_policy(session, session.get_one(Site, batch.site_id))
        for action in {batch.action, instead or batch.action}:
            check(as_choice(action, reason_code, note), policy)
        batch.reason_code, batch.note = reason_code, note
        if wrong and instead is not None:
            batch.query = {**batch.query, "instead": instead.value}
        elif wrong:
            batch.query = {**batch.query, "left": len(wrong)}
            batch.chosen = [item for item in batch.chosen or [] if item[0] not in wrong]
        batch.started_at, batch.lease_until = now, now + LEASE


def resume(database: Database, *, site_ids: Collection[uuid.UUID], batch_id: uuid.UUID, now: datetime) -> None:
    """Take up a batch that has stopped halfway; `carry_on` does the rest.

    Raises:
        NotFound: no batch of theirs has stopped.
    """
    stopped = [Batch.started_at.is_not(None), Batch.undone_at.is_(None), Batch.lease_until <= now]
    half = sa.or_(Batch.finished_at.is_(None), Batch.undo_asked_at.is_not(None))
    with database.write() as session:
        if not change(session, batch_id, site_ids, *stopped, half, lease_until=now + LEASE):
            raise NotFound("There is no such batch that has stopped.")


def undo(
    database: Database, *, moderator: Moderator, site_ids: Collection[uuid.UUID], batch_id: uuid.UUID, now: datetime
) -> None:
    """Let a whole batch be taken back, also one that is still being done; `carry_on` does it.

    What was decided anew since is left as it is.

    Raises:
        NotFound: there is no such batch on a site of theirs.
        Conflict: it is being taken back already.
    """
    values = {"undo_asked_at": now, "undone_by": moderator.id, "lease_until": now + LEASE}
    with database.write() as session:
        open_ = Batch.started_at.is_not(None), Batch.undo_asked_at.is_(None)
        if change(session, batch_id, site_ids, *open_, **values):
            return
        if find(session, site_ids, batch_id, moderator.id) is None:
            raise NotFound("There is no such batch.")
    raise Conflict("This batch was taken back already.", code="undone-already")


def find(
    session: so.Session, site_ids: Collection[uuid.UUID], batch_id: uuid.UUID, moderator_id: uuid.UUID
) -> Batch | None:
    """A batch of the sites with who did it and who took it back; one that was only drawn is its moderator's alone."""
    return session.scalar(
        sa.select(Batch)
        .where(
            Batch.id == batch_id,
            Batch.site_id.in_(site_ids),
            sa.or_(Batch.started_at.is_not(None), Batch.moderator_id == moderator_id),
        )
        .options(so.joinedload(Batch.moderator), so.joinedload(Batch.undoer))
    )


def history(
    session: so.Session, site_ids: Collection[uuid.UUID], *, before: uuid.UUID | None = None, limit: int = 50
) -> Sequence[Batch]:
    """The batches of the sites that were started, newest first, with who did them and who took them back."""
    query = sa.select(Batch).where(Batch.site_id.in_(site_ids), Batch.started_at.is_not(None))
    if before is not None:
        query = query.where(Batch.id < before)
    names = so.joinedload(Batch.moderator), so.joinedload(Batch.undoer)
    return session.scalars(query.options(*names).order_by(Batch.id.desc()).limit(limit)).all()


def decisions(
    session: so.Session, batch: Batch, *, before: uuid.UUID | None = None, limit: int = 50
) -> Sequence[Decision]:
    """What a batch decided, last first, each with its comment."""
    query = sa.select(Decision).where(Decision.batch_id == batch.id)
    if before is not None:
        query = query.where(Decision.id < before)
    with_all = so.joinedload(Decision.comment).joinedload(Comment.article), so.joinedload(Decision.moderator)
    return session.scalars(query.options(*with_all).order_by(Decision.id.desc()).limit(limit)).all()

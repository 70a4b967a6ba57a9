"""Idempotency keys: the first request runs, the same again gets its answer, another body is refused."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm as so
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from moderation.domain.errors import KeyReused, StillRunning
from moderation.storage.tables import IdempotencyRecord, IdempotencyState

LEASE = timedelta(seconds=60)  # a request that has not ended by then died with its process
KEPT_FOR = timedelta(hours=48)


def begin(
    session: so.Session, *, site_id: uuid.UUID, key: str, request_sha256: bytes, now: datetime
) -> IdempotencyRecord | None:
    """Take the key for this request: None, or the finished record of an earlier one.

    Raises:
        KeyReused: the key was used with another body.
        StillRunning: the first request has not ended yet.
    """
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    taken = session.execute(
        insert(IdempotencyRecord)
        .values(
            site_id=site_id,
            key=key,
            request_sha256=request_sha256,
            state=IdempotencyState.RUNNING,
            lease_until=now + LEASE,
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(IdempotencyRecord.key)
    ).first()
    if taken is not None:
        return None
    record = session.get_one(IdempotencyRecord, (site_id, key), with_for_update=True)
    if record.request_sha256 != request_sha256:
        raise KeyReused
    if record.state is IdempotencyState.DONE:
        return record
    if record.lease_until > now:
        raise StillRunning
    record.lease_until = now + LEASE
    return None


def finish(session: so.Session, *, site_id: uuid.UUID, key: str, status: int, response: dict[str, Any]) -> None:
    """Keep the answer; called in the transaction that did the work."""
    session.execute(
        sa.update(IdempotencyRecord)
        .where(IdempotencyRecord.site_id == site_id, IdempotencyRecord.key == key)
        .values(state=IdempotencyState.DONE, status=status, response=response)
    )


def forget(session: so.Session, *, site_id: uuid.UUID, key: str) -> None:
    """Free the key of a request that failed, so that it may be sent again."""
    session.execute(
        sa.delete(IdempotencyRecord).where(
            IdempotencyRecord.site_id == site_id,
            IdempotencyRecord.key == key,
            IdempotencyRecord.state == IdempotencyState.RUNNING,
        )
    )


def purge(session: so.Session, now: datetime) -> None:
    session.execute(sa.delete(IdempotencyRecord).where(IdempotencyRecord.created_at <= now - KEPT_FOR))

"""The last weeks of a site, bounded: what the machine said of its comments, and the texts that were published."""

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.domain.comment import Actor, State
from moderation.storage.tables import Comment, Decision
from moderation.storage.types import first_uuid7


def first_verdicts(
    session: so.Session, site_id: uuid.UUID, since: datetime, *, limit: int
) -> list[tuple[dict[str, float], list[dict[str, Any]], str | None, datetime]]:
    """Scores, signals, model and time of the machine's first decision on each comment, newest first."""
    receipt = Decision.receipt
    query = (
        sa.select(receipt["scores"], receipt["signals"], receipt["model"], Decision.created_at)
        .where(
            Decision.site_id == site_id,
            Decision.actor == Actor.MACHINE,
            Decision.state_before.is_(None),
            Decision.id >= first_uuid7(since),
        )
        .order_by(Decision.id.desc())
        .limit(limit)
    )
    return [(row[0] or {}, row[1] or [], row[2], row[3]) for row in session.execute(query)]


def published_texts(
    session: so.Session, site_id: uuid.UUID, since: datetime, *, limit: int
) -> list[tuple[uuid.UUID, str]]:
    """The newest published comments."""
    query = (
        sa.select(Comment.id, Comment.text)
        .where(Comment.site_id == site_id, Comment.state == State.PUBLISHED, Comment.id >= first_uuid7(since))
        .order_by(Comment.id.desc())
        .limit(limit)
    )
    return [(row.id, row.text or "") for row in session.execute(query)]

"""The last weeks of a site, bounded: what the machine said of its comments, and the texts that were published."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.domain.comment import Actor, State
from moderation.storage.tables import Comment, Decision
from moderation.storage.types import first_uuid7


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a comment's first receipt says: scores, signals (as stored), and the model, None where it was not scored."""

    comment_id: uuid.UUID
    scores: dict[str, float]
    signals: list[dict[str, Any]]
    model: str | None
    at: datetime


def first_verdicts(session: so.Session, site_id: uuid.UUID, since: datetime, *, limit: int) -> list[Verdict]:
    """The machine's first decision on each comment, newest first."""
    receipt = Decision.receipt
    query = (
        sa.select(Decision.comment_id, receipt["scores"], receipt["signals"], receipt["model"], Decision.created_at)
        .where(
            Decision.site_id == site_id,
            Decision.actor == Actor.MACHINE,
            Decision.state_before.is_(None),
            Decision.id >= first_uuid7(since),
        )
        .order_by(Decision.id.desc())
        .limit(limit)
    )
    return [Verdict(row[0], row[1] or {}, row[2] or [], row[3], row[4]) for row in session.execute(query)]


def published_texts(
    session: so.Session, site_id: uuid.UUID, since: datetime, *, limit: int
) -> list[tuple[uuid.UUID, str, datetime]]:
    """The newest published comments, with their time."""
    query = (
        sa.select(Comment.id, Comment.text, Comment.created_at)
        .where(Comment.site_id == site_id, Comment.state == State.PUBLISHED, Comment.id >= first_uuid7(since))
        .order_by(Comment.id.desc())
        .limit(limit)
    )
    return [(row.id, row.text or "", row.created_at) for row in session.execute(query)]

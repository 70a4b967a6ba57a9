"""The last weeks of a site, bounded: what the machine said of its comments, and the texts that were published."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.domain.comment import Actor, State
from moderation.storage.tables import Comment, Decision
from moderation.storage.types import first_uuid7

_decisions: Any = Decision.__table__  # rows of columns, of which thousands are read


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a comment's first receipt says: scores, signals (as stored), and the model, None where it was not scored."""

    key: str  # of the comment
    scores: dict[str, float]
    signals: list[dict[str, Any]]
    model: str | None
    at: datetime

    @property
    def comment_id(self) -> uuid.UUID:
        return uuid.UUID(self.key)


def first_verdicts(session: so.Session, site_id: uuid.UUID, since: datetime, *, limit: int) -> list[Verdict]:
    """The machine's first decision on each comment, newest first."""
    query = (
        sa.select(
            sa.cast(_decisions.c.comment_id, sa.Text()),
            _decisions.c.created_at,
            *map(_as_text, ("scores", "signals", "model")),
        )
        .where(
            _decisions.c.site_id == site_id,
            _decisions.c.actor == Actor.MACHINE,
            _decisions.c.state_before.is_(None),
            _decisions.c.id >= first_uuid7(since),
        )
        .order_by(_decisions.c.id.desc())
        .limit(limit)
    )
    rows = session.execute(query).all()
    parts = (_all_read([row[number] for row in rows]) for number in (2, 3, 4))
    return [
        Verdict(row[0], scores or {}, signals or [], model, row[1])
        for row, scores, signals, model in zip(rows, *parts, strict=True)
    ]


def _as_text(name: str) -> sa.ColumnElement[str]:
    return sa.func.coalesce(sa.cast(_decisions.c.receipt[name], sa.Text()), "null")


def _all_read(texts: Sequence[str]) -> list[Any]:
    """JSON values read as one: thousands by themselves take several times as long."""
    found: list[Any] = json.loads(f"[{','.join(texts)}]")
    return found


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

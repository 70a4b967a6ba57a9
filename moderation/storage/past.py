"""The last weeks of a site, bounded: what the machine said of its comments, and the texts that were published."""

import uuid
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
import sqlalchemy.orm as so
from pydantic_core import from_json

from moderation.domain.comment import Actor, State
from moderation.storage.tables import Comment, Decision
from moderation.storage.types import first_uuid7

_decisions: Any = Decision.__table__  # rows of columns, of which thousands are read


class Verdict(NamedTuple):
    """What a comment's first receipt says: scores, signals (as stored), and the model, None where it was not scored."""

    key: str  # of the comment
    scores: dict[str, float]
    signals: list[dict[str, Any]]
    model: str | None

    @property
    def comment_id(self) -> uuid.UUID:
        return uuid.UUID(self.key)


def first_verdicts(
    session: so.Session, site_id: uuid.UUID, since: datetime, *, limit: int
) -> tuple[list[Verdict], datetime | None]:
    """The machine's first decision on each comment, newest first; and when the last of them was made."""
    query = (
        sa.select(sa.cast(_decisions.c.comment_id, sa.Text()), _said(session))
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
    # Read as one, and by this reader: thousands by themselves, or by Python's own, take several times as long.
    parts = from_json(f"[{','.join(said for _, said in rows)}]")
    verdicts = [
        Verdict(key, scores or {}, signals or [], model)
        for (key, _), (scores, signals, model) in zip(rows, parts, strict=True)
    ]
    if not verdicts:
        return [], None
    of_the_last = _decisions.c.comment_id == verdicts[-1].comment_id
    return verdicts, session.scalar(sa.select(sa.func.min(_decisions.c.created_at)).where(of_the_last))


def _said(session: so.Session) -> sa.ColumnElement[str]:
    """Scores, signals and model of a receipt as the text of one JSON array; null is what it has not."""
    names = ("scores", "signals", "model")
    if session.get_bind().dialect.name == "sqlite":
        return sa.func.json_extract(_decisions.c.receipt, *(f"$.{name}" for name in names))
    return sa.cast(sa.func.jsonb_build_array(*(_decisions.c.receipt[name] for name in names)), sa.Text())


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

"""Labels: what people say of a text, one a text and attribute."""

import uuid
from datetime import datetime

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.storage.comments import text_sha256
from moderation.storage.tables import Comment, Label


def keep_label(
    session: so.Session,
    site_id: uuid.UUID,
    *,
    text: str,
    attribute: str,
    score: float,
    now: datetime,
    comment: Comment | None = None,
    external_id: str = "",
    language: str = "",
) -> Label:
    """Write one down; it takes the place of what was said before of the same comment or, without an id, text."""
    digest = text_sha256(text)
    same = [Label.external_id == external_id] if external_id else [Label.external_id == "", Label.text_sha256 == digest]
    mine = [Label.site_id == site_id, Label.attribute == attribute, *same]
    if external_id:
        mine.append(Label.external_id != "")  # the literal condition of the index
    session.execute(sa.delete(Label).where(*mine))
    label = Label(
        site_id=site_id,
        comment_id=comment.id if comment else None,
        external_id=external_id,
        text=text,
        text_sha256=digest,
        language=language,
        attribute=attribute,
        score=score,
        created_at=now,
    )
    session.add(label)
    return label


def remove_labels(session: so.Session, site_id: uuid.UUID, external_id: str) -> int:
    """Forget everything that was said of a comment; how many there were."""
    mine = [Label.site_id == site_id, Label.external_id == external_id, Label.external_id != ""]
    return int(session.execute(sa.delete(Label).where(*mine)).rowcount)  # type: ignore[attr-defined]

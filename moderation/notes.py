"""Moderators leave each other a word, on a comment or on an author."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.deciding import own_comment
from moderation.domain.comment import State
from moderation.domain.errors import InvalidRequest, NotFound
from moderation.storage import authors
from moderation.storage.engine import Database
from moderation.storage.tables import Comment, Moderator, Note

MAX_LENGTH = 4_000
SHOWN = 50

_NOTES = sa.select(Note).options(so.joinedload(Note.moderator)).order_by(Note.id.desc())
# Asked by every page, so it is built once.
_OF_COMMENTS = _NOTES.where(Note.comment_id.in_(sa.bindparam("ids", expanding=True))).limit(SHOWN * 20)


def add(
    database: Database,
    *,
    moderator: Moderator,
    site_ids: Collection[uuid.UUID],
    text: str,
    comment_id: uuid.UUID | None = None,
    author_id: uuid.UUID | None = None,
    now: datetime,
) -> Note:
    """A note on the comment or on the author, whichever is given.

    Raises:
        NotFound: there is no such comment or author on a site of theirs, or the comment is erased.
        InvalidRequest: it is empty or too long.
    """
    text = text.replace("\x00", "\ufffd").strip()  # PostgreSQL stores no NUL
    if not 0 < len(text) <= MAX_LENGTH:
        raise InvalidRequest("A note has 1 to %(most)d characters.", code="note-length", values={"most": MAX_LENGTH})
    with database.write() as session:
        site_id = _site_of(session, site_ids, comment_id, author_id)
        note = Note(
            site_id=site_id,
            comment_id=comment_id,
            author_id=author_id,
            moderator_id=moderator.id,
            text=text,
            created_at=now,
        )
        session.add(note)
        return note


def remove(database: Database, *, moderator: Moderator, site_ids: Collection[uuid.UUID], note_id: uuid.UUID) -> None:
    """Take one's own note away.

    Raises:
        NotFound: it is not theirs, or not there.
    """
    with database.write() as session:
        mine = sa.delete(Note).where(Note.id == note_id, Note.site_id.in_(site_ids), Note.moderator_id == moderator.id)
        if not session.execute(mine).rowcount:  # type: ignore[attr-defined]
            raise NotFound("There is no such note of yours.")


def of_comments(session: so.Session, comments: Sequence[Comment]) -> dict[uuid.UUID, list[Note]]:
    """The notes on each comment of a page, first to last, in one query."""
    found: dict[uuid.UUID, list[Note]] = {}
    for note in session.scalars(_OF_COMMENTS, {"ids": [comment.id for comment in comments]}).all()[::-1]:
        found.setdefault(note.comment_id or note.id, []).append(note)
    return found


def of_author(session: so.Session, author_id: uuid.UUID) -> Sequence[Note]:
    """The newest notes on an author, first to last; changes of standing are among them."""
    return session.scalars(_NOTES.where(Note.author_id == author_id).limit(SHOWN)).all()[::-1]


def _site_of(
    session: so.Session,
    site_ids: Collection[uuid.UUID],
    comment_id: uuid.UUID | None,
    author_id: uuid.UUID | None,
) -> uuid.UUID:
    if comment_id is not None and author_id is None:
        comment = own_comment(session, comment_id, site_ids)
        if comment.state is not State.ERASED:
            return comment.site_id
    elif author_id is not None and comment_id is None:
        author = authors.find_author(session, site_ids, author_id)
        if author is not None:
            return author.site_id
    raise NotFound("There is nothing of this kind on your sites.")

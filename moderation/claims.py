"""Claims: whoever opens a card has it to themselves for some minutes, so that no two people do the same work."""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa

from moderation.domain.errors import NotFound
from moderation.recording import unclaimed_for, who_has_it
from moderation.storage.engine import Database
from moderation.storage.tables import Comment, Moderator

CLAIM = timedelta(minutes=5)


def take(
    database: Database,
    *,
    moderator: Moderator,
    site_ids: Collection[uuid.UUID],
    comment_id: uuid.UUID,
    now: datetime,
) -> datetime:
    """Claim a comment, or one's own claim anew, by one conditional UPDATE; until when.

    Raises:
        NotFound: there is no such comment on a site of theirs.
        Claimed: somebody else has it; the error says who, and until when.
    """
    until = now + CLAIM
    with database.write() as session:
        taken = session.execute(
            sa.update(Comment)
            .where(Comment.id == comment_id, Comment.site_id.in_(site_ids), unclaimed_for(moderator.id, now))
            .values(claimed_by=moderator.id, claimed_until=until)
            .execution_options(synchronize_session=False)
        )
        if taken.rowcount:  # type: ignore[attr-defined]
            return until
        comment = session.scalar(sa.select(Comment).where(Comment.id == comment_id, Comment.site_id.in_(site_ids)))
        if comment is None:
            raise NotFound("There is no such comment on your sites.")
        raise who_has_it(session, comment)


def release(database: Database, *, moderator: Moderator, comment_id: uuid.UUID) -> None:
    """Give one's claim back; nothing happens if it is not one's own any more."""
    _release(database, Comment.id == comment_id, Comment.claimed_by == moderator.id)


def release_all(database: Database, *, moderator: Moderator, site_ids: Collection[uuid.UUID]) -> None:
    """Give all of one's claims back, on signing out."""
    _release(database, Comment.site_id.in_(site_ids), Comment.claimed_by == moderator.id)


def _release(database: Database, *conditions: sa.ColumnElement[bool]) -> None:
    with database.write() as session:
        session.execute(
            sa.update(Comment)
            .where(*conditions)
            .values(claimed_by=None, claimed_until=None)
            .execution_options(synchronize_session=False)
        )

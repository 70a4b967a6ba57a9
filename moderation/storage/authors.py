"""Authors: what is known of one, and what the site's people think of them."""

import uuid
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.domain import comment as values
from moderation.domain.comment import State
from moderation.domain.standing import Standing, current
from moderation.storage.comments import author_key
from moderation.storage.tables import Author, Comment, Decision

LOOKED_AT = 1_000

# Asked for every comment that arrives, so it is built once.
_STANDING = sa.select(Author.standing, Author.standing_until).where(
    Author.site_id == sa.bindparam("site_id"), Author.external_id == sa.bindparam("key")
)


@dataclass(frozen=True, slots=True)
class StandingNow:
    standing: Standing
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Profile:
    """The newest comments of an author, counted by state; `is_whole` unless there are more than LOOKED_AT."""

    author: Author
    states: dict[State, int]
    is_whole: bool

    @property
    def comments(self) -> int:
        return sum(self.states.values())

    @property
    def rejection_rate(self) -> float | None:
        """The share of decided comments that were rejected or spam; None before any was decided."""
        refused = self.states.get(State.REJECTED, 0) + self.states.get(State.SPAM, 0)
        decided = refused + self.states.get(State.PUBLISHED, 0)
        return refused / decided if decided else None


def standing_of(session: so.Session, site_id: uuid.UUID, author: values.Author, now: datetime) -> StandingNow | None:
    """The standing of whoever sends a comment, unless it has run out."""
    key = author_key(author)
    row = session.execute(_STANDING, {"site_id": site_id, "key": key}).first() if key else None
    standing = current(row.standing, row.standing_until, now) if row else None
    return StandingNow(standing, row.standing_until) if row and standing else None


def find_author(session: so.Session, site_ids: Collection[uuid.UUID], author_id: uuid.UUID) -> Author | None:
    return session.scalar(sa.select(Author).where(Author.id == author_id, Author.site_id.in_(site_ids)))


def of_site(session: so.Session, site_id: uuid.UUID, name: str) -> Author | None:
    """The author whom a blog knows by this id; where there is none, by this address."""
    for key in (author_key(values.Author(id=name)), author_key(values.Author(email=name))):
        query = sa.select(Author).where(Author.site_id == site_id, Author.external_id == key)
        if key and (found := session.scalar(query)):
            return found
    return None


def known_as(session: so.Session, site_ids: Collection[uuid.UUID], name: str) -> Author | None:
    """The one author whom a blog knows by this id or address; None where there is none, or several sites have one."""
    keys = [author_key(values.Author(id=name)), author_key(values.Author(email=name))]
    query = sa.select(Author).where(Author.site_id.in_(site_ids), Author.external_id.in_(keys)).limit(2)
    found = session.scalars(query).all()
    return found[0] if len(found) == 1 else None


def profile(session: so.Session, author: Author) -> Profile:
    """How an author's comments fared. `author.created_at` is when they were first seen."""
    states = session.scalars(newest_states(author.id)).all()
    return Profile(author, dict(Counter(states[:LOOKED_AT])), is_whole=len(states) <= LOOKED_AT)


def newest_states(author_id: uuid.UUID) -> sa.Select[State]:
    """What became of an author's newest comments, one more than are looked at; an index has all of it."""
    newest = sa.select(Comment.state).where(Comment.author_id == author_id).order_by(Comment.id.desc())
    return newest.limit(LOOKED_AT + 1)


def decisions_about(session: so.Session, author: Author, *, limit: int = 10) -> Sequence[Decision]:
    """What people decided about the newest comments of an author, newest first."""
    newest = (
        sa.select(Comment.id).where(Comment.author_id == author.id).order_by(Comment.id.desc()).limit(100).subquery()
    )
    return session.scalars(
        sa.select(Decision)
        .where(Decision.comment_id.in_(sa.select(newest.c.id)), Decision.actor != values.Actor.MACHINE)
        .order_by(Decision.id.desc())
        .limit(limit)
        .options(so.joinedload(Decision.moderator), so.joinedload(Decision.comment))
    ).all()


def with_standing(session: so.Session, site_id: uuid.UUID, now: datetime, *, limit: int = 200) -> Sequence[Author]:
    """The authors of a site who stand out just now, the last changed first."""
    lasting = sa.or_(Author.standing_until.is_(None), Author.standing_until > now)
    return session.scalars(
        sa.select(Author)
        .where(Author.site_id == site_id, Author.standing.is_not(None), lasting)
        .order_by(Author.standing_at.desc())
        .limit(limit)
    ).all()

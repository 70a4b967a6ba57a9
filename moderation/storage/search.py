"""Words in a list: exact and simple, by looking at so many of its comments and saying how far that went.

A table of words would have to be kept with every comment that arrives, and emptied with every one that is erased.
"""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.domain.errors import InvalidRequest
from moderation.storage.listing import MAX_ARMS, Filters, Place, Queue, Sort, arms, merged, order, own_articles
from moderation.storage.tables import Article, Comment

SCANNED = 10_000


@dataclass(frozen=True, slots=True)
class Found:
    """`last` is the last place that was looked at; the list goes on behind it unless it `is_whole`."""

    hits: list[Place]
    last: Place | None
    is_whole: bool


def find(
    session: so.Session,
    site_ids: Collection[uuid.UUID],
    queue: Queue,
    filters: Filters,
    sort: Sort,
    after: Place | None,
    limit: int,
) -> Found:
    """The first comments of a list, from *after* on, that hold the words: at most *limit*, among SCANNED.

    Raises:
        InvalidRequest: the list is of more sites than can be searched at once.
    """
    plain = replace(filters, words=(), author_name="")
    parts = arms(site_ids, own_articles(session, site_ids, plain), queue, plain, sort, after, SCANNED)
    if len(parts) > MAX_ARMS:
        raise InvalidRequest("These are too many sites to search at once. Choose one.", code="too-many-sites")
    if not parts:
        return Found([], None, is_whole=True)
    scanned = merged(parts, sort, SCANNED).subquery()
    in_order = order(scanned.c.risk, scanned.c.id, sort)
    holding = sa.select(scanned).join(Comment, Comment.id == scanned.c.id).where(*_words(filters))
    hits = [Place(row.risk, row.id) for row in session.execute(holding.order_by(*in_order).limit(limit))]
    if len(hits) == limit:
        return Found(hits, hits[-1], is_whole=False)
    looked_at = session.scalar(sa.select(sa.func.count()).select_from(scanned)) or 0
    end = session.execute(sa.select(scanned).order_by(*in_order).offset(max(looked_at - 1, 0)).limit(1)).first()
    return Found(hits, Place(end.risk, end.id) if end else None, is_whole=looked_at < SCANNED)


def find_articles(session: so.Session, site_ids: Collection[uuid.UUID], text: str, *, limit: int = 20) -> list[Article]:
    """Articles with the words in their title, or of that id at the blog."""
    query = (
        sa.select(Article)
        .where(
            Article.site_id.in_(site_ids),
            sa.or_(Article.external_id == text, Article.title.icontains(text, autoescape=True)),
        )
        .order_by(Article.updated_at.desc())
        .limit(limit)
    )
    return list(session.scalars(query))


def _words(filters: Filters) -> Iterable[sa.ColumnElement[bool]]:
    for word in filters.words:
        yield Comment.text.icontains(word, autoescape=True)
    if filters.author_name:
        yield Comment.author_name.icontains(filters.author_name, autoescape=True)

"""Words in a list: exact and simple, by looking at so many of its comments and saying how far that went.

A table of words would have to be kept with every comment that arrives, and emptied with every one that is erased.
"""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.domain.errors import InvalidRequest
from moderation.storage.engine import plan_for_this_question
from moderation.storage.listing import MAX_ARMS, Filters, Place, Queue, Sort, arms, merged, order, own_articles
from moderation.storage.tables import Article, Comment

SCANNED = 10_000
SCANNED_BY_RISK = 3_000  # their texts lie all over the table, which takes three times as long to read


@dataclass(frozen=True, slots=True)
class Found:
    """`last` is the last place that was looked at, if the list goes on behind it."""

    hits: list[Place]
    last: Place | None


def find(
    session: so.Session,
    site_ids: Collection[uuid.UUID],
    queue: Queue,
    filters: Filters,
    sort: Sort,
    after: Place | None,
    limit: int,
) -> Found:
    """The first comments of a list, from *after* on, that hold the words: at most *limit*, among the next SCANNED.

    Raises:
        InvalidRequest: the list is of more sites than can be searched at once.
    """
    plain, most = replace(filters, words=(), author_name=""), SCANNED_BY_RISK if sort is Sort.RISK else SCANNED
    parts = arms(site_ids, own_articles(session, site_ids, plain), queue, plain, sort, after, most)
    if len(parts) > MAX_ARMS:
        raise InvalidRequest("These are too many sites to search at once. Choose one.", code="too-many-sites")
    if not parts:
        return Found([], None)
    scanned = merged(parts, sort, most).cte("scanned").prefix_with("MATERIALIZED")  # walked once for both questions
    in_order = order(scanned.c.risk, scanned.c.id, sort)
    holding = sa.select(scanned).join(Comment, Comment.id == scanned.c.id).where(*_words(filters))
    end = sa.select(scanned).order_by(*in_order).offset(most - 1).limit(1).subquery()
    hits = holding.order_by(*in_order).limit(limit).subquery()
    both = sa.union_all(
        sa.select(hits, sa.literal(0).label("is_end")), sa.select(end, sa.literal(1).label("is_end"))
    ).subquery()
    plan_for_this_question(session)
    rows = session.execute(sa.select(both).order_by(both.c.is_end, *order(both.c.risk, both.c.id, sort))).all()
    found = [Place(row.risk, row.id) for row in rows if not row.is_end]
    if len(found) == limit:
        return Found(found, found[-1])
    return Found(found, next((Place(row.risk, row.id) for row in rows if row.is_end), None))


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
    plan_for_this_question(session)
    return list(session.scalars(query))


def _words(filters: Filters) -> Iterable[sa.ColumnElement[bool]]:
    for word in filters.words:
        yield Comment.text.icontains(word, autoescape=True)
    if filters.author_name:
        yield Comment.author_name.icontains(filters.author_name, autoescape=True)

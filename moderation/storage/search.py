"""Words in a list: exact and simple, by looking at so many of its comments and saying how far that went.

A table of words would have to be kept with every comment that arrives, and emptied with every one that is erased.
"""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.domain.errors import InvalidRequest
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
    holding = sa.select(scanned).where(*_words(session, scanned.c.id, filters))
    end = sa.select(scanned).order_by(*in_order).offset(most - 1).limit(1).subquery()
    hits = holding.order_by(*in_order).limit(limit).subquery()
    both = sa.union_all(
        sa.select(hits, sa.literal(0).label("is_end")), sa.select(end, sa.literal(1).label("is_end"))
    ).subquery()
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
    return list(session.scalars(query))


def _words(session: so.Session, key: Any, filters: Filters) -> Iterable[sa.ColumnElement[bool]]:
    holds = _holds_in_postgresql if session.get_bind().dialect.name == "postgresql" else _holds
    for word in filters.words:
        yield holds(_of_comment(Comment.text, key), word)
    if filters.author_name:
        yield holds(_of_comment(Comment.author_name, key), filters.author_name)


def _of_comment(column: so.InstrumentedAttribute[Any], key: Any) -> sa.ScalarSelect[Any]:
    """Looked up for one comment after the other: left to join them, PostgreSQL may walk through a million others."""
    return sa.select(column).where(Comment.id == key).scalar_subquery()


def _holds(column: sa.ScalarSelect[Any], text: str) -> sa.ColumnElement[bool]:
    return column.icontains(text, autoescape=True)


def _holds_in_postgresql(column: sa.ScalarSelect[Any], text: str) -> sa.ColumnElement[bool]:
    """Capitals go by the rules of a language there, which takes as long again, and A to Z have no need of them."""
    if not text.isascii():
        return _holds(column, text)
    return sa.func.strpos(sa.func.lower(sa.collate(column, "C")), text.lower()) > 0

"""The queues: a page of cards, how many there are, and whether anything changed."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.storage.listing import (
    BUILT,
    EVERYTHING,
    ID,
    Articles,
    Filters,
    Place,
    Queue,
    Sort,
    arms,
    in_order,
    in_parts,
    joined,
    own_articles,
    places,
)
from moderation.storage.search import find
from moderation.storage.tables import Article, Comment

COUNTED = 1_001

# Asked by every page, so they are built once, as in `listing.in_order`.
_CLAIMED = sa.select(Comment.id, Comment.claimed_by, Comment.claimed_until).where(
    Comment.site_id.in_(sa.bindparam("site_ids", expanding=True)),
    Comment.claimed_by.is_not(None),
    Comment.claimed_until > sa.bindparam("now"),
)
_CARDS = (
    sa.select(Comment)
    .where(Comment.id.in_(sa.bindparam("ids", expanding=True)))
    .options(
        so.joinedload(Comment.article).defer(Article.text),
        so.joinedload(Comment.author),
        so.joinedload(Comment.claimant),
    )
)


@dataclass(frozen=True, slots=True)
class Page:
    """`following` is None at the end. A page of a search may be short, or empty, and have a following one:
    `scanned_to` is then the last comment that was looked at.
    """

    comments: Sequence[Comment]
    following: Place | None
    scanned_to: Place | None = None


def read_queue(
    session: so.Session,
    site_ids: Collection[uuid.UUID],
    queue: Queue,
    *,
    filters: Filters = EVERYTHING,
    sort: Sort = Sort.RISK,
    after: Place | None = None,
    limit: int = 20,
) -> Page:
    """A page of a queue, each comment with its article, author and claimant."""
    if filters.needs_scan:
        found = find(session, site_ids, queue, filters, sort, after, limit)
        return Page(_cards(session, found.hits), following=found.last, scanned_to=found.last)
    some = places(session, site_ids, queue, filters, sort, after, limit + 1)
    following = some[limit - 1] if len(some) > limit else None
    return Page(_cards(session, some[:limit]), following)


def chosen(
    session: so.Session,
    site_id: uuid.UUID,
    queue: Queue,
    *,
    filters: Filters = EVERYTHING,
    sort: Sort = Sort.RISK,
    limit: int = 10_000,
) -> list[tuple[uuid.UUID, int]]:
    """The first comments of a list with their versions, as `batches` takes them."""
    some = places(session, [site_id], queue, filters, sort, None, limit)
    versions: dict[uuid.UUID, int] = {}
    for part in in_parts([place.id for place in some], 500):
        rows = session.execute(sa.select(Comment.id, Comment.version).where(Comment.id.in_(part)))
        versions.update((row.id, row.version) for row in rows)
    return [(place.id, versions[place.id]) for place in some if place.id in versions]


def read_places(
    session: so.Session,
    site_ids: Collection[uuid.UUID],
    queue: Queue,
    *,
    filters: Filters = EVERYTHING,
    sort: Sort = Sort.RISK,
    limit: int = 20,
) -> list[Place]:
    """The first places of a list, without the comments that stand there."""
    return places(session, site_ids, queue, filters, sort, None, limit)


def count(
    session: so.Session,
    site_ids: Collection[uuid.UUID],
    queue: Queue,
    *,
    filters: Filters = EVERYTHING,
    after: Place | None = None,
    at_most: int = COUNTED,
) -> int:
    """How many comments a list holds, or how many came *after* one, counted up to *at_most*.

    A long queue costs no more than a short one.
    """
    articles = own_articles(session, site_ids, filters)
    query = _counting(tuple(site_ids), articles, queue, filters, after, at_most)
    return 0 if query is None else session.scalar(query) or 0


def count_each(
    session: so.Session,
    site_ids: Collection[uuid.UUID],
    wanted: Sequence[tuple[Queue, Filters]],
    *,
    at_most: int = COUNTED,
) -> list[int]:
    """The same of several lists at once. They are of whole sites: not narrowed to articles or an author."""
    if not site_ids:
        return [0] * len(wanted)
    return list(session.execute(_counting_each(tuple(site_ids), tuple(wanted), at_most)).one())


@lru_cache(maxsize=BUILT)  # as in `listing.in_order`
def _counting_each(
    site_ids: tuple[uuid.UUID, ...], wanted: tuple[tuple[Queue, Filters], ...], at_most: int
) -> sa.Select[Any]:
    each = (_counting(site_ids, (None,), queue, filters, None, at_most) for queue, filters in wanted)
    return sa.select(*(query.scalar_subquery() for query in each if query is not None))


def newest_and_count(
    session: so.Session, site_ids: Collection[uuid.UUID], queue: Queue, filters: Filters
) -> tuple[uuid.UUID | None, int]:
    """The newest comment of a list, and how many it holds, up to COUNTED."""
    query = _newest_and_count(tuple(site_ids), own_articles(session, site_ids, filters), queue, filters)
    if query is None:
        return None, 0
    newest, number = session.execute(query).one()
    return newest, number


@lru_cache(maxsize=BUILT)
def _newest_and_count(
    site_ids: tuple[uuid.UUID, ...], articles: Articles, queue: Queue, filters: Filters
) -> sa.Select[uuid.UUID | None, int] | None:
    newest = in_order(site_ids, articles, queue, filters, Sort.NEWEST, None, 1)
    number = _counting(site_ids, articles, queue, filters, None, COUNTED)
    if newest is None or number is None:
        return None
    return sa.select(
        newest.with_only_columns(ID, maintain_column_froms=True).scalar_subquery(), number.scalar_subquery()
    )


@lru_cache(maxsize=BUILT)
def _counting(
    site_ids: tuple[uuid.UUID, ...],
    articles: Articles,
    queue: Queue,
    filters: Filters,
    after: Place | None,
    at_most: int,
) -> sa.Select[int] | None:
    sort = Sort.NEWEST if after is None else Sort.OLDEST
    parts = arms(site_ids, articles, queue, filters, sort, after, at_most)
    if not parts:
        return None
    some = sa.select(ID).select_from(joined(parts)).limit(at_most).subquery()
    return sa.select(sa.func.count()).select_from(some)


def count_any(
    session: so.Session,
    site_ids: Collection[uuid.UUID],
    queue: Queue,
    codes: Sequence[str],
    *,
    filters: Filters = EVERYTHING,
    at_most: int = COUNTED,
) -> int:
    """How many comments of a list have at least one of *codes*, each counted once, up to *at_most*."""
    total = 0
    for number, code in enumerate(codes):
        first = replace(filters, reasons=(code, *filters.reasons), without_reasons=tuple(codes[:number]))
        total += count(session, site_ids, queue, filters=first, at_most=at_most)
    return min(total, at_most)


def articles_in(
    session: so.Session,
    site_ids: Collection[uuid.UUID],
    queue: Queue,
    *,
    filters: Filters = EVERYTHING,
    also: uuid.UUID | None = None,
    looked_at: int = 200,
    limit: int = 20,
) -> list[tuple[Article, int]]:
    """What the riskiest comments of a list are about, with how many of them; and *also*, if it is theirs."""
    articles = own_articles(session, site_ids, filters)
    most = _most_commented(tuple(site_ids), articles, queue, filters, looked_at, limit)
    if most is None:
        return []
    found = [(article, number) for article, number in session.execute(most)]
    if also and also not in {article.id for article, _ in found}:
        of_it = most.limit(None).where(Article.id == also)
        found += [(article, number) for article, number in session.execute(of_it)]
    if also and also not in {article.id for article, _ in found}:
        some = session.scalars(sa.select(Article).where(Article.id == also).options(so.defer(Article.text)))
        # Asked for the sites as well, a database may read all of their articles.
        found += [(article, 0) for article in some if article.site_id in site_ids]
    return found


@lru_cache(maxsize=BUILT)
def _most_commented(
    site_ids: tuple[uuid.UUID, ...], articles: Articles, queue: Queue, filters: Filters, looked_at: int, limit: int
) -> sa.Select[Article, int] | None:
    top = in_order(site_ids, articles, queue, filters, Sort.RISK, None, looked_at)
    if top is None:
        return None
    riskiest = top.subquery()
    counted = (
        sa.select(Comment.article_id, sa.func.count().label("comments"))
        .join(riskiest, riskiest.c.id == Comment.id)
        .where(Comment.article_id.is_not(None))
        .group_by(Comment.article_id)
        .subquery()
    )
    return (
        sa.select(Article, counted.c.comments)
        .join(counted, counted.c.article_id == Article.id)
        .options(so.defer(Article.text))
        .order_by(counted.c.comments.desc(), Article.id)
        .limit(limit)
    )


def live_claims(
    session: so.Session, site_ids: Collection[uuid.UUID], now: datetime
) -> dict[uuid.UUID, tuple[uuid.UUID, datetime]]:
    """Which comments somebody is looking at just now: who (a moderator's id), and until when."""
    rows = session.execute(_CLAIMED, {"site_ids": list(site_ids), "now": now})
    return {row.id: (row.claimed_by, row.claimed_until) for row in rows}


def _cards(session: so.Session, places: Sequence[Place]) -> list[Comment]:
    rows = session.scalars(_CARDS, {"ids": [place.id for place in places]})
    by_id = {row.id: row for row in rows}
    return [by_id[place.id] for place in places if place.id in by_id]

"""Lists of comments: what is in one, in which order, by which filters; the places in it are read by index.

One index serves one site and one state in order, so a list is merged from one short list for each of them.
"""

import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.domain.comment import State
from moderation.domain.errors import InvalidRequest
from moderation.storage.marks import Matter
from moderation.storage.tables import Article, Author, Comment, CommentMark
from moderation.storage.types import first_uuid7

MAX_ARMS = 400  # SQLite joins 500 SELECTs at most
BUILT = 256  # statements that are kept

Item = TypeVar("Item")
Places = sa.Select[float, uuid.UUID]
Articles = tuple[uuid.UUID | None, ...]
Hits = tuple[tuple[uuid.UUID, uuid.UUID], ...]

# Tables rather than classes, and columns by their names alone: every page asks for several lists, and SQLAlchemy
# takes longer to build one out of classes than the database to read it.
_comments: Any = Comment.__table__
_marks: Any = CommentMark.__table__
_asked = _comments.alias("asked")  # made once: an alias copies all columns
RISK: Any = sa.literal_column("risk", sa.Float())
ID: Any = sa.literal_column("id", sa.Uuid())
_NO_RISK: Any = sa.literal_column("0.0", sa.Float()).label("risk")


class Queue(StrEnum):
    HELD = "held"
    ESCALATED = "escalated"
    REPORTED = "reported"
    APPEALS = "appeals"
    NOT_SCORED = "not_scored"
    PUBLISHED = "published"
    REJECTED = "rejected"
    SPAM = "spam"
    ALL = "all"


class Sort(StrEnum):
    RISK = "risk"
    NEWEST = "newest"
    OLDEST = "oldest"


_SEEN = (State.HELD, State.PUBLISHED, State.REJECTED, State.SPAM)
_WHAT: dict[Queue, tuple[str | None, tuple[State, ...]]] = {
    Queue.HELD: (None, (State.HELD,)),
    Queue.ESCALATED: (Matter.ESCALATED, (State.HELD,)),
    Queue.REPORTED: (Matter.REPORTED, (State.PUBLISHED,)),
    Queue.APPEALS: (Matter.APPEAL, _SEEN),
    Queue.NOT_SCORED: ("not_scored", (State.HELD,)),
    Queue.PUBLISHED: (None, (State.PUBLISHED,)),
    Queue.REJECTED: (None, (State.REJECTED,)),
    Queue.SPAM: (None, (State.SPAM,)),
    Queue.ALL: (None, _SEEN),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a list is narrowed to. `reasons` are codes; an attribute's is its name in small letters.

    A comment has all of `reasons` and none of `without_reasons`, and is on one of the articles.
    `since` and `until` are times of arrival, `until` not included. `risk_from` and `risk_to` are both included.
    All `words` and the `author_name` are looked for as they stand, in capital or small letters.
    What the moderator `asker_id` asked an owner to decide is left out of the queues of what is held.
    `hits` are all comments of the list that have its reasons, each with its site, as `few.hits` found them.
    """

    reasons: tuple[str, ...] = ()
    without_reasons: tuple[str, ...] = ()
    only_ids: tuple[uuid.UUID, ...] = ()
    without_ids: tuple[uuid.UUID, ...] = ()
    article_ids: tuple[uuid.UUID, ...] = ()
    author_id: uuid.UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    risk_from: float | None = None
    risk_to: float | None = None
    words: tuple[str, ...] = ()
    author_name: str = ""
    asker_id: uuid.UUID | None = None
    hits: Hits | None = None

    @property
    def needs_scan(self) -> bool:
        return bool(self.words or self.author_name)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a comment stands in a list: the next page begins after it. A list by time does not tell the risk."""

    risk: float
    id: uuid.UUID


EVERYTHING = Filters()


def places(
    session: so.Session,
    site_ids: Collection[uuid.UUID],
    queue: Queue,
    filters: Filters,
    sort: Sort,
    after: Place | None,
    limit: int,
) -> list[Place]:
    """The first places of a list in order: each arm reads an index, and what they find is merged."""
    articles = own_articles(session, site_ids, filters)
    query = in_order(tuple(site_ids), articles, queue, filters, sort, after, limit)
    return [] if query is None else [Place(risk, key) for risk, key in session.execute(query)]


# To build such a statement takes longer than to have it answered, and every page asks for the same few again.
@lru_cache(maxsize=BUILT)
def in_order(
    site_ids: tuple[uuid.UUID, ...],
    articles: Articles,
    queue: Queue,
    filters: Filters,
    sort: Sort,
    after: Place | None,
    limit: int,
) -> Places | None:
    """The first places of a list, merged; None where nothing can be in it. *articles* are `own_articles`."""
    parts = arms(site_ids, articles, queue, filters, sort, after, limit)
    return merged(parts, sort, limit) if parts else None


def arms(
    site_ids: Collection[uuid.UUID],
    articles: Articles,
    queue: Queue,
    filters: Filters,
    sort: Sort,
    after: Place | None,
    limit: int,
) -> list[Places]:
    """One SELECT for each site (or article) and state; a list that nothing narrows by state needs one a site.

    Raises:
        InvalidRequest: words are looked for, which no index finds; only `search` does.
    """
    found = bases(site_ids, articles, queue, filters, sort)
    return [_arm(base, filters, sort, after, limit) for base in found]


def bases(
    site_ids: Collection[uuid.UUID], articles: Articles, queue: Queue, filters: Filters, sort: Sort
) -> list["Base"]:
    """Where each arm of a list reads.

    Raises:
        InvalidRequest: as in `arms`.
    """
    if filters.needs_scan:
        raise InvalidRequest("A search can be read, but not counted or decided as a whole.", code="words-not-indexed")
    states, codes = states_of(queue), codes_of(queue, filters)
    is_narrow = bool(filters.article_ids) or filters.author_id is not None
    any_state = queue is Queue.ALL and sort is not Sort.RISK and (is_narrow or not codes)
    wanted: tuple[State | None, ...] = (None,) if any_state else states
    if filters.hits is not None:
        found = [_of_hits(site_ids, filters.hits, codes)]
    elif is_narrow:
        found = [_of_article(article_id, state, codes, filters) for article_id in articles for state in wanted]
    else:
        found = [_of_site(site_id, state, codes) for site_id in sorted(site_ids) for state in wanted]
    if filters.asker_id is None or queue not in {Queue.HELD, Queue.NOT_SCORED}:
        return found
    asked = _asked_about(filters.asker_id)
    return [replace(base, query=base.query.where(base.key.not_in(asked))) for base in found]


def codes_of(queue: Queue, filters: Filters) -> list[str]:
    """The marks that a comment of the list has, all of them."""
    mark = _WHAT[queue][0]
    return list(dict.fromkeys([*([mark] if mark else []), *filters.reasons]))


def states_of(queue: Queue) -> tuple[State, ...]:
    return _WHAT[queue][1]


def _asked_about(moderator_id: uuid.UUID) -> sa.Select[Any]:
    """The comments that wait for an owner because this moderator asked; once decided, nobody is noted to have."""
    return sa.select(_asked.c.id).where(_asked.c.escalated_by == moderator_id)


def merged(some: Sequence[Places], sort: Sort, limit: int) -> Places:
    """The first places of several arms, in order."""
    return sa.select(RISK, ID).select_from(joined(some)).order_by(*order(RISK, ID, sort)).limit(limit)


def joined(some: Sequence[Places]) -> sa.Subquery:
    """All places of several arms, in no order."""
    while len(some) > MAX_ARMS:
        some = [sa.select(RISK, ID).select_from(sa.union_all(*part).subquery()) for part in in_parts(some, MAX_ARMS)]
    return sa.union_all(*some).subquery()


def in_parts(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def own_articles(session: so.Session, site_ids: Collection[uuid.UUID], filters: Filters) -> Articles:
    """The articles to look through; (None,) is any. Other sites have no comments here."""
    mine = set(site_ids)
    if filters.author_id is not None:
        mine &= {session.scalar(sa.select(Author.site_id).where(Author.id == filters.author_id))}
    if not filters.article_ids:
        return (None,) if mine else ()
    found = sa.select(Article.id).where(Article.id.in_(filters.article_ids), Article.site_id.in_(mine))
    return tuple(session.scalars(found.order_by(Article.id)))


@dataclass(frozen=True, slots=True)
class Base:
    """Where an arm reads, and the columns it sorts by."""

    query: Places
    risk: Any
    key: Any

    def within(self, filters: Filters) -> Places:
        """What the filters leave of it."""
        return self.query.where(*_within(self.risk, self.key, filters), *_left(self.key, filters))


def _of_hits(site_ids: Collection[uuid.UUID], hits: Hits, codes: Sequence[str]) -> Base:
    """Each asked for its marks again: a question about them may be of more marks than they were found by."""
    risk, key = _comments.c.risk, _comments.c.id
    # Asked for the sites as well, SQLite would read all of their comments.
    named = sa.select(risk, key).where(key.in_([comment_id for site_id, comment_id in hits if site_id in site_ids]))
    return Base(named.where(*(_has_mark(key, [code]) for code in codes)), risk, key)


def _of_site(site_id: uuid.UUID, state: State | None, codes: Sequence[str]) -> Base:
    """Comments of a site with all of *codes*, along the index of the first."""
    if not codes:
        risk, key = _comments.c.risk, _comments.c.id
        return Base(sa.select(risk, key).where(_comments.c.site_id == site_id, _in_state(state)), risk, key)
    risk, key = _marks.c.risk, _marks.c.comment_id
    marked = sa.select(risk, key.label("id")).where(
        _marks.c.site_id == site_id, _marks.c.code == codes[0], _marks.c.state == state
    )
    return Base(marked.where(*(_has_mark(key, [code]) for code in codes[1:])), risk, key)


def _of_article(article_id: uuid.UUID | None, state: State | None, codes: Sequence[str], filters: Filters) -> Base:
    """Without the site, which `_own_articles` has seen to: SQLite would read all of its queue to keep its order."""
    risk, key = _comments.c.risk, _comments.c.id
    query = sa.select(risk, key).where(_in_state(state), *(_has_mark(key, [code]) for code in codes))
    if article_id is not None:
        query = query.where(_comments.c.article_id == article_id)
    if filters.author_id is not None:
        query = query.where(_comments.c.author_id == filters.author_id)
    return Base(query, risk, key)


def _arm(base: Base, filters: Filters, sort: Sort, after: Place | None, limit: int) -> Places:
    query = base.within(filters).where(*_following(base.risk, base.key, sort, after))
    if sort is not Sort.RISK:
        # Without the risk an index has all that is asked for. With it, PostgreSQL takes the primary key for the
        # shorter way to the oldest, and reads through the whole history.
        query = query.with_only_columns(_NO_RISK, base.key.label("id"), maintain_column_froms=True)
    # A subselect, because SQLite takes no ORDER BY in a part of a UNION.
    ordered = query.order_by(*order(base.risk, base.key, sort)).limit(limit).subquery()
    return sa.select(RISK, ID).select_from(ordered)


def _in_state(state: State | None) -> sa.ColumnElement[bool]:
    found: sa.ColumnElement[bool] = _comments.c.state != State.ERASED if state is None else _comments.c.state == state
    return found


def _has_mark(comment_id: Any, codes: Sequence[str]) -> sa.ColumnElement[bool]:
    """One of *codes* is among its marks."""
    other = _marks.alias()
    return sa.exists().where(other.c.comment_id == comment_id, other.c.code.in_(codes))


def _left(key: Any, filters: Filters) -> Iterable[sa.ColumnElement[bool]]:
    if filters.without_reasons:
        yield ~_has_mark(key, filters.without_reasons)
    if filters.only_ids:
        yield key.in_(filters.only_ids)
    if filters.without_ids:
        yield key.not_in(filters.without_ids)


def _within(risk: Any, key: Any, filters: Filters) -> Iterable[sa.ColumnElement[bool]]:
    # The key is made on arrival and begins with the time, so a range of times is a range of keys.
    if filters.since is not None:
        yield key >= first_uuid7(filters.since)
    if filters.until is not None:
        yield key < first_uuid7(filters.until)
    if filters.risk_from is not None:
        yield risk >= filters.risk_from
    if filters.risk_to is not None:
        yield risk <= filters.risk_to


def _following(risk: Any, key: Any, sort: Sort, after: Place | None) -> Iterable[sa.ColumnElement[bool]]:
    if after is None:
        return
    if sort is Sort.RISK:
        # The first condition says what the second implies, in the form that an index can start from.
        yield risk <= after.risk
        yield sa.or_(risk < after.risk, key > after.id)
    else:
        yield key < after.id if sort is Sort.NEWEST else key > after.id


def order(risk: Any, key: Any, sort: Sort) -> list[sa.ColumnElement[Any]]:
    """What a list is sorted by; the key settles what is equal."""
    match sort:
        case Sort.RISK:
            return [risk.desc(), key.asc()]
        case Sort.NEWEST:
            return [key.desc()]
        case Sort.OLDEST:
            return [key.asc()]

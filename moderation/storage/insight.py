"""What happened on some sites in a period: the tallies added up, and the last minutes counted as they stand."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from operator import add
from typing import Any, NamedTuple

import sqlalchemy as sa
import sqlalchemy.orm as so
from pydantic_core import from_json

from moderation.domain.comment import Action
from moderation.domain.estimates import Share
from moderation.storage import tallies
from moderation.storage.listing import BUILT
from moderation.storage.person_decisions import Opinion
from moderation.storage.tables import Article, Size, Tally
from moderation.storage.tallies import DAY, SERIES, STRETCH, Fact, hour_of, start_of

LONGEST_TAIL = timedelta(hours=48)  # more than this is not counted while somebody waits for a page
SUMS = ("reason", "wait", "band")
# Tables rather than classes: a page reads ten thousand rows.
_articles: Any = Article.__table__
_tallies: Any = Tally.__table__
_NAMES = sa.select(
    # The id as a text: of thousands of rows, to make one of Python's takes as long as all else.
    sa.func.replace(sa.cast(_articles.c.id, sa.Text()), "-", ""),
    _articles.c.title,
    _articles.c.url,
    _articles.c.external_id,
)
_NAMES_OF = _NAMES.where(_articles.c.id.in_(sa.bindparam("ids", expanding=True)))


class Named(NamedTuple):
    """An article by what it is called; its text is not read. `key` is its id as the tallies have it."""

    key: str
    title: str
    url: str
    external_id: str


Ranked = list[tuple[Named, int]]


@dataclass(frozen=True, slots=True)
class Window:
    """From one full hour to another, the second not included."""

    since: datetime
    until: datetime

    @property
    def hours(self) -> tuple[int, int]:
        return hour_of(self.since), hour_of(self.until)


@dataclass(frozen=True, slots=True)
class Figures:
    """All of a page. `by_hour` has, by kind and key, a count for each hour of the window; `own` (by hour, too) and
    `gaps` are of one moderator alone.

    `until` is how far the counting went: before the end of the window only while the worker is far behind.
    """

    by_hour: dict[tuple[str, str], list[int]]
    reasons: Counter[str]
    waits: Counter[int]
    opinions: Counter[Opinion]
    gaps: Counter[int]
    articles: Ranked
    until: datetime
    own: list[int]

    def total(self, kind: str, key: str) -> int:
        return sum(self.by_hour.get((kind, key), ()))

    @property
    def arrived(self) -> int:
        return sum(self.total("arrived", action) for action in Action)

    @property
    def by_machine_alone(self) -> Share:
        return Share(self.arrived - self.total("arrived", Action.HOLD), self.arrived)

    def agreement(self, band: int | None = None) -> Share:
        """How many of the opinions on comments of a band, or of all, were the machine's too."""
        return _share(self.opinions, band, lambda opinion: opinion.agrees)

    def refused(self, band: int | None = None) -> Share:
        """How many of the comments of a band, or of all, were rejected or marked as spam by people."""
        return _share(self.opinions, band, lambda opinion: opinion.refused)


def _share(opinions: Counter[Opinion], band: int | None, counts: Callable[[Opinion], bool]) -> Share:
    mine = [(opinion, number) for opinion, number in opinions.items() if band in (None, opinion.band)]
    return Share(sum(number for opinion, number in mine if counts(opinion)), sum(number for _, number in mine))


def read(
    session: so.Session,
    site_ids: Collection[uuid.UUID],
    window: Window,
    *,
    moderator_id: uuid.UUID,
    now: datetime,
    articles: int = 10,
) -> Figures:
    """The figures of the sites in a window, and the pace of one moderator on them; the first thing a session does."""
    if session.get_bind().dialect.name == "postgresql":
        # The worker may move what is counted live into the tallies while they are read.
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    progress = tallies.progress(session, now)
    tallied, counted = progress.tallied, progress.counted
    live = list(_live(session, site_ids, window, counted, now))
    own, gap = tallies.own(moderator_id), tallies.gap_of(moderator_id)
    first, last = window.hours
    by_hour: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * (last - first))
    sums: dict[str, Counter[str]] = {kind: Counter() for kind in (*SUMS, gap)}
    for kind, key, start, numbers in _series(session, site_ids, window, tallied, (*SERIES, own)):
        counts, at = by_hour[kind, key], slice(start - first, start - first + len(numbers))
        counts[at] = map(add, counts[at], numbers)
    for kind, key, number in _sums(session, site_ids, window, tallied, (*SUMS, gap)):
        sums[kind][key] += number
    for fact in live:
        if fact.kind in (*SERIES, own):
            by_hour[fact.kind, fact.key][fact.start - first] += fact.count
        elif fact.kind in sums:
            sums[fact.kind][fact.key] += fact.count
    return Figures(
        by_hour=by_hour,
        own=by_hour.pop((own, ""), []),
        reasons=sums["reason"],
        waits=Counter({int(key): number for key, number in sums["wait"].items()}),
        opinions=Counter({Opinion.of_key(key): number for key, number in sums["band"].items()}),
        gaps=Counter({int(key): number for key, number in sums[gap].items()}),
        articles=_most_held(session, site_ids, window, tallied, live, articles),
        until=min(window.until, now if _is_near(counted, window, now) else counted),
    )


def _is_near(counted: datetime, window: Window, now: datetime) -> bool:
    return min(now, window.until) - max(counted, window.since) <= LONGEST_TAIL


def _live(
    session: so.Session, site_ids: Collection[uuid.UUID], window: Window, counted: datetime, now: datetime
) -> Iterator[Fact]:
    """What is not in the tallies yet: some minutes, if the worker runs."""
    if not _is_near(counted, window, now):
        return
    at, end = max(counted, window.since), min(window.until, start_of(hour_of(now) + 1))
    while at < end:
        until = min(start_of(hour_of(at) + 1), end)
        yield from tallies.count(session, at, until, site_ids)
        at = until


def _ranges(
    low: int, high: int, tallied: int, sizes: Sequence[tuple[Size, int]] = ((Size.STRETCH, STRETCH), (Size.DAY, DAY))
) -> Iterator[tuple[Size, int, int]]:
    """The tallies that make up the hours from *low* to *high*: the longest there are, shorter ones at both ends."""
    if low >= high:
        return
    if not sizes:
        yield Size.HOUR, low, high
        return
    (size, length), *shorter = sizes
    first, last = -(-low // length) * length, min(high, tallied) // length * length
    if first >= last:
        yield from _ranges(low, high, tallied, shorter)
        return
    yield from _ranges(low, first, tallied, shorter)
    yield size, first, last
    yield from _ranges(last, high, tallied, shorter)


def _within(site_ids: Collection[uuid.UUID], size: Size, low: int, high: int) -> list[sa.ColumnElement[bool]]:
    return [_tallies.c.site_id.in_(site_ids), _tallies.c.size == size, _tallies.c.start >= low, _tallies.c.start < high]


def _series(
    session: so.Session, site_ids: Collection[uuid.UUID], window: Window, tallied: datetime, kinds: Collection[str]
) -> Iterator[tuple[str, str, int, list[int]]]:
    """Kind, key, hour and the counts from it on: of whole days, which hold their hours, and of hours at both ends."""
    query = _adding_series(tuple(site_ids), window.hours, hour_of(tallied), tuple(kinds))
    rows = session.execute(query).all()
    # Read as one, and by this reader: a thousand by themselves take several times as long.
    counts = from_json(f"[{','.join(f'[{hours or number}]' for *_, number, hours in rows)}]")
    for (kind, key, start, *_), numbers in zip(rows, counts, strict=True):
        yield kind, key, start, numbers


# To build such a statement takes longer than to have it answered, and it stays the same for an hour.
@lru_cache(maxsize=BUILT)
def _adding_series(
    site_ids: tuple[uuid.UUID, ...], hours: tuple[int, int], tallied: int, kinds: tuple[str, ...]
) -> sa.CompoundSelect[Any]:
    parts = (
        sa.select(_tallies.c.kind, _tallies.c.key, _tallies.c.start, _tallies.c.count, _tallies.c.hours).where(
            *_within(site_ids, *part), _tallies.c.kind.in_(kinds)
        )
        for part in _ranges(*hours, tallied, ((Size.DAY, DAY),))
    )
    return sa.union_all(*parts)


def _sums(
    session: so.Session, site_ids: Collection[uuid.UUID], window: Window, tallied: datetime, kinds: Collection[str]
) -> Iterator[tuple[str, str, int]]:
    yield from session.execute(_adding(tuple(site_ids), window.hours, hour_of(tallied), tuple(kinds)))


@lru_cache(maxsize=BUILT)
def _adding(
    site_ids: tuple[uuid.UUID, ...], hours: tuple[int, int], tallied: int, kinds: tuple[str, ...]
) -> sa.Select[str, str, int]:
    parts = (
        sa.select(_tallies.c.kind, _tallies.c.key, _tallies.c.count).where(
            *_within(site_ids, *part), _tallies.c.kind.in_(kinds)
        )
        for part in _ranges(*hours, tallied)
    )
    rows = sa.union_all(*parts).subquery()
    return sa.select(rows.c.kind, rows.c.key, sa.func.sum(rows.c.count).label("number")).group_by(
        rows.c.kind, rows.c.key
    )


@lru_cache(maxsize=BUILT)
def _adding_held(site_ids: tuple[uuid.UUID, ...], hours: tuple[int, int], tallied: int) -> sa.Subquery:
    parts = (
        sa.select(_tallies.c.key, _tallies.c.count).where(*_within(site_ids, *part), _tallies.c.kind == "held")
        for part in _ranges(*hours, tallied)
    )
    rows = sa.union_all(*parts).subquery()
    return sa.select(rows.c.key, sa.func.sum(rows.c.count).label("held")).group_by(rows.c.key).subquery()


def _held_now(live: Iterable[Fact]) -> Counter[str]:
    now = Counter[str]()
    for fact in live:
        if fact.kind == "held":
            now[fact.key] += fact.count
    return now


def _most_held(
    session: so.Session,
    site_ids: Collection[uuid.UUID],
    window: Window,
    tallied: datetime,
    live: Sequence[Fact],
    limit: int,
) -> Ranked:
    """The articles with the most comments that the machine held on arrival."""
    now, held = _held_now(live), _adding_held(tuple(site_ids), window.hours, hour_of(tallied))
    first = sa.select(held).order_by(held.c.held.desc(), held.c.key).limit(limit + len(now))
    before = {row.key: row.held for row in session.execute(first)}
    if missing := now.keys() - before.keys():
        others = session.execute(sa.select(held).where(held.c.key.in_(missing)))
        before |= {row.key: row.held for row in others}
    ranking = _ranking(Counter(before) + now)[:limit]
    known = _names(session, [key for key, _ in ranking])
    return [(known[key], number) for key, number in ranking if key in known]


def all_held(
    session: so.Session, site_ids: Collection[uuid.UUID], window: Window, *, now: datetime
) -> Iterator[tuple[Named, int]]:
    """Every article with a comment that the machine held on arrival, the most held first."""
    progress = tallies.progress(session, now)
    before = _adding_held(tuple(site_ids), window.hours, hour_of(progress.tallied))
    held = _held_now(_live(session, site_ids, window, progress.counted, now))
    of_tallies = _NAMES.add_columns(before.c.held).join(before, sa.cast(before.c.key, sa.Uuid()) == _articles.c.id)
    known: dict[str, Named] = {}
    for *name, number in session.execute(of_tallies):
        article = Named(*name)
        known[article.key] = article
        held[article.key] += number
    known |= _names(session, held.keys() - known.keys())
    return ((known[key], number) for key, number in _ranking(held) if key in known)


def _ranking(held: Counter[str]) -> list[tuple[str, int]]:
    return sorted(held.items(), key=lambda item: (-item[1], item[0]))


def _names(session: so.Session, keys: Collection[str]) -> dict[str, Named]:
    rows = session.execute(_NAMES_OF, {"ids": [uuid.UUID(key) for key in keys]})
    return {row[0]: Named(*row) for row in rows}

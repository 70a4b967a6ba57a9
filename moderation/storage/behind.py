"""The comments behind a figure of insight, newest first: the tallies say in which hours to look."""

import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.domain.comment import Action, Actor
from moderation.domain.errors import InvalidRequest
from moderation.domain.estimates import bucket_of
from moderation.storage import tallies
from moderation.storage.insight import Window
from moderation.storage.person_decisions import Opinion, PersonDecision, person_decisions
from moderation.storage.tables import Article, Comment, CommentMark, Decision, Size, Tally
from moderation.storage.types import first_uuid7, time_of_uuid7

MOST_HOURS = 100  # looked at for one page


@dataclass(frozen=True, slots=True)
class Figure:
    """What was counted: a kind of `tallies` and those of its keys that the figure adds up; no keys mean all."""

    kind: str
    keys: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Found:
    """Keys of decisions, and where the next page begins, if there is one."""

    decisions: list[uuid.UUID]
    following: uuid.UUID | None


# A place in the list, and the decision that stands there.
Entry = tuple[uuid.UUID, uuid.UUID]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Where to look: the keys of at most an hour, on some sites, for so many entries."""

    session: so.Session
    site_ids: Collection[uuid.UUID]
    low: uuid.UUID
    high: uuid.UUID
    limit: int


def behind(
    session: so.Session,
    site_ids: Collection[uuid.UUID],
    window: Window,
    figure: Figure,
    *,
    before: uuid.UUID | None,
    limit: int,
    now: datetime,
    hours: Collection[int] | None = None,
) -> Found:
    """A page of what a figure counted, in *hours* only if some are given.

    Raises:
        InvalidRequest: there is no such figure.
    """
    if figure.kind not in _ENTRIES:
        raise InvalidRequest("There is no such figure.", code="figure-unknown")
    top = first_uuid7(window.until) if before is None else before
    found: list[Entry] = []
    wanted = (hour for hour in _hours(session, site_ids, window, figure, top, now) if hours is None or hour in hours)
    for looked_at, hour in enumerate(wanted):
        end = first_uuid7(tallies.start_of(hour + 1))
        if looked_at == MOST_HOURS:
            return Found([decision for _, decision in found], end)
        low = first_uuid7(max(tallies.start_of(hour), window.since))
        stretch = _Stretch(session, site_ids, low, min(end, top), limit + 1 - len(found))
        found += _ENTRIES[figure.kind](stretch, figure)
        if len(found) > limit:
            return Found([decision for _, decision in found[:limit]], found[limit - 1][0])
    return Found([decision for _, decision in found], None)


def _hours(
    session: so.Session,
    site_ids: Collection[uuid.UUID],
    window: Window,
    figure: Figure,
    top: uuid.UUID,
    now: datetime,
) -> Iterator[int]:
    """The hours in which it was counted, and those that are not counted yet; the latest first."""
    low, high = window.hours
    high = min(high, tallies.hour_of(time_of_uuid7(top)) + 1, tallies.hour_of(now) + 1)
    live = max(low, tallies.hour_of(tallies.progress(session, now).counted))
    yield from range(high - 1, live - 1, -1)
    kind = tallies.own(uuid.UUID(min(figure.keys))) if figure.kind == "own" else figure.kind
    query = (
        sa.select(Tally.start)
        .where(Tally.site_id.in_(site_ids), Tally.size == Size.HOUR, Tally.kind == kind)
        .where(Tally.start >= low, Tally.start < min(high, live))
    )
    if figure.keys and figure.kind != "own":
        query = query.where(Tally.key.in_(figure.keys))
    yield from session.scalars(query.distinct().order_by(Tally.start.desc()))


def _arrived(stretch: _Stretch, figure: Figure) -> list[Entry]:
    query = _first_decisions(stretch)
    if figure.keys:
        query = query.where(Decision.action.in_([Action(key) for key in figure.keys]))
    return _entries(stretch, query)


def _held(stretch: _Stretch, figure: Figure) -> list[Entry]:
    of_articles = Comment.article_id.in_([uuid.UUID(key) for key in figure.keys])
    return _entries(stretch, _first_decisions(stretch).where(Decision.action == Action.HOLD, of_articles))


def _reason(stretch: _Stretch, figure: Figure) -> list[Entry]:
    marked = sa.exists().where(CommentMark.comment_id == Comment.id, CommentMark.code.in_(figure.keys))
    return _entries(stretch, _first_decisions(stretch).where(marked))


def _first_decisions(stretch: _Stretch) -> sa.Select[uuid.UUID, uuid.UUID]:
    """What the machine said first of the comments that arrived."""
    return (
        sa.select(Comment.id, Decision.id)
        .join(Decision, sa.and_(Decision.comment_id == Comment.id, Decision.version == 1))
        .where(Comment.site_id.in_(stretch.site_ids), Comment.id >= stretch.low, Comment.id < stretch.high)
        .order_by(Comment.id.desc())
        .limit(stretch.limit)
    )


def _decided(stretch: _Stretch, figure: Figure) -> list[Entry]:
    if figure.keys != {Actor.MACHINE.value}:
        return _of_people(stretch, figure)
    query = (
        sa.select(Decision.id, Decision.id)
        .where(Decision.site_id.in_(stretch.site_ids), Decision.actor == Actor.MACHINE)
        .where(Decision.action != Action.ERASE)
        .where(Decision.id >= stretch.low, Decision.id < stretch.high)
        .order_by(Decision.id.desc())
        .limit(stretch.limit)
    )
    return _entries(stretch, query)


def _of_people(stretch: _Stretch, figure: Figure) -> list[Entry]:
    rows = person_decisions(stretch.session, stretch.low, stretch.high, stretch.site_ids)
    return [(row.id, row.id) for row in rows if _counts(row, figure)][: stretch.limit]


def _counts(row: PersonDecision, figure: Figure) -> bool:
    match figure.kind:
        case "decided":
            return row.actor.value in figure.keys
        case "own":
            return row.moderator_id is not None and row.moderator_id.hex in figure.keys
        case "wait":
            return row.waited is not None and str(bucket_of(row.waited)) in figure.keys
        case _:
            return row.opinion is not None and row.opinion.key in figure.keys


def _entries(stretch: _Stretch, query: sa.Select[uuid.UUID, uuid.UUID]) -> list[Entry]:
    return [(place, decision) for place, decision in stretch.session.execute(query)]


_ENTRIES = {
    "arrived": _arrived,
    "held": _held,
    "reason": _reason,
    "decided": _decided,
    "own": _of_people,
    "wait": _of_people,
    "band": _of_people,
}


def read_decisions(session: so.Session, keys: Collection[uuid.UUID]) -> list[Decision]:
    """The decisions of a page in its order, each with its comment, article and moderator."""
    query = (
        sa.select(Decision)
        .where(Decision.id.in_(keys))
        .options(so.joinedload(Decision.moderator), so.joinedload(Decision.comment).joinedload(Comment.article))
    )
    rows = {row.id: row for row in session.scalars(query)}
    return [rows[key] for key in keys if key in rows]


def opinions_of(band: int | None, *, agreeing: bool | None = None) -> Figure:
    """What people made of comments of a band, or of all."""
    bands = range(10) if band is None else (band,)
    some = [Opinion(n, suspected=s, refused=r) for n in bands for s in (True, False) for r in (True, False)]
    return Figure("band", frozenset(o.key for o in some if agreeing is None or o.agrees is agreeing))


def title_of(session: so.Session, site_ids: Collection[uuid.UUID], article_id: uuid.UUID) -> str | None:
    """The title of an article of one of the sites."""
    return session.scalar(sa.select(Article.title).where(Article.id == article_id, Article.site_id.in_(site_ids)))

"""The past, counted: what the pages of insight add up, so that they need not read a million comments.

The worker counts the past a few minutes at a time and writes it down by hour, by day of UTC when one is over, and by
stretches of sixteen days: so that a page of months reads few rows.
All times are those of the keys, which begin with the time they were made. What is counted:

arrived  by the machine's first action: publish, hold, reject
held     comments that the machine held on arrival, by article
reason   the machine's reasons, by code, of the comments that arrived
decided  decisions that stand, by actor
wait     how long held comments waited for a person, by bucket of `estimates`
band     what moderators and the blog's staff made of scored comments: `Opinion`
own:...  decisions of one moderator, named by the end of their id
gap:...  time from one decision of theirs to the next, if they kept going, by bucket
"""

import uuid
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.domain.comment import Action, Actor
from moderation.domain.estimates import bucket_of
from moderation.storage.marks import Matter
from moderation.storage.person_decisions import PersonDecision, person_decisions
from moderation.storage.tables import Comment, CommentMark, Decision, Size, Tally, TallyProgress
from moderation.storage.types import first_uuid7, time_of_uuid7

HOUR = timedelta(hours=1)
DAY, STRETCH = 24, 16 * 24  # hours
STEP = timedelta(minutes=5)
GRACE = timedelta(minutes=1)  # a transaction that began earlier than this has ended
SERIES, OWN = ("arrived", "decided"), "own:"  # what is drawn by hour: kinds, and how others begin
KEPT_GOING = timedelta(minutes=10)  # a longer break between two decisions was a break


@dataclass(frozen=True, slots=True)
class Fact:
    site_id: uuid.UUID
    start: int
    kind: str
    key: str
    count: int


@dataclass(frozen=True, slots=True)
class Part:
    """What was counted: whole hours anew, up to `until`; `seen` is how far the tallies went when it was read."""

    seen: datetime | None
    until: datetime
    hours: tuple[int, ...]
    facts: tuple[Fact, ...]


def own(moderator_id: uuid.UUID) -> str:
    """The kind of a moderator's decisions. The end of an id is its random part; the whole would not fit."""
    return f"{OWN}{moderator_id.hex[-16:]}"


def gap_of(moderator_id: uuid.UUID) -> str:
    return f"gap:{moderator_id.hex[-16:]}"


def hour_of(at: datetime) -> int:
    return int(at.timestamp()) // 3600


def start_of(hour: int) -> datetime:
    return datetime.fromtimestamp(hour * 3600, UTC)


@dataclass(frozen=True, slots=True)
class Progress:
    """Everything before `tallied` is in the tallies, and nothing happened from then to `counted`."""

    tallied: datetime
    counted: datetime


def progress(session: so.Session, now: datetime) -> Progress:
    seen = _progress(session)
    return Progress(seen or datetime.fromtimestamp(0, UTC), _next_event(session, seen) or now)


def read_next(session: so.Session, now: datetime) -> Part | None:
    """Count the next part of the past, at most to the end of an hour; None if there is nothing to count yet.

    The hour is counted from its beginning, and so are the earlier hours of decisions that were taken back in it.
    """
    seen = _progress(session)
    settled = datetime.fromtimestamp((now - GRACE).timestamp() // STEP.total_seconds() * STEP.total_seconds(), UTC)
    begin = _next_event(session, seen)
    if seen is not None and (begin is None or begin >= settled):
        return Part(seen, settled, (), ()) if settled - seen >= HOUR else None
    if begin is None or begin >= settled:
        return None
    hour = hour_of(begin)
    until = min(start_of(hour + 1), settled)
    hours = (hour, *sorted(_touched_hours(session, hour, until)))
    facts = [fact for each in hours for fact in count(session, start_of(each), min(start_of(each + 1), until))]
    return Part(seen, until, hours, tuple(facts))


def write(session: so.Session, part: Part) -> bool:
    """Write a part down, with the days it completes; False if another worker was first."""
    if part.seen is None:
        session.add(TallyProgress(id=1, until=part.until))
        session.flush()
    else:
        moved = sa.update(TallyProgress).where(TallyProgress.until == part.seen).values(until=part.until)
        if not session.execute(moved).rowcount:  # type: ignore[attr-defined]
            return False
    _replace_hours(session, part)
    days = {hour // DAY * DAY for hour in part.hours}
    if part.seen is not None:
        days |= set(range(hour_of(part.seen) // DAY * DAY, hour_of(part.until), DAY))
    for day in sorted(days):
        if start_of(day + DAY) <= part.until:
            _sum_up(session, day, Size.DAY, DAY, Size.HOUR)
            _pack_hours(session, day)
    for stretch in sorted({day // STRETCH * STRETCH for day in days}):
        if start_of(stretch + STRETCH) <= part.until:
            _sum_up(session, stretch, Size.STRETCH, STRETCH, Size.DAY)
    return True


def _replace_hours(session: so.Session, part: Part) -> None:
    if part.hours:
        session.execute(sa.delete(Tally).where(Tally.start.in_(part.hours), Tally.size == Size.HOUR))
    if part.facts:
        rows = [
            {"site_id": f.site_id, "size": Size.HOUR, "kind": f.kind, "start": f.start, "key": f.key, "count": f.count}
            for f in part.facts
        ]
        session.execute(sa.insert(Tally), rows)


def _sum_up(session: so.Session, start: int, size: Size, length: int, of: Size) -> None:
    """Write the tallies of a day or a stretch, the sums of the smaller ones in it."""
    session.execute(sa.delete(Tally).where(Tally.start == start, Tally.size == size))
    columns = ["site_id", "size", "kind", "start", "key", "count"]
    parts = (
        sa.select(
            Tally.site_id,
            sa.literal(size.value, sa.String()),
            Tally.kind,
            sa.literal(start),
            Tally.key,
            sa.func.sum(Tally.count),
        )
        .where(Tally.start >= start, Tally.start < start + length, Tally.size == of)
        .group_by(Tally.site_id, Tally.kind, Tally.key)
    )
    session.execute(sa.insert(Tally).from_select(columns, parts))


def _pack_hours(session: so.Session, day: int) -> None:
    """Write the 24 counts of a day beside its sum, of what is drawn by hour."""
    found: dict[tuple[uuid.UUID, str, str], list[int]] = {}
    rows = sa.select(Tally.site_id, Tally.kind, Tally.key, Tally.start, Tally.count).where(
        Tally.start >= day, Tally.start < day + DAY, Tally.size == Size.HOUR, drawn_by_hour(Tally.kind)
    )
    for site_id, kind, key, start, number in session.execute(rows):
        found.setdefault((site_id, kind, key), [0] * DAY)[start - day] = number
    if found:
        session.execute(
            sa.update(Tally),
            [
                {"site_id": s, "size": Size.DAY, "kind": k, "start": day, "key": key, "hours": pack(counts)}
                for (s, k, key), counts in found.items()
            ],
        )


def drawn_by_hour(kind: sa.ColumnElement[str] | so.InstrumentedAttribute[str]) -> sa.ColumnElement[bool]:
    return sa.or_(kind.in_(SERIES), kind.startswith(OWN))


def pack(counts: Collection[int]) -> str:
    return ",".join(map(str, counts))


def _progress(session: so.Session) -> datetime | None:
    return session.scalar(sa.select(TallyProgress.until))


def _next_event(session: so.Session, seen: datetime | None) -> datetime | None:
    """The first comment or decision since. A comment's key is a little older than that of its decision."""
    low = uuid.UUID(int=0) if seen is None else first_uuid7(seen)
    keys = session.execute(_NEXT, {"low": low}).one()
    return min((time_of_uuid7(key) for key in keys if key is not None), default=None)


def _touched_hours(session: so.Session, hour: int, until: datetime) -> set[int]:
    """The earlier hours with a decision that was taken back in this one."""
    undone = session.scalars(
        sa.select(Decision.undoes).where(
            Decision.id >= first_uuid7(start_of(hour)), Decision.id < first_uuid7(until), Decision.undoes.is_not(None)
        )
    )
    return {hour_of(time_of_uuid7(key)) for key in undone if key is not None} - {hour}


def count(
    session: so.Session, since: datetime, until: datetime, site_ids: Collection[uuid.UUID] | None = None
) -> list[Fact]:
    """What happened on the sites, or on all, from *since* to *until*, which lie in one hour."""
    start, found = hour_of(since), Counter[tuple[uuid.UUID, str, str]]()
    low, high = first_uuid7(since), first_uuid7(until)
    of_sites, ends = site_ids is not None, {"low": low, "high": high}
    within = ends if site_ids is None else ends | {"site_ids": list(site_ids)}
    for site_id, action, article_id, number in session.execute(_arrivals(of_sites=of_sites), within):
        found[site_id, "arrived", action.value] += number
        if action is Action.HOLD and article_id is not None:
            found[site_id, "held", article_id.hex] += number
    for site_id, code, number in session.execute(_REASONS, ends):
        if site_ids is None or site_id in site_ids:
            found[site_id, "reason", code] += number
    for site_id, number in session.execute(_by_machine(of_sites=of_sites), within):
        found[site_id, "decided", Actor.MACHINE.value] += number
    people = list(person_decisions(session, low, high, site_ids))
    for row in people:
        for kind, key in _said(row):
            found[row.site_id, kind, key] += 1
    for site_id, kind, key in _gaps(people):
        found[site_id, kind, key] += 1
    return [Fact(site_id, start, kind, key, number) for (site_id, kind, key), number in found.items()]


def _said(row: PersonDecision) -> Iterator[tuple[str, str]]:
    yield "decided", row.actor.value
    if row.moderator_id is not None:
        yield own(row.moderator_id), ""
    if (waited := row.waited) is not None:
        yield "wait", str(bucket_of(waited))
    if (opinion := row.opinion) is not None:
        yield "band", opinion.key


def _gaps(rows: Collection[PersonDecision]) -> Iterator[tuple[uuid.UUID, str, str]]:
    """From decision to decision of each moderator; a batch is no measure of anybody's pace."""
    by_moderator: dict[uuid.UUID, list[PersonDecision]] = {}
    for row in rows:
        if row.moderator_id is not None and row.batch_id is None:
            by_moderator.setdefault(row.moderator_id, []).append(row)
    for moderator_id, mine in by_moderator.items():
        for earlier, later in pairwise(sorted(mine, key=lambda row: row.created_at)):
            gap = later.created_at - earlier.created_at
            if gap <= KEPT_GOING:
                yield later.site_id, gap_of(moderator_id), str(bucket_of(gap.total_seconds()))


# Built once: a page of insight asks these, and to build them takes longer than to have them answered.
_LOW: Any = sa.bindparam("low")
_HIGH: Any = sa.bindparam("high")
_SITES: Any = sa.bindparam("site_ids", expanding=True)
# Of all sites: asked for some, SQLite would read all that they ever had.
_REASONS = (
    sa.select(CommentMark.site_id, CommentMark.code, sa.func.count())
    .where(CommentMark.comment_id >= _LOW, CommentMark.comment_id < _HIGH, CommentMark.code.not_in(list(Matter)))
    .group_by(CommentMark.site_id, CommentMark.code)
)


_NEXT = sa.select(
    *(
        sa.select(key).where(key >= _LOW).order_by(key).limit(1).scalar_subquery()
        for key in (Comment.__table__.c.id, Decision.__table__.c.id)
    )
)


@cache
def _arrivals(*, of_sites: bool) -> sa.Select[uuid.UUID, Action, uuid.UUID | None, int]:
    first = sa.and_(Decision.comment_id == Comment.id, Decision.version == 1)
    query = (
        sa.select(Comment.site_id, Decision.action, Comment.article_id, sa.func.count())
        .join(Decision, first)
        .where(Comment.id >= _LOW, Comment.id < _HIGH)
        .group_by(Comment.site_id, Decision.action, Comment.article_id)
    )
    return query.where(Comment.site_id.in_(_SITES)) if of_sites else query


@cache
def _by_machine(*, of_sites: bool) -> sa.Select[uuid.UUID, int]:
    query = (
        sa.select(Decision.site_id, sa.func.count())
        .where(Decision.id >= _LOW, Decision.id < _HIGH, Decision.actor == Actor.MACHINE)
        .where(Decision.action != Action.ERASE)
        .group_by(Decision.site_id)
    )
    return query.where(Decision.site_id.in_(_SITES)) if of_sites else query

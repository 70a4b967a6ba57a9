"""Lists that several marks narrow to a few comments: these are found once, and then asked for by name.

Each question about such a list (its page, its count, its newest, its articles) would walk through all comments with the
first mark otherwise, in search of the others: to find that nothing has both, it reads a whole queue.
"""

import uuid
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.domain.comment import State
from moderation.storage.listing import MAX_ARMS, Filters, Hits, Queue, codes_of, in_parts, states_of
from moderation.storage.tables import CommentMark

FEW = 200  # with more of them, a walk meets some soon

_marks: Any = CommentMark.__table__


def hits(session: so.Session, site_ids: Collection[uuid.UUID], queue: Queue, filters: Filters) -> Hits | None:
    """The comments of a list that have all of its marks; None if they are more than FEW, or easily found as it is."""
    codes = codes_of(queue, filters)
    if len(codes) < 2 or filters.article_ids or filters.author_id or filters.needs_scan:
        return None
    with_all = _merged if session.get_bind().dialect.name == "sqlite" else _joined
    found: list[tuple[uuid.UUID, uuid.UUID]] = []
    arms = [with_all(site_id, state, codes) for site_id in sorted(site_ids) for state in states_of(queue)]
    for part in in_parts(arms, MAX_ARMS):
        found += [(site_id, comment_id) for site_id, comment_id in session.execute(sa.union_all(*part).limit(FEW + 1))]
        if len(found) > FEW:
            return None
    return tuple(sorted(found))


def _merged(site_id: uuid.UUID, state: State, codes: Sequence[str]) -> sa.Select[Any]:
    """Along one index for each mark, both in the order of their comments: SQLite merges what it is to intersect."""
    each = (_found(_marks).where(*_is(_marks, site_id, state, code)) for code in codes)
    return sa.select(sa.intersect(*each).limit(FEW + 1).subquery())


def _joined(site_id: uuid.UUID, state: State, codes: Sequence[str]) -> sa.Select[Any]:
    """The same for PostgreSQL, which merges what it is to join; to intersect, it makes a table of all of it."""
    first, *others = each = [_marks.alias() for _ in codes]
    query = _found(first).where(*(other.c.comment_id == first.c.comment_id for other in others))
    for marks, code in zip(each, codes, strict=True):
        query = query.where(*_is(marks, site_id, state, code))
    return sa.select(query.limit(FEW + 1).subquery())


def _found(marks: Any) -> sa.Select[Any]:
    return sa.select(marks.c.site_id, marks.c.comment_id)


def _is(marks: Any, site_id: uuid.UUID, state: State, code: str) -> tuple[sa.ColumnElement[bool], ...]:
    return marks.c.site_id == site_id, marks.c.code == code, marks.c.state == state

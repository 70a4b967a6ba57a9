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
    found: list[tuple[uuid.UUID, uuid.UUID]] = []
    arms = [_with_all(site_id, state, codes) for site_id in sorted(site_ids) for state in states_of(queue)]
    for part in in_parts(arms, MAX_ARMS):
        found += [(site_id, comment_id) for site_id, comment_id in session.execute(sa.union_all(*part).limit(FEW + 1))]
        if len(found) > FEW:
            return None
    return tuple(sorted(found))


def _with_all(site_id: uuid.UUID, state: State, codes: Sequence[str]) -> sa.Select[Any]:
    """Along one index for each mark, both in the order of their comments: SQLite merges them."""
    each = (
        sa.select(_marks.c.site_id, _marks.c.comment_id).where(
            _marks.c.site_id == site_id, _marks.c.code == code, _marks.c.state == state
        )
        for code in codes
    )
    return sa.select(sa.intersect(*each).limit(FEW + 1).subquery())

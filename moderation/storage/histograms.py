"""How the risk of a list is spread: counted along its index, bin by bin, so that no row has to be looked at."""

import math
import uuid
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.storage.listing import (
    EVERYTHING,
    RISK,
    Articles,
    Filters,
    Queue,
    Sort,
    bases,
    in_order,
    joined,
    own_articles,
)

_BINS = sa.column("bin", sa.Integer()), sa.column("low", sa.Float()), sa.column("high", sa.Float())
_ABOVE_ALL = 2.0


def histogram(
    session: so.Session,
    site_id: uuid.UUID,
    queue: Queue,
    *,
    filters: Filters = EVERYTHING,
    bins: int = 20,
    at_most: int = 100_000,
) -> tuple[list[int], bool]:
    """How many of the riskiest comments of a list lie in each of *bins* equal parts of 0 to 1, and whether
    the list is longer than the *at_most* that were looked at.

    What is to be left out is counted by itself, which is quicker than asking each comment about it.
    """
    everything, articles = replace(filters, without_reasons=()), own_articles(session, [site_id], filters)
    lowest = _risk_at(session, site_id, articles, queue, everything, at_most)
    is_cut = lowest is not None
    if lowest is not None:
        everything = replace(everything, risk_from=max(lowest, everything.risk_from or 0.0))
    edges = [number / bins for number in range(1, bins)]
    counts = _counted(session, site_id, articles, queue, everything, edges)
    for number, code in enumerate(filters.without_reasons):
        left_out = replace(
            everything, reasons=(code, *filters.reasons), without_reasons=filters.without_reasons[:number]
        )
        for risk, comments in _risks(session, site_id, articles, queue, left_out):
            counts[bisect_right(edges, risk)] -= comments
    return counts, is_cut


def _risk_at(
    session: so.Session, site_id: uuid.UUID, articles: Articles, queue: Queue, filters: Filters, place: int
) -> float | None:
    """The risk of the comment at a place of the list, counted from the riskiest; None if it is not as long."""
    found = bases([site_id], articles, queue, filters, Sort.RISK)
    if len(found) == 1:
        along = found[0].within(filters).with_only_columns(found[0].risk, maintain_column_froms=True)
        return session.scalar(along.order_by(found[0].risk.desc()).limit(1).offset(place))
    query = in_order((site_id,), articles, queue, filters, Sort.RISK, None, place + 1)
    return None if query is None else session.scalar(query.limit(1).offset(place))


def _counted(
    session: so.Session,
    site_id: uuid.UUID,
    articles: Articles,
    queue: Queue,
    filters: Filters,
    edges: Sequence[float],
) -> list[int]:
    """One count for each bin, of a stretch of the index. The bins end where the filters do, because SQLite
    takes only one condition for the end of a stretch, and might take the wrong one.
    """
    least = filters.risk_from or 0.0
    most = _ABOVE_ALL if filters.risk_to is None else math.nextafter(filters.risk_to, _ABOVE_ALL)
    lows, highs = [max(low, least) for low in (0.0, *edges)], [min(high, most) for high in (*edges, _ABOVE_ALL)]
    whole = replace(filters, risk_from=None, risk_to=None)
    table = sa.values(*_BINS, name="bins").data(list(zip(range(len(lows)), lows, highs, strict=True))).cte("bins")
    inside = [
        base.within(whole)
        .where(base.risk >= table.c.low, base.risk < table.c.high)
        .with_only_columns(sa.func.count(), maintain_column_froms=True)
        .correlate(table)
        .scalar_subquery()
        for base in bases([site_id], articles, queue, whole, Sort.RISK)
    ]
    if not inside:
        return [0] * len(lows)
    counts = {number: sum(each) for number, *each in session.execute(sa.select(table.c.bin, *inside))}
    return [counts[number] for number in range(len(lows))]


def _risks(
    session: so.Session, site_id: uuid.UUID, articles: Articles, queue: Queue, filters: Filters
) -> Sequence[tuple[float, int]]:
    parts = [
        base.within(filters).with_only_columns(base.risk.label("risk"), maintain_column_froms=True)
        for base in bases([site_id], articles, queue, filters, Sort.RISK)
    ]
    if not parts:
        return []
    query = sa.select(RISK, sa.func.count()).select_from(joined(parts)).group_by(RISK)
    return [(risk, comments) for risk, comments in session.execute(query)]

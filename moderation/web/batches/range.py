"""The part of a queue between two scores: the histogram that shows it, and the two handles that choose it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from moderation.storage.listing import Filters

BINS = 50
STEP = 100 // BINS  # percent; the handles stop at the edges of the bars
HEIGHT = 100.0
LEAST = 1.5  # so that a single comment can be seen beside a thousand


@dataclass(frozen=True, slots=True)
class Range:
    """From *low* to *high* percent, *high* not included unless it is 100."""

    low: int
    high: int

    def narrow(self, filters: Filters) -> Filters:
        return replace(
            filters,
            risk_from=self.low / 100 if self.low else None,
            risk_to=math.nextafter(self.high / 100, 0) if self.high < 100 else None,
        )


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the drawing, HEIGHT high at most, and what it stands for."""

    low: int
    high: int
    count: int
    height: float
    is_inside: bool


def read_range(values: Mapping[str, str], default: Range) -> Range:
    """The handles as a form sent them, brought in order and to the edge of a bar."""
    low, high = _percent(values.get("from"), default.low), _percent(values.get("to"), default.high)
    return (
        Range(min(low, high), max(low, high))
        if low != high
        else Range(min(low, 100 - STEP), min(low, 100 - STEP) + STEP)
    )


def bars(counts: Sequence[int], chosen: Range) -> list[Bar]:
    most = max([1, *counts])
    return [
        Bar(
            low=place * STEP,
            high=(place + 1) * STEP,
            count=count,
            height=round(max(count / most * HEIGHT, LEAST), 2) if count else 0.0,
            is_inside=chosen.low <= place * STEP < chosen.high,
        )
        for place, count in enumerate(counts)
    ]


def usual(counts: Sequence[int]) -> Range:
    """Where the handles stand first: the lower half of what there is, which is where a batch pays."""
    filled = [place for place, count in enumerate(counts) if count]
    if not filled:
        return Range(0, 100)
    half, so_far = sum(counts) / 2, 0
    for place in filled:
        so_far += counts[place]
        if so_far >= half:
            return Range(filled[0] * STEP, (place + 1) * STEP)
    return Range(0, 100)


def _percent(word: str | None, default: int) -> int:
    try:
        value = float(word or "")
    except ValueError:
        return default
    if not math.isfinite(value):
        return default
    return max(0, min(100, round(value / STEP) * STEP))

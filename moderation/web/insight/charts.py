"""Charts as plain geometry: where each bar, line and word of an SVG stands. `charts.html` writes them down.

They carry classes instead of colours, so that they follow the page's scheme, and patterns beside colours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from markupsafe import Markup

from moderation.domain.estimates import Share

WIDTH, HEIGHT = 480, 190
LEFT, RIGHT, TOP, BOTTOM = 40, 472, 10, 164
MOST_LINES = 4


@dataclass(frozen=True)
class Bar:
    kind: str
    x: float
    y: float
    width: float
    height: float

    @cached_property
    def box(self) -> Markup:
        """Its place as attributes, written at once: a page has some hundred bars."""
        box = f'x="{self.x}" y="{self.y}" width="{self.width}" height="{self.height}"'
        return Markup(box)  # noqa: S704 - numbers


@dataclass(frozen=True, slots=True)
class Column:
    """The bars of one place on the axis, and the strip that is clicked on; `label` says it in words."""

    label: str
    url: str
    x: float
    width: float
    bars: tuple[Bar, ...] = ()


@dataclass(frozen=True, slots=True)
class Tick:
    """A word at an axis. There is no room for a minor one on a phone."""

    at: float
    text: str
    is_minor: bool = False


@dataclass(frozen=True, slots=True)
class Point:
    """A share at `y` with its interval from `low` to `high`; `is_telling` is whether that is narrow enough."""

    x: float
    y: float
    low: float
    high: float
    is_telling: bool


@dataclass(frozen=True, slots=True)
class Chart:
    columns: tuple[Column, ...]
    lines: tuple[Tick, ...]
    ticks: tuple[Tick, ...]
    points: tuple[Point, ...] = ()
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT
    top: int = TOP
    bottom: int = BOTTOM


@dataclass(frozen=True, slots=True)
class Place:
    """What a column stands for. An empty `tick` leaves the axis free there."""

    label: str
    url: str
    tick: str = ""
    is_minor: bool = False


def stacked(places: Sequence[Place], series: Sequence[tuple[str, Sequence[int]]]) -> Chart:
    """A column for each place; each of *series* (kind, numbers) lies on the one before."""
    totals = [sum(numbers[n] for _, numbers in series) for n in range(len(places))]
    step, top = scale(max(totals, default=0))
    unit, gap = (RIGHT - LEFT) / max(len(places), 1), 1 if len(places) > 40 else 2
    columns = []
    for n, place in enumerate(places):
        x, y, bars = LEFT + n * unit, float(BOTTOM), []
        for kind, numbers in series:
            if numbers[n]:
                height = numbers[n] / top * (BOTTOM - TOP)
                y -= height
                bars.append(Bar(kind, _short(x + gap / 2), _short(y), _short(unit - gap), _short(height)))
        columns.append(Column(place.label, place.url, _short(x), _short(unit), tuple(bars)))
    return Chart(tuple(columns), _lines(step, top), _ticks(places, unit))


def grouped(places: Sequence[Place], series: Sequence[tuple[str, Sequence[int]]]) -> Chart:
    """A column for each place, in it a bar beside the other for each of *series*."""
    step, top = scale(max((max(numbers, default=0) for _, numbers in series), default=0))
    unit = (RIGHT - LEFT) / max(len(places), 1)
    width = (unit - 4) / max(len(series), 1)
    columns = []
    for n, place in enumerate(places):
        x, bars = LEFT + n * unit, []
        for number, (kind, numbers) in enumerate(series):
            height = numbers[n] / top * (BOTTOM - TOP)
            if height:
                at = x + 2 + number * width
                bars.append(Bar(kind, _short(at), _short(BOTTOM - height), _short(width - 1), _short(height)))
        columns.append(Column(place.label, place.url, _short(x), _short(unit), tuple(bars)))
    return Chart(tuple(columns), _lines(step, top), _ticks(places, unit))


def shares(places: Sequence[Place], values: Sequence[Share]) -> Chart:
    """A point with its interval for each place where there is anything to tell, from 0 to 100 percent."""
    unit = (RIGHT - LEFT) / max(len(places), 1)
    columns, points = [], []
    for n, (place, share) in enumerate(zip(places, values, strict=True)):
        columns.append(Column(place.label, place.url, _short(LEFT + n * unit), _short(unit)))
        if share.of:
            low, high = share.interval
            x = _short(LEFT + (n + 0.5) * unit)
            points.append(Point(x, _height(share.value), _height(low), _height(high), share.is_telling))
    lines = tuple(Tick(_height(part / 4), f"{25 * part}%") for part in range(5))
    return Chart(tuple(columns), lines, _ticks(places, unit), tuple(points))


def split(parts: Sequence[tuple[str, int]]) -> list[Bar]:
    """One bar from 0 to 100, divided by *parts* (kind, number)."""
    whole, x, bars = sum(number for _, number in parts), 0.0, []
    for kind, number in parts:
        if number:
            bars.append(Bar(kind, _short(x), 0, _short(number / whole * 100), 10))
            x += number / whole * 100
    return bars


def scale(highest: int) -> tuple[int, int]:
    """The step between lines and the uppermost line, of 1, 2 or 5 with noughts, for at most four steps."""
    size = 1
    while True:
        for step in (size, 2 * size, 5 * size):
            if step * MOST_LINES >= highest:
                return step, max(-(-highest // step), 1) * step
        size *= 10


def _lines(step: int, top: int) -> tuple[Tick, ...]:
    return tuple(Tick(_short(BOTTOM - at / top * (BOTTOM - TOP)), f"{at:,}") for at in range(0, top + 1, step))


def _ticks(places: Sequence[Place], unit: float) -> tuple[Tick, ...]:
    return tuple(
        Tick(_short(LEFT + (n + 0.5) * unit), place.tick, place.is_minor)
        for n, place in enumerate(places)
        if place.tick
    )


def _height(share: float) -> float:
    return _short(BOTTOM - share * (BOTTOM - TOP))


def _short(number: float) -> float:
    return round(number, 1)

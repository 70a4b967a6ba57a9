"""Charts as plain geometry: where each bar, line and word of an SVG stands. `charts.html` writes them down.

They carry classes instead of colours, so that they follow the page's scheme, and patterns beside colours.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from moderation.domain.estimates import Share

WIDTH, HEIGHT = 480, 190
LEFT, RIGHT, TOP, BOTTOM = 40, 472, 10, 164
MOST_LINES = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """One by itself; those of a chart are `Bars`."""

    kind: str
    x: float
    y: float
    width: float
    height: float

    @property
    def path(self) -> str:
        return _path(self.x, self.y, self.width, self.height)


@dataclass(frozen=True, slots=True)
class Bars:
    """All of a kind: x, y, width and height of each. They are drawn as one shape, because a page has some hundred."""

    kind: str
    boxes: tuple[tuple[float, float, float, float], ...]

    @property
    def path(self) -> str:
        return "".join(_path(*box) for box in self.boxes)


@dataclass(frozen=True, slots=True)
class Column:
    """One place on the axis, as the strip that is clicked on; `label` says it in words."""

    label: str
    url: str
    x: float
    width: float


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
    bars: tuple[Bars, ...] = ()
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
    unit, gap = _unit(places), 1 if len(places) > 40 else 2
    under, bars = [0] * len(places), []
    for kind, numbers in series:
        boxes = []
        for n, number in enumerate(numbers):
            if number:
                under[n] += number
                x, y = LEFT + n * unit + gap / 2, BOTTOM - under[n] / top * (BOTTOM - TOP)
                boxes.append((x, y, unit - gap, number / top * (BOTTOM - TOP)))
        bars.append(Bars(kind, tuple(boxes)))
    return Chart(_columns(places), _lines(step, top), _ticks(places), tuple(bars))


def grouped(places: Sequence[Place], series: Sequence[tuple[str, Sequence[int]]]) -> Chart:
    """A column for each place, in it a bar beside the other for each of *series*."""
    step, top = scale(max((max(numbers, default=0) for _, numbers in series), default=0))
    unit, bars = _unit(places), []
    width = (unit - 4) / max(len(series), 1)
    for beside, (kind, numbers) in enumerate(series):
        boxes = []
        for n, number in enumerate(numbers):
            if number:
                height = number / top * (BOTTOM - TOP)
                boxes.append((LEFT + n * unit + 2 + beside * width, BOTTOM - height, width - 1, height))
        bars.append(Bars(kind, tuple(boxes)))
    return Chart(_columns(places), _lines(step, top), _ticks(places), tuple(bars))


def shares(places: Sequence[Place], values: Sequence[Share]) -> Chart:
    """A point with its interval for each place where there is anything to tell, from 0 to 100 percent."""
    unit, points = _unit(places), []
    for n, share in enumerate(values):
        if share.of:
            low, high = share.interval
            x = _short(LEFT + (n + 0.5) * unit)
            points.append(Point(x, _height(share.value), _height(low), _height(high), share.is_telling))
    lines = tuple(Tick(_height(part / 4), f"{25 * part}%") for part in range(5))
    return Chart(_columns(places), lines, _ticks(places), points=tuple(points))


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


def _unit(places: Sequence[Place]) -> float:
    return (RIGHT - LEFT) / max(len(places), 1)


def _columns(places: Sequence[Place]) -> tuple[Column, ...]:
    unit = _unit(places)
    return tuple(
        Column(place.label, place.url, _short(LEFT + n * unit), _short(unit)) for n, place in enumerate(places)
    )


def _ticks(places: Sequence[Place]) -> tuple[Tick, ...]:
    unit = _unit(places)
    return tuple(
        Tick(_short(LEFT + (n + 0.5) * unit), place.tick, place.is_minor)
        for n, place in enumerate(places)
        if place.tick
    )


def _path(x: float, y: float, width: float, height: float) -> str:
    """A rectangle as SVG writes shapes."""
    return f"M{x:.1f} {y:.1f}h{width:.1f}v{height:.1f}h{-width:.1f}z"


def _height(share: float) -> float:
    return _short(BOTTOM - share * (BOTTOM - TOP))


def _short(number: float) -> float:
    return round(number, 1)

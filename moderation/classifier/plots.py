"""Plots, those of the card among them, drawn as SVG with nothing but text."""

from collections.abc import Mapping, Sequence
from typing import Any

_SIZE, _EDGE = 320, 44  # of the square in which lines are drawn, and of the room around it for the axes
_COLOURS = ("#767676", "#0b5cad", "#b3401e", "#2e7d32")  # the first is for a line to compare with
_GREY = ("perfect", "unchanged")

Points = Sequence[tuple[float, float]]


def plots(metrics: dict[str, Any]) -> dict[str, str]:
    """The files that the card shows, by name."""
    toxicity = metrics["attributes"].get("TOXICITY", {})
    found = toxicity.get("cross_fitted") or toxicity.get("all")
    if not found:
        return {}
    bins, thresholds = found["reliability"], found["thresholds"]
    return {
        "reliability.svg": plot(
            "Reliability of TOXICITY",
            ("score", "share that people called toxic"),
            {"perfect": [(0, 0), (1, 1)], "model": [(of["score"], of["share"]) for of in bins]},
        ),
        "thresholds.svg": plot(
            "Precision and recall of TOXICITY",
            ("threshold", "share"),
            {
                "precision": [(at, precision) for at, precision, _ in thresholds if precision is not None],
                "recall": [(at, recall) for at, _, recall in thresholds],
            },
        ),
    }


def plot(title: str, axes: tuple[str, str], lines: Mapping[str, Points]) -> str:
    """A square from 0 to 1 with up to three lines, and a grey one if the first is called so."""
    whole = _SIZE + 2 * _EDGE
    colours = _COLOURS if next(iter(lines)) in _GREY else _COLOURS[1:]
    drawn = "\n".join(
        _line(name, points, colour, row)
        for row, ((name, points), colour) in enumerate(zip(lines.items(), colours, strict=False))
    )
    ticks = "\n".join(_tick(number / 5) for number in range(6))
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole} {whole}" role="img" aria-label="{title}" \
font-family="sans-serif" font-size="12">
<title>{title}</title>
<rect width="{whole}" height="{whole}" fill="#fff"/>
<text x="{whole / 2}" y="20" text-anchor="middle" font-weight="bold">{title}</text>
<rect x="{_EDGE}" y="{_EDGE}" width="{_SIZE}" height="{_SIZE}" fill="none" stroke="#444"/>
{ticks}
<text x="{whole / 2}" y="{whole - 8}" text-anchor="middle">{axes[0]}</text>
<text x="14" y="{whole / 2}" text-anchor="middle" transform="rotate(-90 14 {whole / 2})">{axes[1]}</text>
{drawn}
</svg>
"""


def _tick(at: float) -> str:
    x, y = _place(at, at)
    return (
        f'<text x="{x}" y="{_EDGE + _SIZE + 16}" text-anchor="middle">{at:.1f}</text>'
        f'<text x="{_EDGE - 6}" y="{y + 4}" text-anchor="end">{at:.1f}</text>'
    )


def _line(name: str, points: Points, colour: str, row: int) -> str:
    path = " ".join(f"{x},{y}" for x, y in (_place(*point) for point in points))
    dots = "".join(
        f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y in (_place(*point) for point in points)
    )
    label_y = _EDGE + 18 + 16 * row
    return (
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>{dots}'
        f'<text x="{_EDGE + 10}" y="{label_y}" fill="{colour}">{name}</text>'
    )


def _place(x: float, y: float) -> tuple[float, float]:
    return round(_EDGE + x * _SIZE, 1), round(_EDGE + (1 - y) * _SIZE, 1)

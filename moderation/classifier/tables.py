"""How figures stand in a card: numbers with their intervals, shares, and Markdown's tables."""

from collections.abc import Iterable, Mapping


def with_interval(estimate: Mapping[str, float | None]) -> str:
    return f"{number(estimate['value'])} ({number(estimate['low'])} to {number(estimate['high'])})"


def number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def percent(share: float) -> str:
    return f"{share:.1%}".replace("%", " %")


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)

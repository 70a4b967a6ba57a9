"""A panel: a figure's chart, the same in a table, and the way to the comments behind each number."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from moderation.domain.estimates import Share
from moderation.web import csv_files
from moderation.web.insight.charts import Bar, Chart
from moderation.web.numbers import amount, percent

# figure, and what narrows it: `key`, `since`, `until`, `hour`
Link = Callable[..., str]


@dataclass(frozen=True, slots=True)
class Cell:
    """`value` is what a file says, `shown` what the page does, and `url` leads to the comments."""

    value: csv_files.Cell
    shown: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """`shape` is how its template draws it; `legend` names each kind of bar."""

    name: str
    shape: str
    title: str
    lead: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    description: str = ""
    chart: Chart | None = None
    bars: tuple[Bar, ...] = ()
    legend: tuple[tuple[str, str], ...] = ()
    is_empty: bool = False


def cells(panel: Panel) -> Iterator[list[csv_files.Cell]]:
    """A panel's table as rows of a file."""
    yield list(panel.head)
    for row in panel.rows:
        yield [cell.value for cell in row]


def count_cell(count: int, url: str) -> Cell:
    return Cell(count, amount(count), url if count else "")


def share_cell(hits: int, total: int) -> Cell:
    share = Share(hits, total)
    return Cell(rate(share), percent(share.value) if total else "–")


def rate(share: Share) -> float | None:
    return round(share.value, 4) if share.of else None

"""`match-threshold`: the thresholds that flag the same share of a site's own comments as its old ones did."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from moderation.classifier.plots import plot
from moderation.cli.default_policy import first_part
from moderation.cli.progress import with_progress
from moderation.cli.readers import (
    context_column,
    contexts_of,
    json_option,
    load_reader,
    parent_column,
    plain_errors,
    reader_option,
    texts_of,
)
from moderation.cli.rows import open_source
from moderation.domain.reading import ATTRIBUTES, TOXICITY

FEW = 20  # flagged comments, from which on a threshold is worth something
_DEFAULTS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95)
_PLOTTED = tuple(step / 40 for step in range(12, 40))  # below, no site draws its line

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Match:
    """`new` flags as many as `old` did, or the nearest that equal scores allow; None where `old` flagged nothing."""

    old: float
    flagged: int
    share: float
    new: float | None
    new_flagged: int
    same: int  # comments that both flag


@click.command("match-threshold", epilog="Example: moderation match-threshold scored.csv --plot thresholds.svg")
@click.argument("input", metavar="FILE")
@click.option("--text-column", default="text", show_default=True, metavar="NAME", help="The column with the comment.")
@click.option(
    "--score-column", metavar="NAME", help="The column with the old score, 0 to 1.  [default: the attribute's name]"
)
@click.option("--attribute", type=click.Choice(ATTRIBUTES, case_sensitive=False), default=TOXICITY, show_default=True)
@click.option(
    "--threshold", "thresholds", multiple=True, type=click.FloatRange(0, 1), metavar="NUMBER",
    help="An old threshold; may be given again.  [default: 0.5 to 0.95]",
)  # fmt: skip
@context_column
@parent_column
@reader_option
@click.option(
    "--plot", "plot_file", metavar="FILE.svg", type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Draw old against new.",
)  # fmt: skip
@json_option
def match_threshold(
    input: str,
    text_column: str,
    score_column: str | None,
    attribute: str,
    thresholds: tuple[float, ...],
    context_column: str | None,
    parent_column: str | None,
    reader: str,
    plot_file: Path | None,
    as_json: bool,
) -> None:
    """Find the thresholds that flag the same share of your own comments as your old ones do.

    FILE (.csv, .csv.gz, .jsonl or .parquet; - for standard input) holds comments that Perspective has scored, as
    your site sees them: a selection of bad ones alone would move the thresholds. A comment is flagged from its
    threshold on. Rows without a score are skipped and counted.
    """
    if plot_file is not None and not plot_file.parent.is_dir():  # not after all the reading
        raise click.ClickException(f"{plot_file} cannot be written: there is no such directory.")
    column = score_column or attribute
    old: list[float] = []
    new: list[float] = []
    number = 0
    with plain_errors(), open_source(input) as source:
        source.require(text_column, column, context_column, parent_column)
        chosen = load_reader(reader)
        for rows in with_progress(source):
            said = [_score(row[column], number + place) for place, row in enumerate(rows, 1)]
            number += len(rows)
            asked = [row for row, score in zip(rows, said, strict=True) if score is not None]
            texts = [first_part(text) for text in texts_of(asked, text_column)]
            readings = chosen.read_many(texts, contexts_of(asked, context_column, parent_column), spans=False)
            new += [reading.scores[attribute] for reading in readings]
            old += [score for score in said if score is not None]
    if not old:
        raise click.ClickException(f"No row of FILE has a score in the column '{column}'.")
    before, after = np.array(old), np.array(new, dtype=float)
    matches = [match(before, after, at) for at in sorted(set(thresholds or _DEFAULTS))]
    if plot_file is not None:
        plot_file.write_text(drawing(before, after, attribute), encoding="utf-8")
    result = {"model": chosen.model, "attribute": attribute, "rows": len(old), "skipped": number - len(old)}
    result |= {"thresholds": [asdict(found) for found in matches]}
    click.echo(json.dumps(result, indent=1) if as_json else _table(result, matches))


def match(old: Scores, new: Scores, at: float) -> Match:
    """The new threshold for the old one *at*, half-way between the last comment it flags and the next one."""
    was = old >= at
    flagged = int(was.sum())
    if flagged == 0:
        return Match(at, 0, 0.0, None, 0, 0)
    falling = np.sort(new)[::-1]
    threshold = float(falling[-1]) if flagged == len(new) else _between(falling, flagged)
    now = new >= threshold
    return Match(at, flagged, flagged / len(old), threshold, int(now.sum()), int((was & now).sum()))


def _between(falling: Scores, flagged: int) -> float:
    """Where so many of the *falling* scores lie above; of equal scores either all or none do, whatever is nearer."""
    last, following = falling[flagged - 1], falling[flagged]
    if last > following:
        return _above(following, last)
    more, fewer = int((falling >= last).sum()), int((falling > last).sum())
    if fewer == 0 or more - flagged <= flagged - fewer:
        return float(last)
    return _above(last, falling[fewer - 1])


def _above(lower: float, higher: float) -> float:
    """Half-way, or *higher* where two neighbouring numbers have nothing between them."""
    middle = (float(lower) + float(higher)) / 2
    return middle if middle > lower else float(higher)


def drawing(old: Scores, new: Scores, attribute: str) -> str:
    """Old thresholds against new, as SVG; only where enough comments are flagged to tell."""
    matches = [found for at in _PLOTTED if (found := match(old, new, at)).flagged >= min(FEW, len(old))]
    return plot(
        f"Thresholds of {attribute} that flag the same share",
        ("old threshold", "new threshold; share of comments flagged"),
        {
            "unchanged": [(0, 0), (1, 1)],
            "new threshold": [(found.old, found.new) for found in matches if found.new is not None],
            "share flagged": [(found.old, found.share) for found in matches],
        },
    )


def _score(value: Any, number: int) -> float | None:
    said = "" if value is None else str(value).strip().lower()
    if said in {"", "nan", "none", "null"}:
        return None
    try:
        score = float(said)
    except ValueError:
        score = -1.0
    if not 0 <= score <= 1:
        raise click.ClickException(
            f"The score of row {number} is not a number from 0 to 1; 85 % and 0,85 are written as 0.85."
        )
    return score


def _table(result: dict[str, Any], matches: list[Match]) -> str:
    lines = [
        f"{result['attribute']} by {result['model']}, {result['rows']} comments ({result['skipped']} without a score)",
        f"{'old':>6}{'flagged':>10}{'share':>9}{'new':>9}{'flagged':>10}{'both flag':>11}",
    ]
    for found in matches:
        new = "none" if found.new is None else f"{found.new:.4f}"
        few = "  few: take it as a hint" if 0 < found.flagged < FEW else ""
        lines.append(
            f"{found.old:>6g}{found.flagged:>10}{found.share:>9.2%}{new:>9}{found.new_flagged:>10}{found.same:>11}{few}"
        )
    return "\n".join(lines)

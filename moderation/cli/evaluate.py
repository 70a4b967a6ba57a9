"""`evaluate`: how well the classifier's scores agree with the labels of a table."""

import json
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from moderation.classifier.figures import RANKING, Estimate, Figure, estimate, precision_at, recall_at
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
    text_column,
    texts_of,
)
from moderation.cli.rows import open_source
from moderation.domain.policy import DEFAULT_BANDS
from moderation.domain.reading import ATTRIBUTES, TOXICITY


@click.command(epilog="Example: moderation evaluate labelled.csv --text-column text --label-column toxic")
@click.argument("input")
@text_column
@click.option("--label-column", required=True, metavar="NAME", help="The column with 0 to 1; positive from .5.")
@click.option("--attribute", type=click.Choice(ATTRIBUTES, case_sensitive=False), default=TOXICITY, show_default=True)
@context_column
@parent_column
@reader_option
@json_option
def evaluate(
    input: str,
    text_column: str,
    label_column: str,
    attribute: str,
    context_column: str | None,
    parent_column: str | None,
    reader: str,
    as_json: bool,
) -> None:
    """Measure how well one attribute's score agrees with the labels in INPUT.

    Prints ROC AUC, average precision, expected calibration error, and precision and recall at the default
    policy's bands, each with its 95 % bootstrap interval. Rows without a label are skipped and counted.
    """
    with plain_errors(), open_source(input) as source:
        source.require(text_column, label_column, context_column, parent_column)
        chosen = load_reader(reader)
        scores: list[float] = []
        labels: list[bool] = []
        number = 0
        for rows in with_progress(source):
            said = [_label(row[label_column], number + place) for place, row in enumerate(rows, 1)]
            number += len(rows)
            asked = [row for row, label in zip(rows, said, strict=True) if label is not None]
            texts = [first_part(text) for text in texts_of(asked, text_column)]
            readings = chosen.read_many(texts, contexts_of(asked, context_column, parent_column), spans=False)
            scores += [reading.scores[attribute] for reading in readings]
            labels += [label >= 0.5 for label in said if label is not None]
    result = {"model": chosen.model, "attribute": attribute, "skipped": number - len(labels)}
    result |= _figures(attribute, np.array(scores), np.array(labels, dtype=bool))
    click.echo(json.dumps(result, indent=1) if as_json else _table(result))


def _label(value: Any, number: int) -> float | None:
    """The label as a number from 0 to 1, or None where there is none."""
    said = "" if value is None else str(value).strip().lower()
    if said in {"", "nan"}:
        return None
    try:
        label = {"true": 1.0, "false": 0.0}.get(said)
        label = float(said) if label is None else label
    except ValueError:
        label = -1.0
    if not 0 <= label <= 1:
        raise click.ClickException(f"The label of row {number} is not a number from 0 to 1.")
    return label


def _figures(attribute: str, scores: NDArray[np.float64], labels: NDArray[np.bool_]) -> dict[str, Any]:
    band = DEFAULT_BANDS[attribute]
    bands = {"hold": band.hold, "reject": band.reject}
    used = {action: threshold for action, threshold in bands.items() if threshold is not None}
    figures: dict[str, Figure] = dict(RANKING)
    for action, threshold in used.items():
        figures |= {f"{action} precision": precision_at(threshold), f"{action} recall": recall_at(threshold)}
    estimates = {name: found.as_dict() for name, found in estimate(figures, scores, labels).items()}
    if labels.all() or not labels.any():  # neither figure has a meaning with one class only
        estimates |= dict.fromkeys(("roc_auc", "average_precision"), Estimate(None).as_dict())
    return {
        "rows": len(labels),
        "positive": int(labels.sum()),
        **{name: estimates[name] for name in RANKING},
        "bands": [
            {
                "action": action,
                "threshold": threshold,
                "precision": estimates[f"{action} precision"],
                "recall": estimates[f"{action} recall"],
            }
            for action, threshold in used.items()
        ],
    }


def _table(result: dict[str, Any]) -> str:
    lines = [
        f"{result['attribute']} by {result['model']}: {result['rows']:,} rows, {result['positive']:,} positive, "
        f"{result['skipped']:,} skipped without a label"
    ]
    lines += [_line(name.replace("_", " "), result[name]) for name in RANKING]
    for band in result["bands"]:
        at = f"at {band['action']} ({band['threshold']})"
        lines += [_line(f"{figure} {at}", band[figure]) for figure in ("precision", "recall")]
    if not result["bands"]:
        lines.append(f"The default policy never decides by {result['attribute']}.")
    if result["rows"] in (0, result["positive"]) or not result["positive"]:
        lines.append("The labels are of one kind only, so there is nothing to tell apart.")
    return "\n".join(lines)


def _line(name: str, figure: dict[str, float | None]) -> str:
    if figure["value"] is None:
        return f"  {name:<28} -"
    return f"  {name:<28} {figure['value']:.4f}  ({figure['low']:.4f} to {figure['high']:.4f})"

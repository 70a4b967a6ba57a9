"""`score`, `evaluate` and `train`: what the classifier says of a table, how right it is, and how it is made."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from moderation.classifier import artifact, data, measuring, training
from moderation.classifier.card import card
from moderation.classifier.challenges import choose_article_factors
from moderation.classifier.figures import RANKING, Estimate, Figure, estimate, precision_at, recall_at
from moderation.classifier.plots import plots
from moderation.classifier.reader import QuickReader
from moderation.cli.default_policy import first_part, verdict
from moderation.cli.rows import Row, Source, open_sink, open_source
from moderation.domain.errors import ModerationError
from moderation.domain.policy import DEFAULT_BANDS
from moderation.domain.reading import ATTRIBUTES, TOXICITY, Context, Reading

READERS = ("quick", "careful", "both")
_LINE_EVERY = 10_000  # rows between two lines of progress where there is no terminal

_text_column = click.option("--text-column", required=True, metavar="NAME", help="The column with the comment.")
_context_column = click.option(
    "--context-column", metavar="NAME", help="The column with the article, or only its title; may be empty."
)
_parent_column = click.option(
    "--parent-column", metavar="NAME", help="The column with the comment that is answered; may be empty."
)
_reader = click.option(
    "--reader", type=click.Choice(READERS), default="both", show_default=True,
    help="Which classifier reads. There is only a quick one so far, and `both` means it.",
)  # fmt: skip
_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


@click.command(epilog="Example: moderation score comments.csv --text-column text --output scored.csv")
@click.argument("input")
@_text_column
@_context_column
@_parent_column
@click.option("--output", required=True, metavar="FILE", help="Where the rows go; - is standard output.")
@_reader
def score(
    input: str, text_column: str, context_column: str | None, parent_column: str | None, output: str, reader: str
) -> None:
    """Score each row of INPUT and decide by the default policy.

    INPUT and FILE may be .csv, .csv.gz, .jsonl or .parquet, or - for CSV on standard input or output.
    All rows and columns come back in order, with a probability for each attribute, and with decision,
    reasons and spans (JSON; a span is [start, end, attribute, contribution]).
    """
    with _plain_errors(), open_source(input) as source:
        source.require(text_column, context_column, parent_column)
        quick = _load(reader)
        added = (*ATTRIBUTES, "decision", "reasons", "spans")
        columns = [name for name in source.columns if name not in added] + list(added)
        with open_sink(output, columns) as write:
            for rows in _with_progress(source):
                texts, contexts = _texts(rows, text_column), _contexts(rows, context_column, parent_column)
                readings = quick.read_many([first_part(text) for text in texts], contexts)
                write(
                    [
                        {name: row[name] for name in row if name not in added} | _answer(text, reading)
                        for row, text, reading in zip(rows, texts, readings, strict=True)
                    ]
                )


@click.command(epilog="Example: moderation evaluate labelled.csv --text-column text --label-column toxic")
@click.argument("input")
@_text_column
@click.option("--label-column", required=True, metavar="NAME", help="The column with 0 to 1; positive from .5.")
@click.option("--attribute", type=click.Choice(ATTRIBUTES, case_sensitive=False), default=TOXICITY, show_default=True)
@_context_column
@_parent_column
@_reader
@_json
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
    with _plain_errors(), open_source(input) as source:
        source.require(text_column, label_column, context_column, parent_column)
        quick = _load(reader)
        scores: list[float] = []
        labels: list[bool] = []
        number = 0
        for rows in _with_progress(source):
            said = [_label(row[label_column], number + place) for place, row in enumerate(rows, 1)]
            number += len(rows)
            asked = [row for row, label in zip(rows, said, strict=True) if label is not None]
            texts = [first_part(text) for text in _texts(asked, text_column)]
            readings = quick.read_many(texts, _contexts(asked, context_column, parent_column), spans=False)
            scores += [reading.scores[attribute] for reading in readings]
            labels += [label >= 0.5 for label in said if label is not None]
    result = {"model": quick.model, "attribute": attribute, "skipped": number - len(labels)}
    result |= _figures(attribute, np.array(scores), np.array(labels, dtype=bool))
    click.echo(json.dumps(result, indent=1) if as_json else _table(result))


@click.command(epilog="Example: moderation train ../shared/data/train.csv.gz --output models/quick-2")
@click.argument("data_file", metavar="DATA", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--output", required=True, metavar="DIRECTORY", type=click.Path(file_okay=False, path_type=Path),
    help="Where the model goes; the directory's name is the model's.",
)  # fmt: skip
@click.option("--seed", default=0, show_default=True, help="The same data and seed give the same weights.")
@_json
def train(data_file: Path, output: Path, seed: int, as_json: bool) -> None:
    """Fit the quick reader on DATA, measure it, and write weights, manifest, metrics, plots and card.

    DATA is a .csv or .csv.gz with text, one column an attribute (empty: nobody was asked), source, licence
    and natural. Development sets that lie beside it (bias_madlibs.csv.gz, toxic_spans.csv.gz) are measured on,
    never trained on. Takes some minutes.
    """
    with _plain_errors():
        rows = data.read(data_file)
        with _steps() as progress:
            trained = training.train(rows, seed=seed, progress=progress)
            trained, article = choose_article_factors(trained, seed)
            metrics = measuring.measure(trained, seed=seed, folder=data_file.parent, progress=progress)
        metrics |= {"article": article} if article else {}
        manifest = artifact.save(
            output,
            trained.model,
            metrics=metrics,
            training={
                "command": f"moderation train {data_file.name} --output models/{output.name} --seed {seed}",
                "seed": seed,
                "data": {"file": data_file.name, "sha256": artifact.sha256(data_file)} | _described(rows, trained),
            },
        )
        for name, content in {"card.md": card(manifest, metrics), **plots(metrics)}.items():
            (output / name).write_text(content, encoding="utf-8")
    click.echo(
        json.dumps({"manifest": manifest, "metrics": metrics}, indent=1)
        if as_json
        else f"{manifest['model']} is ready; read its card.md."
    )


def _described(rows: data.TrainingData, trained: training.Trained) -> dict[str, Any]:
    with_ours = trained.corpus.data
    return {
        "rows": len(rows.texts),
        "sources": {
            str(name): {
                "rows": int((with_ours.sources == name).sum()),
                "weight": training.SOURCE_WEIGHT.get(str(name), 1.0),
                "positive": with_ours.positive_rates(str(name)),
                "licence": with_ours.licences[str(name)],
            }
            for name in np.unique(with_ours.sources)
        },
    }


def _load(reader: str) -> QuickReader:
    if reader == "careful":
        raise click.ClickException("There is no careful reader yet; use --reader quick.")
    return QuickReader.load()


@contextmanager
def _plain_errors() -> Iterator[None]:
    try:
        yield
    except ModerationError as error:
        raise click.ClickException(str(error)) from error


def _texts(rows: Sequence[Row], column: str) -> list[str]:
    return [_text(row, column) for row in rows]


def _contexts(rows: Sequence[Row], context: str | None, parent: str | None) -> list[Context]:
    return [Context(article=_text(row, context), parent=_text(row, parent)) for row in rows]


def _text(row: Row, column: str | None) -> str:
    value = row.get(column) if column else None
    return "" if value is None else str(value)


def _answer(text: str, reading: Reading) -> Row:
    decided = verdict(text, reading)
    return {
        **{attribute: round(reading.scores.get(attribute, 0.0), 6) for attribute in ATTRIBUTES},
        "decision": decided.action.value,
        "reasons": json.dumps([reason.as_dict() for reason in decided.reasons]),
        "spans": json.dumps([span.as_list() for span in reading.spans]),
    }


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


def _with_progress(source: Source) -> Iterator[list[Row]]:
    """The chunks; how far they are goes to standard error, as standard output may be the table."""
    if not sys.stderr.isatty() or source.size is None:
        yield from _with_lines(source.chunks)
        return
    with click.progressbar(length=source.size, label="reading", file=sys.stderr) as bar:
        for chunk in source.chunks:
            yield chunk
            bar.update(source.read() - bar.pos)


def _with_lines(chunks: Iterator[list[Row]]) -> Iterator[list[Row]]:
    done = 0
    for chunk in chunks:
        yield chunk
        if done // _LINE_EVERY < (done + len(chunk)) // _LINE_EVERY:
            click.echo(f"{done + len(chunk):,} rows read", err=True)
        done += len(chunk)


@contextmanager
def _steps() -> Iterator[Callable[[str, int, int], None]]:
    """Shows training's steps: a bar on a terminal, a line each elsewhere."""
    if not sys.stderr.isatty():
        yield lambda what, done, of: click.echo(f"[{done + 1}/{of}] {what}", err=True)
        return
    with click.progressbar(length=1, label="training", file=sys.stderr) as bar:

        def show(what: str, done: int, of: int) -> None:
            bar.length, bar.label = of, what
            bar.update(done - bar.pos)

        yield show
        bar.update((bar.length or 1) - bar.pos)

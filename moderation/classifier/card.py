"""The model card, written from the manifest and the metrics: no figure in it is typed by hand."""

from collections.abc import Iterable
from typing import Any

# An attribute with fewer labelled rows than this has learnt too little to decide alone.
FEW_ROWS = 10_000


def card(manifest: dict[str, Any], metrics: dict[str, Any]) -> str:
    """The card in Markdown."""
    attributes = metrics["attributes"]
    unseen = [
        (name, source, figures)
        for name, of in attributes.items()
        for source, figures in of.get("unseen_sources", {}).items()
    ]
    slices = [
        (name, slice_, attributes[name][slice_])
        for name in attributes
        for slice_ in ("natural", "all")
        if slice_ in attributes[name]
    ]
    data = manifest["data"]
    return f"""# {manifest["model"]}

Scores an English comment from 0 to 1 for each of {len(attributes)} attributes, and says what each word added.
Made {manifest["created"]} with `{manifest["command"]}`.

## What it is

Hashed words, word pairs and character n-grams (3 to 5), weighted by TF-IDF; one logistic regression an
attribute; Platt's calibration folded into the weights. A word's contribution to the logit is exact, not an
estimate. A word that the article itself uses counts half as evidence, unless it stands next to a "you".

## Use it for

Deciding which comments a person should see before they appear, and showing that person why.

## Do not use it for

- Rejecting comments or punishing people without a person looking.
- Languages other than English.
- Counting "toxicity" to compare people, groups or sites.
- Deciding by {_few(attributes)} alone: too few people were asked.

## Data

`{data["file"]}`, {data["rows"]:,} rows, sha256 `{data["sha256"]}`. An empty label is left out, never read as 0.
A weight of 0 means: not trained on, only measured on.

{_table(("source", "rows", "weight", "licence"), _sources(data["sources"]))}

## Results

{metrics["split"]}
In brackets the 95 % bootstrap interval.

{_table(_HEAD, (_row((name, slice_), figures) for name, slice_, figures in slices))}

On sources that it has never seen:

{_table(_HEAD, (_row((name, source), figures) for name, source, figures in unseen))}

## Known failures

- It reads words, not sentences: "I was stupid to believe it" and "this kills me" score high, and a polite
  sentence that wishes somebody away scores low.
- A long comment with one cruel sentence scores lower than that sentence alone.
- Hate without a hateful word, and emoji, are mostly missed: see the unseen sources above.
- It is calibrated to Wikipedia's talk pages; where more (or fewer) comments are toxic, its scores are too low
  (or too high).
- The labels are those of paid raters, mostly from the United States; what they called toxic is what it learnt.

## Libraries

{", ".join(f"{name} {number}" for name, number in manifest["libraries"].items())}; seed {manifest["seed"]}.
"""


_HEAD = ("attribute", "measured on", "rows", "positive", "ROC AUC", "average precision", "calibration error",
         "baseline's AUC, AP, error")  # fmt: skip


def _row(names: tuple[str, str], figures: dict[str, Any]) -> tuple[str, ...]:
    model, baseline = figures["model"], figures["baseline"]
    return (
        *names,
        f"{figures['rows']:,}",
        f"{figures['positive']:,}",
        *(_with_interval(model[figure]) for figure in model),
        ", ".join(_number(baseline[figure]["value"]) for figure in baseline),
    )


def _with_interval(estimate: dict[str, float | None]) -> str:
    return f"{_number(estimate['value'])} ({_number(estimate['low'])} to {_number(estimate['high'])})"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _few(attributes: dict[str, Any]) -> str:
    few = [name for name, of in attributes.items() if of["trained_on"]["rows"] < FEW_ROWS]
    return " or ".join(few) or "one attribute"


def _sources(sources: dict[str, Any]) -> Iterable[tuple[str, ...]]:
    for name, source in sources.items():
        yield name, f"{source['rows']:,}", f"{source['weight']:g}", source["licence"]


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)

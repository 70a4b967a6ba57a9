"""What `train --reader careful` was asked for, and how its manifest tells it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from moderation.classifier import artifact
from moderation.classifier.data import TrainingData, rows_of, with_examples
from moderation.classifier.reader import QuickReader
from moderation.cli.described import described

KINDS = ("examples", "disguises", "contexts")  # of the mixture
SOURCES = ("civil-comments",)  # its texts are those of toxic_spans.csv.gz
LEFT_OUT = (*KINDS, *SOURCES)


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for on the command line."""

    file: Path
    output: Path
    seed: int
    rounds: int
    rows: int | None
    without: tuple[str, ...]
    quick: Path | None
    threads: int
    spans_by: Path | None
    start: Path | None = None
    own: float = 1.0  # how often our own examples are read, against usual; small trainings would be of little else


def without_sources(rows: TrainingData, names: tuple[str, ...]) -> TrainingData:
    kept = ~np.isin(rows.sources, names)
    if kept.all():
        return rows
    return rows_of(rows, np.flatnonzero(kept))


def data_of(wish: Wish, rows: TrainingData) -> dict[str, Any]:
    """What was trained on; a source's weight is how often its rows are read in one round."""
    from moderation.classifier.careful.mixture import ROUNDS

    whole = rows if "examples" in wish.without else with_examples(rows, seed=wish.seed)
    weights = {**ROUNDS, **dict.fromkeys(wish.without, 0.0)}
    return {"file": wish.file.name, "sha256": artifact.sha256(wish.file)} | described(whole, len(rows.texts), weights)


def command_of(wish: Wish, quick: QuickReader) -> str:
    options = ["--reader careful", f"--rounds {wish.rounds}", f"--seed {wish.seed}", f"--quick models/{quick.model}"]
    options += [] if wish.rows is None else [f"--rows {wish.rows}"]
    options += [f"--without {name}" for name in wish.without]
    options += [f"--start models/{wish.start.name}"] if wish.start else []
    return " ".join([f"moderation train {wish.file.name} --output models/{wish.output.name}", *options])


def refit_command_of(wish: Wish, quick: QuickReader) -> str:
    options = ["--reader careful --refit", f"--seed {wish.seed}", f"--quick models/{quick.model}"]
    options += [f"--spans-by {wish.spans_by.name}"] if wish.spans_by else []
    return " ".join([f"moderation train {wish.file.name} --output models/{wish.output.name}", *options])

"""The three columns of every figure: the quick reader, the careful one, and both together."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import KFold

from moderation.classifier.both import BothReaders, Mode
from moderation.classifier.careful.combining import Combination
from moderation.classifier.careful.fitting import Unseen, fit_combination
from moderation.classifier.figures import Figure, estimate
from moderation.classifier.training import sigmoid
from moderation.domain.policy import DEFAULT_BANDS
from moderation.domain.reading import Context

READERS = tuple(mode.value for mode in Mode)
_FOLDS = 5

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Columns = dict[str, Floats]  # reader -> a number for each text, or for each text and attribute
Fold = tuple[NDArray[np.intp], Combination]
Json = dict[str, Any]


def read_columns(both: BothReaders, texts: Sequence[str], contexts: Sequence[Context] | None = None) -> Columns:
    """Each reader's chances (texts x attributes), as the service would answer them."""
    readings = both.read_many(texts, contexts, spans=False)
    scores = {
        Mode.QUICK: [reading.apart[Mode.QUICK] for reading in readings],
        Mode.CAREFUL: [reading.apart[Mode.CAREFUL] for reading in readings],
        Mode.BOTH: [reading.scores for reading in readings],
    }
    return {
        mode.value: np.array([[of[name] for name in both.attributes] for of in rows]).reshape(-1, len(both.attributes))
        for mode, rows in scores.items()
    }


def fit_folds(unseen: Unseen, attributes: Sequence[str], seed: int) -> list[Fold]:
    """A part of the held-back rows, and the combination that was fitted on all the others; five times."""
    folds = KFold(_FOLDS, shuffle=True, random_state=seed).split(unseen.rows)
    return [(aside, fit_combination(part_of(unseen, others), attributes)) for others, aside in folds]


def cross_fitted(unseen: Unseen, folds: Sequence[Fold]) -> Columns:
    """Chances of the held-back rows, each by a combination that was fitted without it."""
    columns = {name: np.empty_like(unseen.quick) for name in READERS}
    for aside, found in folds:
        quick, careful = unseen.quick[aside], unseen.careful[aside]
        columns[Mode.QUICK][aside] = quick
        columns[Mode.CAREFUL][aside] = found.steepness * careful + found.alone
        columns[Mode.BOTH][aside] = found.quick * quick + found.careful * careful + found.shift
    return {name: sigmoid(logits) for name, logits in columns.items()}


def part_of(unseen: Unseen, rows: NDArray[Any]) -> Unseen:
    """Some of the rows, by number or by mask."""
    names = ("rows", "labels", "sources", "natural", "quick", "careful", "weights")
    return replace(unseen, **{name: getattr(unseen, name)[rows] for name in names})


def compared(figures: Mapping[str, Figure], columns: Mapping[str, Floats], labels: NDArray[Any]) -> Json:
    """Figure -> reader -> value and interval."""
    found = {reader: estimate(figures, scores, labels) for reader, scores in columns.items()}
    return {name: {reader: of[name].as_dict() for reader, of in found.items()} for name in figures}


def of_attribute(columns: Columns, column: int, rows: NDArray[Any] | slice = slice(None)) -> Columns:
    return {reader: chances[rows, column] for reader, chances in columns.items()}


def held(chances: Floats, attributes: Sequence[str]) -> Mask:
    """Which of the rows the default policy would hold."""
    edges = np.array([np.inf if (hold := DEFAULT_BANDS[name].hold) is None else hold for name in attributes])
    rows: Mask = np.any(chances >= edges, axis=1)
    return rows


def both_kinds(positive: Mask) -> bool:
    return bool(positive.any() and not positive.all())

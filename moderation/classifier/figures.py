"""How well scores tell apart what people told apart: the figures, each with a bootstrap interval."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BINS = 10  # of equal width, for the calibration error
RESAMPLES = 200

Floats = NDArray[np.float64]
# (scores in ascending order, labels of 0 or 1, weights) -> the figure, or None where it has no meaning
Figure = Callable[[Floats, Floats, Floats], float | None]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its 95 % bootstrap interval; None where the data cannot say (one class only)."""

    value: float | None
    low: float | None = None
    high: float | None = None

    def as_dict(self) -> dict[str, float | None]:
        return {
            name: None if number is None else round(number, 4)
            for name, number in (("value", self.value), ("low", self.low), ("high", self.high))
        }


def roc_auc(scores: Floats, labels: Floats, weights: Floats) -> float | None:
    """The chance that a positive scores above a negative, ties counting half."""
    positive, negative = _by_score(scores, labels, weights)
    below = np.cumsum(negative) - negative
    pairs = positive.sum() * negative.sum()
    return float((positive * (below + negative / 2)).sum() / pairs) if pairs else None


def average_precision(scores: Floats, labels: Floats, weights: Floats) -> float | None:
    """The precision averaged over the recall steps, from the highest score down."""
    positive, negative = (by_score[::-1] for by_score in _by_score(scores, labels, weights))
    if not positive.sum():
        return None
    found = np.cumsum(positive)
    taken = found + np.cumsum(negative)
    precision = np.divide(found, taken, out=np.zeros_like(found), where=taken > 0)
    return float((positive * precision).sum() / positive.sum())


def calibration_error(scores: Floats, labels: Floats, weights: Floats) -> float | None:
    """How far the scores of a bin lie from the share of positives in it, averaged over the rows."""
    if not weights.sum():
        return None
    bins = np.minimum((scores * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, weights * (scores - labels), minlength=BINS)
    return float(np.abs(gaps).sum() / weights.sum())


def precision_at(threshold: float) -> Figure:
    def precision(scores: Floats, labels: Floats, weights: Floats) -> float | None:
        taken = weights * (scores >= threshold)
        return float((taken * labels).sum() / taken.sum()) if taken.sum() else None

    return precision


def recall_at(threshold: float) -> Figure:
    def recall(scores: Floats, labels: Floats, weights: Floats) -> float | None:
        positive = weights * labels
        return float((positive * (scores >= threshold)).sum() / positive.sum()) if positive.sum() else None

    return recall


def _by_score(scores: Floats, labels: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """The weight of positives and of negatives at each distinct score, lowest first."""
    if not len(scores):
        return np.zeros(0), np.zeros(0)
    firsts = np.flatnonzero(np.diff(scores, prepend=-np.inf))
    return np.add.reduceat(weights * labels, firsts), np.add.reduceat(weights * (1 - labels), firsts)


def estimate(
    figures: Mapping[str, Figure],
    scores: NDArray[Any],
    labels: NDArray[Any],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> dict[str, Estimate]:
    """Every figure with its interval; all of them see the same resamples."""
    order = np.argsort(scores, kind="stable")
    sorted_scores = np.asarray(scores, dtype=np.float64)[order]
    sorted_labels = np.asarray(labels, dtype=np.float64)[order]
    whole = {name: figure(sorted_scores, sorted_labels, np.ones(len(order))) for name, figure in figures.items()}
    drawn: dict[str, list[float]] = {name: [] for name in figures}
    random = np.random.default_rng(seed)
    for _ in range(resamples if len(order) else 0):
        picks = random.integers(len(order), size=len(order))
        weights = np.bincount(picks, minlength=len(order)).astype(np.float64)
        for name, figure in figures.items():
            value = figure(sorted_scores, sorted_labels, weights)
            if value is not None:
                drawn[name].append(value)
    return {name: _with_interval(whole[name], drawn[name]) for name in figures}


def _with_interval(value: float | None, drawn: list[float]) -> Estimate:
    if value is None or not drawn:
        return Estimate(value)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Estimate(value, float(low), float(high))


RANKING: Mapping[str, Figure] = {
    "roc_auc": roc_auc,
    "average_precision": average_precision,
    "calibration_error": calibration_error,
}


def mean_estimate(values: Floats, *, per: Floats | None = None, seed: int = 0, resamples: int = RESAMPLES) -> Estimate:
    """The mean of *values*, as a share of the mean of *per* (of the same rows) if that is given."""
    if not len(values):
        return Estimate(None)
    below = np.ones(len(values)) if per is None else per
    random = np.random.default_rng(seed)
    picks = (random.integers(len(values), size=len(values)) for _ in range(resamples))
    drawn = [float(values[pick].sum() / max(below[pick].sum(), 1e-9)) for pick in picks]
    return _with_interval(float(values.sum() / max(below.sum(), 1e-9)), drawn)


def roc_auc_of(scores: NDArray[Any], labels: NDArray[Any]) -> float:
    """ROC AUC of scores in any order."""
    order = np.argsort(scores, kind="stable")
    found = roc_auc(scores[order].astype(np.float64), labels[order].astype(np.float64), np.ones(len(order)))
    return float("nan") if found is None else found


def reliability(scores: Floats, labels: NDArray[Any]) -> list[dict[str, float]]:
    """For each bin that has rows: how many, their mean score, and the share of positives."""
    bins = np.minimum((scores * BINS).astype(int), BINS - 1)
    return [
        {
            "from": number / BINS,
            "rows": int((bins == number).sum()),
            "score": round(float(scores[bins == number].mean()), 4),
            "share": round(float(labels[bins == number].mean()), 4),
        }
        for number in range(BINS)
        if (bins == number).any()
    ]

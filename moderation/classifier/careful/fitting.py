"""Fits how the two readers combine, on comments that neither has seen, and when the second is worth asking."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from moderation.classifier.careful.combining import Combination
from moderation.classifier.careful.reader import CarefulReader
from moderation.classifier.careful.weighing import weigh_by
from moderation.classifier.data import TrainingData
from moderation.classifier.reader import QuickReader
from moderation.classifier.training import UNCALIBRATED, source_weights
from moderation.domain.explain import logit
from moderation.domain.policy import DEFAULT_BANDS
from moderation.domain.reading import TOXICITY, Context

DIFFERENT = 0.001  # decisions that may differ from always asking
NEAR, NEAR_SHARE = 0.05, 0.99  # an answered score lies this near to always asking, for this share of comments
_PARTS = np.arange(1.0, 0.05, -0.05)  # of DIFFERENT that one attribute may use up: they err on the same comments
_SCORE_PARTS = (0.5, 0.35, 0.25, 0.1)  # of 1 - NEAR_SHARE that one end of one attribute may use up: the same
_EDGES = np.linspace(-1.5, 2.5, 9)  # bands that a policy may have, as logits
_NEVER = (1.0, -1.0)  # no logit lies between these
_USUAL_RATE = 0.1  # of toxic comments, where no natural ones say it
_LEAST_SOURCE = 0.1  # what a row counts here of a source that the quick reader is not trained on

Floats = NDArray[np.float64]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Unseen:
    """Held-back rows of real comments as each reader sees them: logits, rows x attributes."""

    rows: NDArray[np.intp]
    labels: Floats
    sources: NDArray[np.str_]
    natural: NDArray[np.bool_]
    quick: Floats
    careful: Floats
    weights: Floats  # rows x attributes: what each counts, so that toxic ones are as rare as in the natural slice


def fitting_weights(data: TrainingData, attributes: Sequence[str]) -> Floats:
    """What each row counts for each attribute: the quick reader's calibration (`calibrating_weights`) over all rows.

    TOXICITY has a natural slice. For the others toxic rows are weighted down until they are as rare as in it.
    """
    toxicity, of_source = data.labels[TOXICITY], np.maximum(source_weights(data), _LEAST_SOURCE)
    natural = data.natural & ~np.isnan(toxicity)
    rate = float(np.mean(toxicity[natural] >= 0.5)) if natural.any() else _USUAL_RATE
    weights = np.zeros((len(data.texts), len(attributes)))
    for column, attribute in enumerate(attributes):
        labels = data.labels[attribute]
        labelled = ~np.isnan(labels)
        if attribute == TOXICITY and natural.any():
            weights[:, column] = natural
            continue
        toxic = labelled & (np.where(np.isnan(toxicity), labels, toxicity) >= 0.5)
        weights[labelled, column] = of_source[labelled]
        toxic_weight, other_weight = weights[toxic, column].sum(), weights[~toxic, column].sum()
        if toxic_weight and other_weight:
            weights[toxic, column] *= rate / (1 - rate) * other_weight / toxic_weight
    return weights


def read_unseen(
    data: TrainingData, quick: QuickReader, careful: CarefulReader, weights: Floats, progress: Progress
) -> Unseen:
    """Let both readers read the held-back rows of *data*; *weights* are of its rows, an attribute a column."""
    rows = np.flatnonzero(data.held_back)
    texts = [data.texts[row] for row in rows]
    readings = quick.read_many(texts, spans=False)
    names = quick.attributes
    columns = [careful.attributes.index(name) for name in names]
    logits = np.empty((len(rows), len(names)))
    for at in range(0, len(rows), 500):
        progress("reading the held-back comments", at, len(rows))
        some = texts[at : at + 500]
        for row, said in enumerate(
            careful.read_many(some, [Context()] * len(some), [weigh_by(quick, text) for text in some]), at
        ):
            logits[row] = said.logits[columns]
    return Unseen(
        rows=rows,
        labels=np.stack([data.labels[name][rows] for name in names], axis=1),
        sources=data.sources[rows],
        natural=data.natural[rows],
        quick=np.array([[logit(reading.scores[name]) for name in names] for reading in readings]),
        careful=logits,
        weights=weights[rows],
    )


def fit_combination(unseen: Unseen, attributes: Sequence[str]) -> Combination:
    """Platt's calibration of the careful reader alone, and a logistic regression of both readers' logits."""
    number = len(attributes)
    quick, careful, shift = np.full(number, 0.5), np.full(number, 0.5), np.zeros(number)
    steepness, alone = np.ones(number), np.zeros(number)
    for column, attribute in enumerate(attributes):
        shown = (unseen.weights[:, column] > 0) & ~np.isnan(unseen.labels[:, column])
        positive = unseen.labels[shown, column] >= 0.5
        if attribute in UNCALIBRATED or not positive.any() or positive.all():
            continue
        weights = unseen.weights[shown, column]
        both = np.stack([unseen.quick[shown, column], unseen.careful[shown, column]], axis=1)
        (quick[column], careful[column]), shift[column] = _regression(both, positive, weights)
        (steepness[column],), alone[column] = _regression(both[:, 1:], positive, weights)
    together = quick * unseen.quick + careful * unseen.careful + shift
    never = np.zeros(number)
    found = Combination(tuple(attributes), quick, careful, shift, steepness, alone, never, never, never, never)
    for part in _PARTS:
        lower, higher = _margins(unseen, together, attributes, part * DIFFERENT)
        found = replace(found, lower=lower, higher=higher)
        if shares(unseen, found)["decisions_that_differ"] < DIFFERENT:
            break
    for part in _SCORE_PARTS:
        allowed = part * (1 - NEAR_SHARE)
        bounds = [_score_bounds(unseen, together, column, name, allowed) for column, name in enumerate(attributes)]
        score_from, score_to = np.array(bounds).T
        found = replace(found, score_from=score_from, score_to=score_to)
        if shares(unseen, found)["scores_that_differ"] < 1 - NEAR_SHARE:
            break
    return found


def _regression(logits: Floats, positive: NDArray[np.bool_], weights: Floats) -> tuple[Floats, float]:
    """Weights and intercept. A reader that would count against itself is left out."""
    fitted = LogisticRegression(C=10.0).fit(logits, positive, sample_weight=weights)
    if logits.shape[1] > 1 and (fitted.coef_[0] < 0).any():
        best = int(fitted.coef_[0].argmax())
        (weight,), shift = _regression(logits[:, [best]], positive, weights)
        return np.where(np.arange(2) == best, weight, 0.0), shift
    return fitted.coef_[0], float(fitted.intercept_[0])


def natural_weights(unseen: Unseen) -> Floats:
    """What a row counts for a share of all comments: talk pages only, toxic ones as rare as they naturally are.

    Data of one's own may have no talk pages: then all its comments count.
    """
    labelled = ~np.isnan(unseen.labels[:, 0])
    talk = np.char.startswith(unseen.sources, "wikipedia-talk") & labelled
    talk = talk if talk.any() else labelled
    toxic = unseen.labels[:, 0] >= 0.5
    rate = float(toxic[unseen.natural].mean()) if unseen.natural.any() else _USUAL_RATE
    weights = talk.astype(float)
    weights[talk & toxic] *= rate / (1 - rate) * (talk & ~toxic).sum() / max(1, (talk & toxic).sum())
    shares: Floats = weights / weights.sum()
    return shares


def _margins(unseen: Unseen, together: Floats, attributes: Sequence[str], allowed: float) -> tuple[Floats, Floats]:
    """How far below and above the quick reader's logit an edge may lie and still be crossed, but for few comments."""
    weights = natural_weights(unseen)
    lower, higher = np.zeros(len(attributes)), np.zeros(len(attributes))
    for column in range(len(attributes)):  # a site may set a band for any of them
        quick, both = unseen.quick[:, column], together[:, column]
        up = max(_reach(quick, both, edge, weights, allowed) for edge in _EDGES)
        down = max(_reach(-quick, -both, -edge, weights, allowed) for edge in _EDGES)
        higher[column], lower[column] = up, down
    return lower, higher


def _reach(quick: Floats, both: Floats, edge: float, weights: Floats, allowed: float) -> float:
    """How far under the edge the quick reader's logit lies for rows that cross it, all but *allowed* of them."""
    crossing = (quick < edge) & (both >= edge)
    if not crossing.any():
        return 0.0
    distance, weight = edge - quick[crossing], weights[crossing]
    order = np.argsort(-distance)
    left_out = np.cumsum(weight[order])
    kept = np.flatnonzero(left_out > allowed)
    return float(distance[order][kept[0]]) if len(kept) else 0.0


def _score_bounds(unseen: Unseen, together: Floats, column: int, attribute: str, allowed: float) -> tuple[float, float]:
    """The quick reader's logits outside which its score is near enough to always asking, all but *allowed* a side."""
    if attribute in UNCALIBRATED:
        return _NEVER
    weights = natural_weights(unseen)
    quick, both = unseen.quick[:, column], together[:, column]
    far = np.abs(_chance(quick) - _chance(both)) > NEAR
    order = np.argsort(quick)
    below, above = np.cumsum((weights * far)[order]), np.cumsum((weights * far)[order][::-1])
    start, end = int(np.searchsorted(below, allowed, side="right")), int(np.searchsorted(above, allowed, side="right"))
    ordered = quick[order]
    return float(ordered[min(start, len(order) - 1)]), float(ordered[::-1][min(end, len(order) - 1)])


def _chance(logits: Floats) -> Floats:
    chances: Floats = 1 / (1 + np.exp(-logits))
    return chances


def shares(unseen: Unseen, combination: Combination) -> dict[str, float]:
    """How often the careful reader is asked, and how often not asking it changes what is decided or answered."""
    weights = natural_weights(unseen)
    return {name: float(weights[rows].sum()) for name, rows in cases(unseen, combination).items()}


def cases(unseen: Unseen, combination: Combination) -> dict[str, NDArray[np.bool_]]:
    """For which rows the careful reader is asked, and for which not asking it changes what is decided or answered."""
    together = combination.quick * unseen.quick + combination.careful * unseen.careful + combination.shift
    names = combination.attributes
    scores = [dict(zip(names, row, strict=True)) for row in _chance(unseen.quick).tolist()]
    asked = np.array([combination.may_change_decision(row, DEFAULT_BANDS) for row in scores])
    answered = np.array([combination.may_change_score(row) for row in scores])
    holds = {name: band.hold for name, band in DEFAULT_BANDS.items() if band.hold is not None}
    columns = [names.index(name) for name in holds if name in names]
    edges = np.array([logit(hold) for name, hold in holds.items() if name in names])
    by_quick = (unseen.quick[:, columns] >= edges).any(axis=1)
    by_both = (together[:, columns] >= edges).any(axis=1)
    far = np.abs(_chance(unseen.quick[:, columns]) - _chance(together[:, columns])) > NEAR
    return {
        "asked_for_decisions": asked,
        "decisions_that_differ": ~asked & (by_quick != by_both),
        "asked_for_scores": answered,
        "scores_that_differ": ~answered & far.any(axis=1),
    }

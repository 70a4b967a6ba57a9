"""Logistic regression of each attribute by scikit-learn, on labels that are shares of raters."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import SGDClassifier

EPOCHS = 5
# How strongly weights are drawn to zero, for each row that is learnt. Less carried over worse to talk pages that
# were left out, twice as much told natural comments apart worse.
_CAUTION = 0.8

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Fitted:
    """Weights (features x attributes) and biases."""

    weights: Floats
    biases: Floats

    def logits(self, rows: sparse.csr_matrix) -> Floats:
        logits: Floats = np.asarray(rows @ self.weights, dtype=np.float32) + self.biases
        return logits


def fit(
    rows: sparse.csr_matrix,
    labels: Floats,
    weights: Floats,
    *,
    seed: int,
    epochs: int = EPOCHS,
    held_at_zero: NDArray[np.bool_] | None = None,
) -> Fitted:
    """Fit labels from 0 to 1 (rows x attributes); a weight of 0 leaves a row's label out."""
    fitted = Fitted(np.zeros((rows.shape[1], labels.shape[1]), np.float32), np.zeros(labels.shape[1], np.float32))

    def learn(column: int) -> None:
        held = None if held_at_zero is None else held_at_zero[:, column]
        found = _regression(rows, labels[:, column], weights[:, column], held, seed, epochs)
        if found is not None:
            fitted.weights[:, column], fitted.biases[column] = found.coef_[0], found.intercept_[0]

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(learn, range(labels.shape[1])))
    return fitted


def _regression(
    rows: sparse.csr_matrix,
    labels: Floats,
    weights: Floats,
    held: NDArray[np.bool_] | None,
    seed: int,
    epochs: int,
) -> SGDClassifier | None:
    """One attribute: a label of .7 is a row for it that weighs .7 and one against it that weighs .3."""
    for_it, against = np.flatnonzero(weights * labels > 0), np.flatnonzero(weights * (1 - labels) > 0)
    if not len(for_it) or not len(against):
        return None
    chosen = rows[np.concatenate([for_it, against])]
    if held is not None:
        chosen.data *= ~held[chosen.indices]
    regression = SGDClassifier(
        loss="log_loss",
        alpha=_CAUTION / np.count_nonzero(weights),
        max_iter=epochs,
        tol=None,
        average=True,
        random_state=seed,
    )
    return regression.fit(
        chosen,
        np.repeat([1, 0], [len(for_it), len(against)]),
        sample_weight=np.concatenate([(weights * labels)[for_it], (weights * (1 - labels))[against]]),
    )

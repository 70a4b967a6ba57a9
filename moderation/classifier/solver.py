"""Logistic regression of all attributes in one go: a row's features are read once for the eight of them.

AdaGrad with a step that falls to nothing. scikit-learn's solvers fit one attribute at a time, and take a share
of raters as a label only when each row is doubled.
"""

from dataclasses import dataclass

import numpy as np
from numba import float32, int32, int64, types
from numpy.typing import NDArray
from scipy import sparse

from moderation.text.compiled import compiled

EPOCHS = 3
_STEP = 0.3
# Where a weight's sum of squared gradients begins: the higher, the more a word must be seen to count.
_CAUTION = 0.1
_BIAS_STEP = 0.1

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Fitted:
    """Weights (features x attributes) and biases."""

    weights: Floats
    biases: Floats

    def logits(self, rows: sparse.csr_matrix) -> Floats:
        logits: Floats = np.asarray(rows @ self.weights, dtype=np.float32) + self.biases
        return logits


def fit(rows: sparse.csr_matrix, labels: Floats, weights: Floats, *, seed: int, epochs: int = EPOCHS) -> Fitted:
    """Fit labels from 0 to 1 (rows x attributes); a weight of 0 leaves a row's label out."""
    used = np.flatnonzero(weights.any(axis=1))
    random = np.random.default_rng(seed)
    learnt = np.zeros((rows.shape[1], labels.shape[1]), np.float32)
    squares = np.full_like(learnt, _CAUTION)
    biases, bias_squares = np.zeros(labels.shape[1], np.float32), np.ones(labels.shape[1], np.float32)
    for epoch in range(epochs):
        _learn(
            rows.indptr.astype(np.int64), rows.indices.astype(np.int32, copy=False), rows.data,
            labels, weights, random.permutation(used), epoch, epochs, learnt, squares, biases, bias_squares,
        )  # fmt: skip
    return Fitted(learnt, biases)


@compiled(
    types.void(
        int64[::1], int32[::1], float32[::1], float32[:, ::1], float32[:, ::1], int64[::1], int64, int64,
        float32[:, ::1], float32[:, ::1], float32[::1], float32[::1],
    )
)  # fmt: skip
def _learn(
    starts: NDArray[np.int64],
    columns: NDArray[np.int32],
    values: Floats,
    labels: Floats,
    counts: Floats,
    order: NDArray[np.int64],
    epoch: int,
    epochs: int,
    learnt: Floats,
    squares: Floats,
    biases: Floats,
    bias_squares: Floats,
) -> None:
    """One pass over the rows in *order*; changes the last four."""
    width = labels.shape[1]
    logits, slopes = np.zeros(width, np.float32), np.zeros(width, np.float32)
    for done in range(len(order)):
        row = order[done]
        step = np.float32(_STEP * (1 - (epoch + done / len(order)) / epochs))
        logits[:] = biases
        for entry in range(starts[row], starts[row + 1]):
            for one in range(width):
                logits[one] += values[entry] * learnt[columns[entry], one]
        for one in range(width):
            slopes[one] = counts[row, one] * (1 / (1 + np.exp(-logits[one])) - labels[row, one])
            bias_squares[one] += slopes[one] * slopes[one]
            biases[one] -= _BIAS_STEP * slopes[one] / np.sqrt(bias_squares[one])
        for entry in range(starts[row], starts[row + 1]):
            column = columns[entry]
            for one in range(width):
                slope = slopes[one] * values[entry]
                squares[column, one] += slope * slope
                learnt[column, one] -= step * slope / np.sqrt(squares[column, one])

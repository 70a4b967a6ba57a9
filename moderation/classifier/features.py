"""The hashed features of a text as a scikit-learn transformer: what the quick reader is trained on."""

from collections.abc import Iterable
from typing import Any, Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin

from moderation.classifier.emoji import EMOJI, EMOJI_LETTERS, EMOJI_STARTS
from moderation.classifier.hashing import FEATURES_PER_CHAR, FEATURES_VERSION, word_columns
from moderation.classifier.kernel import fill_rows
from moderation.text.letters import tables
from moderation.text.normalise import normalise_many

N_FEATURES = 2**20
_AT_ONCE = 1000

__all__ = ["FEATURES_VERSION", "HashedWords", "word_columns"]


class HashedWords(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Hash the words, word pairs and character n-grams of each text.

    A feature is there or not, however often. All those of words and pairs have one value in a text, all
    those of characters another: their number to the power of minus *damping*.

    Parameters
    ----------
    n_features : int, default=2**20
        The number of columns: half are words and word pairs, half are character n-grams.
    damping : float, default=0.5
        How much less each feature counts the more there are; 0.5 gives rows of Euclidean norm 1 in each half.
    """

    def __init__(self, n_features: int = N_FEATURES, damping: float = 0.5) -> None:
        self.n_features = n_features
        self.damping = damping

    def fit(self, X: Iterable[str], y: Any = None) -> Self:
        """Do nothing: hashing learns nothing."""
        return self

    def transform(self, X: Iterable[str]) -> sparse.csr_matrix:
        """Return the features, one row a text."""
        if isinstance(X, str):
            raise ValueError("Iterable over raw text documents expected, string object received.")
        texts = list(X)
        parts = [self._rows(texts[at : at + _AT_ONCE]) for at in range(0, len(texts), _AT_ONCE)]
        return (
            sparse.vstack(parts, format="csr") if parts else sparse.csr_matrix((0, self.n_features), dtype=np.float32)
        )

    def _rows(self, texts: list[str]) -> sparse.csr_matrix:
        codes, _, bounds = normalise_many(texts)
        room = FEATURES_PER_CHAR * len(codes) + 8
        columns, values = np.empty(room, np.int32), np.empty(room, np.float32)
        starts = np.empty(len(bounds), np.int64)
        first = word_columns(self.n_features)
        size = fill_rows(
            codes,
            bounds,
            tables().kinds,
            EMOJI,
            EMOJI_STARTS,
            EMOJI_LETTERS,
            first,
            self.n_features - first,
            self.damping,
            columns,
            values,
            starts,
        )
        rows = sparse.csr_matrix(
            (values[:size].copy(), columns[:size].copy(), starts), shape=(len(texts), self.n_features)
        )
        rows.sort_indices()
        return rows

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.requires_fit = False
        return tags

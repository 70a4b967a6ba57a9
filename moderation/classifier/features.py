"""Words of a raw text with their offsets, and the hashed features of each: what the classifier sees."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, Self
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin

from moderation.text.fold import fold

# Goes up with every change of folding, tokens or hashing: weights fit only the features they were fitted on.
FEATURES_VERSION = 1

# A word may hide letters behind signs (f**k, $hit, b!tch) and keeps its apostrophe; other signs and each
# emoji stand alone. No full stop inside: people forget the space after one.
_TOKEN = re.compile(r"[$@]?\w+(?:[*@$#!'-]+\w+)*\*{0,3}|[!?]+|[^\w\s.,;:()\"'/-]")
_STRETCHED = re.compile(r"(.)\1{2,}")
_WORD_CHARS = 40  # a longer "word" is noise, and its n-grams would drown the rest of the comment

Ids = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Token:
    """One word as it stands at `start:end` of the raw text, and the form the model knows it by."""

    start: int
    end: int
    word: str


def tokens(text: str) -> list[Token]:
    folded = fold(text)
    return [
        Token(*folded.span(found.start(), found.end()), _short(found.group())) for found in _TOKEN.finditer(folded.text)
    ]


def _short(word: str) -> str:
    """The word with no letter more than twice in a row (sooooo), and no longer than words are."""
    return _STRETCHED.sub(r"\1\1", word[:_WORD_CHARS])


@lru_cache(maxsize=50_000)
def word_ids(word: str) -> Ids:
    """The hash of the word and of its character 3- to 5-grams, word boundaries included."""
    padded = f" {word} "
    grams = [padded[i : i + n] for n in (3, 4, 5) for i in range(len(padded) - n + 1)]
    return np.array([_hash("w:" + word), *(_hash("c:" + gram) for gram in grams)], dtype=np.uint32)


def pair_ids(words: Sequence[str]) -> Ids:
    """The hash of each word together with the next."""
    return np.array([_hash(f"p:{left} {right}") for left, right in pairwise(words)], dtype=np.uint32)


def _hash(feature: str) -> int:
    return crc32(feature.encode("utf-8", "surrogatepass"))


class HashedWords(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Count the hashed words, word pairs and character n-grams of each text.

    Parameters
    ----------
    n_features : int, default=2**18
        The number of columns; a feature's column is its hash modulo this.
    """

    def __init__(self, n_features: int = 2**18) -> None:
        self.n_features = n_features

    def fit(self, X: Iterable[str], y: Any = None) -> Self:
        """Do nothing: hashing learns nothing."""
        return self

    def transform(self, X: Iterable[str]) -> sparse.csr_matrix:
        """Return the counts, one row a text."""
        rows = [self._counts(text) for text in X]
        starts = np.cumsum([0, *(len(columns) for columns, _ in rows)])
        columns = np.concatenate([np.empty(0, np.int32), *(columns for columns, _ in rows)])
        counts = np.concatenate([np.empty(0, np.float32), *(counts for _, counts in rows)])
        return sparse.csr_matrix((counts, columns, starts), shape=(len(rows), self.n_features))

    def _counts(self, text: str) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        words = [token.word for token in tokens(text)]
        ids = np.concatenate([pair_ids(words), *map(word_ids, words)])
        columns, counts = np.unique(ids % self.n_features, return_counts=True)
        return columns.astype(np.int32), counts.astype(np.float32)

    def __sklearn_is_fitted__(self) -> bool:
        return True

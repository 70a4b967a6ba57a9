"""Words of a raw text with their offsets, and the hashed features of each: what the classifier sees."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin

Ids = NDArray[np.uint32]

# A word may hide letters behind signs (f**k, $hit, b!tch) and keeps its apostrophe; other signs and each
# emoji stand alone. No full stop inside: people forget the space after one.
_TOKEN = re.compile(r"[$@]?\w+(?:[*@$#!'’-]+\w+)*\*{0,3}|[!?]+|[^\w\s.,;:()\"'/-]")
_STRETCH = re.compile(r"(.)\1{2,}")
_WORD_CHARS = 40  # beyond this a "word" is noise; its n-grams would drown the comment


@dataclass(frozen=True, slots=True)
class Token:
    """One word as it stands at `start:end` of the raw text, and its folded form."""

    start: int
    end: int
    word: str


def tokens(text: str) -> list[Token]:
    return [Token(found.start(), found.end(), fold(found.group())) for found in _TOKEN.finditer(text)]


@lru_cache(maxsize=65_536)
def fold(word: str) -> str:
    """The word as the model knows it: one case, one form of each letter, no letter more than twice."""
    folded = unicodedata.normalize("NFKC", word[:_WORD_CHARS]).casefold().replace("’", "'")
    return _STRETCH.sub(r"\1\1", folded)[:_WORD_CHARS]


@lru_cache(maxsize=65_536)
def word_ids(word: str) -> Ids:
    """The hash of the word and of its character 3- to 5-grams, word boundaries included."""
    padded = f" {word} "
    grams = [padded[i : i + n] for n in (3, 4, 5) for i in range(len(padded) - n + 1)]
    return np.array([_hash("w:" + word), *(_hash("c:" + gram) for gram in grams)], dtype=np.uint32)


def pair_ids(words: Sequence[str]) -> Ids:
    """The hash of each word together with the next."""
    pairs = zip(words, words[1:], strict=False)
    return np.array([_hash(f"p:{left} {right}") for left, right in pairs], dtype=np.uint32)


def _hash(feature: str) -> int:
    return crc32(feature.encode("utf-8", "surrogatepass"))


class HashedWords(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Counts of hashed words, word pairs and character n-grams, one row a text.

    Parameters
    ----------
    n_features : int
        The number of columns; a feature's column is its hash modulo this.
    """

    def __init__(self, n_features: int = 2**18) -> None:
        self.n_features = n_features

    def fit(self, X: Iterable[str], y: Any = None) -> Self:
        return self

    def transform(self, X: Iterable[str]) -> sparse.csr_matrix:
        """Count the features of each text in *X*."""
        rows = [self._counts(text) for text in X]
        indptr = np.cumsum([0, *(len(columns) for columns, _ in rows)])
        columns = np.concatenate([columns for columns, _ in rows] or [np.empty(0, np.int64)])
        counts = np.concatenate([counts for _, counts in rows] or [np.empty(0, np.float32)])
        return sparse.csr_matrix(
            (counts.astype(np.float32), columns.astype(np.int32), indptr), shape=(len(rows), self.n_features)
        )

    def _counts(self, text: str) -> tuple[NDArray[Any], NDArray[Any]]:
        words = [token.word for token in tokens(text)]
        ids = np.concatenate([pair_ids(words), *(word_ids(word) for word in words)])
        columns, counts = np.unique(ids % self.n_features, return_counts=True)
        return columns, counts

    def __sklearn_is_fitted__(self) -> bool:
        return True

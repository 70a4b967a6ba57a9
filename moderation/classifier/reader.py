"""The quick reader: scores a text in well under a millisecond and says what each word added."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from moderation.classifier.artifact import Model, load, newest
from moderation.classifier.features import Token, pair_ids, tokens, word_ids
from moderation.domain.policy import DEFAULT_BANDS
from moderation.domain.reading import HIGHLIGHT_SHARE, TOXICITY, Context, Reading, Span

SPANS_PER_ATTRIBUTE = 20
EXPLAINED_FROM = 0.2  # an attribute that scores lower needs no explanation; TOXICITY always has one

# A word of the article counts half as evidence against a reader who takes it up: "torture" under an
# article on torture. Unless it is aimed at somebody: a "you" stands within so many words of it.
ARTICLE_WORD_FACTOR = 0.5
_AIM_WORDS = 2
_YOU = frozenset(
    {"you", "your", "yours", "yourself", "yourselves", "you're", "youre", "u", "ur", "ya", "y'all", "yall"}
)

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What each word adds to each attribute's logit (words x attributes), nothing left out."""

    tokens: list[Token]
    contributions: Floats
    logits: Floats


class QuickReader:
    """Reads texts with one model; immutable once made, so any number of threads may use it."""

    def __init__(self, model: Model) -> None:
        self.model = model.name
        self.attributes = tuple(model.estimators)
        self._columns = np.uint32(model.features["words"].n_features)
        self._idf: Floats = model.features["tfidf"].idf_.astype(np.float32)
        estimators = model.estimators.values()
        # One row a feature: the weights of a comment's features are then read in one go each.
        self._weights: Floats = np.stack([e.coef_[0] for e in estimators], axis=1).astype(np.float32)
        self.biases: Floats = np.array([e.intercept_[0] for e in estimators], dtype=np.float32)
        self._deciding = frozenset(
            name for name in self.attributes if DEFAULT_BANDS[name].hold is not None or DEFAULT_BANDS[name].reject
        )

    @classmethod
    def load(cls, directory: Path | None = None) -> Self:
        """The model in *directory*, or the newest of the project's.

        Raises:
            ModelError: there is none, or it must not be trusted.
        """
        return cls(load(newest() if directory is None else directory))

    def read(self, text: str, context: Context = Context(), *, spans: bool = True) -> Reading:  # noqa: B008 - frozen
        evidence = self.evidence(text, context)
        chances = 1 / (1 + np.exp(-evidence.logits.astype(np.float64)))
        scores = dict(zip(self.attributes, chances.tolist(), strict=True))
        return Reading(scores=scores, spans=self._spans(evidence, scores) if spans else (), model=self.model)

    def read_many(
        self, texts: Sequence[str], contexts: Sequence[Context] | None = None, *, spans: bool = True
    ) -> list[Reading]:
        contexts = contexts or [Context()] * len(texts)
        return [self.read(text, context, spans=spans) for text, context in zip(texts, contexts, strict=True)]

    def evidence(self, text: str, context: Context = Context()) -> Evidence:  # noqa: B008 - frozen
        """Every word's contribution; with the biases they add up to the logits."""
        found = tokens(text)
        contributions = self._contributions([token.word for token in found])
        known = _words_of(context.title, context.article)
        if known:
            damped = [index for index in _unaimed(found) if found[index].word in known]
            contributions[damped] = np.where(
                contributions[damped] > 0, contributions[damped] * ARTICLE_WORD_FACTOR, contributions[damped]
            )
        return Evidence(found, contributions, self.biases + contributions.sum(axis=0))

    def _contributions(self, words: list[str]) -> Floats:
        """The weighted TF-IDF taken apart by word: each has its own n-grams, and half of its two pairs."""
        if not words:
            return np.zeros((0, len(self.attributes)), dtype=np.float32)
        groups = [word_ids(word) for word in words]
        ids = np.concatenate([*groups, pair_ids(words)]) % self._columns
        unique, place, counts = np.unique(ids, return_inverse=True, return_counts=True)
        values = (1 + np.log(counts)) * self._idf[unique]
        each = values / counts / np.sqrt((values**2).sum())
        added = self._weights[ids] * each[place, None].astype(np.float32)
        sizes = np.array([len(group) for group in groups])
        own = np.add.reduceat(added[: sizes.sum()], np.cumsum(sizes) - sizes, axis=0)
        halves = added[sizes.sum() :] / 2
        own[:-1] += halves
        own[1:] += halves
        contributions: Floats = own
        return contributions

    def _spans(self, evidence: Evidence, scores: dict[str, float]) -> tuple[Span, ...]:
        """The words that matter to the attributes that may decide, heaviest first."""
        spans = []
        for column, attribute in enumerate(self.attributes):
            if attribute != TOXICITY and (attribute not in self._deciding or scores[attribute] < EXPLAINED_FROM):
                continue
            column_contributions = evidence.contributions[:, column]
            weights = np.abs(column_contributions)
            order = np.argsort(-weights, kind="stable")[:SPANS_PER_ATTRIBUTE]
            spans += [
                Span(token.start, token.end, attribute, float(column_contributions[index]))
                for index in order
                if weights[index] > 0 and weights[index] >= HIGHLIGHT_SHARE * weights[order[0]]
                for token in (evidence.tokens[index],)
            ]
        return tuple(spans)


@lru_cache(maxsize=64)
def _words_of(title: str, article: str) -> frozenset[str]:
    words = {token.word for token in tokens(title)} | {token.word for token in tokens(article)}
    return frozenset(words - ENGLISH_STOP_WORDS)  # every article uses those


def _unaimed(found: list[Token]) -> list[int]:
    """The words that do not stand next to a "you"."""
    aims = [index for index, token in enumerate(found) if token.word in _YOU]
    aimed = {near for aim in aims for near in range(aim - _AIM_WORDS, aim + _AIM_WORDS + 1)}
    return [index for index in range(len(found)) if index not in aimed]

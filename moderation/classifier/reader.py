"""The quick reader: scores a text in a small part of a millisecond and says what each word added."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from moderation.classifier.artifact import Model, load, newest
from moderation.classifier.emoji import EMOJI, EMOJI_LETTERS, EMOJI_STARTS
from moderation.classifier.hashing import word_columns
from moderation.classifier.kernel import WIDTH, explain, heaviest, place_in_raw, sum_rows
from moderation.domain.reading import HIGHLIGHT_SHARE, SEXUALLY_EXPLICIT, SPAM, TOXICITY, Context, Reading, Span
from moderation.text.letters import tables
from moderation.text.normalise import normalise, normalise_many

SPANS_PER_ATTRIBUTE = 20
EXPLAINED_FROM = 0.2  # an attribute that scores lower needs no explanation; TOXICITY always has one
_AT_ONCE = 1000

# A word that the article uses counts less as evidence against a reader. Unless it is aimed at somebody: a "you"
# stands within so many words of it, or so many words before it something is wished.
_AIM_WORDS = 2
_WISH_WORDS = 4
_YOU = "you your yours yourself yourselves you're u ur ya y'all"
_WISHES = "should must ought deserve deserves deserved needs"
# Every article uses these, and they excuse nothing.
_COMMON = (
    "a an the and or but if of to in on at by for with from as is are was were be been being am do does did have has "
    "had not no nor so than that this these those there here it its he she they we i me him her them us my his their "
    "our who what which when where why how all any both each more most other some such only own same too very can "
    "will just would could may might into over under again then once about up down out off"
)

Floats = NDArray[np.float32]
Columns = frozenset[int]


@dataclass(frozen=True, slots=True)
class Token:
    """One word as it stands at `start:end` of the raw text, and the form the model knows it by."""

    start: int
    end: int
    word: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What each word adds to each attribute's logit (words x attributes), nothing left out."""

    tokens: list[Token]
    contributions: Floats
    logits: Floats


class Parts(NamedTuple):
    """One text taken apart: its words (start, end and column), what each adds, and what the article took off it."""

    words: list[list[int]]
    added: Floats
    sums: Floats
    excused: Floats | None


class QuickReader:
    """Reads texts with one model; immutable once made, so any number of threads may use it."""

    def __init__(self, model: Model) -> None:
        self.model = model.name
        self.attributes = model.attributes
        self.biases: Floats = model.biases
        self._bias = dict(zip(model.attributes, model.biases.tolist(), strict=True))
        self._weights = np.asarray(model.weights)
        self._scales: Floats = np.ones(WIDTH, dtype=np.float32)
        self._scales[: len(model.scales)] = model.scales
        self._factors = np.ones(WIDTH, dtype=np.float32)
        self._factors[: len(model.scales)] = model.article_factors
        words = word_columns(model.n_features)
        self._hashing = (
            tables().kinds, EMOJI, EMOJI_STARTS, EMOJI_LETTERS, words, model.n_features - words, model.damping,
        )  # fmt: skip
        self._you, self._wishes, self._common = (self._columns([words]) for words in (_YOU, _WISHES, _COMMON))
        self._words_of = lru_cache(maxsize=64)(self._article_words)
        self._told = frozenset(self.attributes) - {SPAM, SEXUALLY_EXPLICIT}  # those have too few labels to explain

    @classmethod
    def load(cls, directory: Path | None = None) -> Self:
        """The model in *directory*, or the newest of the project's, ready to read at full speed.

        Raises:
            ModelError: there is none, or it must not be trusted.
        """
        reader = cls(load(newest() if directory is None else directory))
        reader.read("ready")
        return reader

    def read(self, text: str, context: Context = Context(), *, spans: bool = True) -> Reading:  # noqa: B008 - frozen
        if not spans:
            return self.read_many([text], [context], spans=False)[0]
        parts = self.parts(text, context)
        sums = parts.sums[: len(self.attributes)]
        chances = dict(zip(self.attributes, chances_of(self.biases + sums).tolist(), strict=True))
        rest = dict(zip(self.attributes, sums.tolist(), strict=True))
        found = tuple(self._spans(parts, chances))
        for span in found:
            rest[span.attribute] -= span.contribution
        return Reading(
            scores=chances,
            spans=found,
            model=self.model,
            bias=self._bias,
            rest=rest,
            excused=tuple(self._excused(parts, chances)),
        )

    def read_many(
        self, texts: Sequence[str], contexts: Sequence[Context] | None = None, *, spans: bool = True
    ) -> list[Reading]:
        """One reading a text, in order; much the fastest without spans and without articles."""
        contexts = contexts or [Context()] * len(texts)
        if spans:
            return [self.read(text, context) for text, context in zip(texts, contexts, strict=True)]
        readings: list[Reading] = []
        for at in range(0, len(texts), _AT_ONCE):
            readings += self._scores(texts[at : at + _AT_ONCE], contexts[at : at + _AT_ONCE])
        return readings

    def evidence(self, text: str, context: Context = Context()) -> Evidence:  # noqa: B008 - frozen
        """Every word's contribution; with the biases they add up to the logits."""
        parts = self.parts(text, context)
        tokens = [Token(start, end, normalise(text[start:end]).text) for start, end, _ in parts.words]
        added = parts.added[:, : len(self.attributes)]
        return Evidence(tokens, added, self.biases + parts.sums[: len(self.attributes)])

    def _scores(self, texts: Sequence[str], contexts: Sequence[Context]) -> list[Reading]:
        sums = self._sums(texts)
        for row, context in enumerate(contexts):
            if context.title or context.article:
                sums[row] = self.parts(texts[row], context).sums
        added = sums[:, : len(self.attributes)]
        chances = chances_of(self.biases + added)
        names, bias, model = self.attributes, self._bias, self.model
        return [
            Reading(scores=dict(zip(names, scores, strict=True)), spans=(), model=model, bias=bias, rest=rest)
            for scores, rest in zip(
                chances.tolist(), (dict(zip(names, row, strict=True)) for row in added.tolist()), strict=True
            )
        ]

    def _sums(self, texts: Sequence[str]) -> Floats:
        codes, _, bounds = normalise_many(texts)
        sums = np.empty((len(texts), WIDTH), dtype=np.float32)
        sum_rows(codes, bounds, *self._hashing, self._weights, sums)
        sums *= self._scales
        return sums

    def parts(self, text: str, context: Context) -> Parts:
        """The text's words and what each adds to each attribute's logit."""
        codes, offsets, _ = normalise_many([text])
        words = np.empty((len(codes), 3), dtype=np.int32)
        added = np.empty((len(codes), WIDTH), dtype=np.float32)
        sums = np.empty(WIDTH, dtype=np.float32)
        number = explain(codes, *self._hashing, self._weights, words, added, sums)
        place_in_raw(offsets, len(text), words, number)
        places, added = words[:number].tolist(), added[:number]
        added *= self._scales
        sums *= self._scales
        excused = None
        if context.title or context.article:
            excused = self._excuse(places, added, self._words_of(context.title, context.article))
            sums -= excused.sum(axis=0)
        return Parts(places, added, sums, excused)

    def _excuse(self, words: list[list[int]], added: Floats, known: Columns) -> Floats:
        """Take off what words of the article, not aimed at anybody, count less; returns what was taken off."""
        columns = [column for _, _, column in words]
        aimed = self._aimed(columns)
        excused = np.zeros_like(added)
        for index, column in enumerate(columns):
            if column in known and index not in aimed:
                excused[index] = np.maximum(added[index], 0) * (1 - self._factors)
        added -= excused
        return excused

    def _aimed(self, columns: list[int]) -> set[int]:
        aimed: set[int] = set()
        for index, column in enumerate(columns):
            if column in self._you:
                aimed.update(range(index - _AIM_WORDS, index + _AIM_WORDS + 1))
            elif column in self._wishes:
                aimed.update(range(index, index + _WISH_WORDS + 1))
        return aimed

    def _article_words(self, title: str, article: str) -> Columns:
        return self._columns([title, article]) - self._common

    def _columns(self, texts: Sequence[str]) -> Columns:
        """The columns of all words in *texts*."""
        found: set[int] = set()
        for text in texts:
            found.update(column for _, _, column in self.parts(text, Context()).words)
        return frozenset(found)

    def explained(self, chances: dict[str, float]) -> Iterator[tuple[int, str]]:
        """The attributes that can be trusted and that score something."""
        for column, attribute in enumerate(self.attributes):
            if attribute == TOXICITY or (attribute in self._told and chances[attribute] >= EXPLAINED_FROM):
                yield column, attribute

    def _spans(self, parts: Parts, chances: dict[str, float]) -> Iterator[Span]:
        """The words that matter, heaviest first."""
        for column, attribute in self.explained(chances):
            yield from heaviest_spans(parts, parts.added, column, attribute)

    def _excused(self, parts: Parts, chances: dict[str, float]) -> Iterator[Span]:
        """The words whose weight the article took off, heaviest first."""
        if parts.excused is not None:
            for column, attribute in self.explained(chances):
                yield from heaviest_spans(parts, parts.excused, column, attribute)


def heaviest_spans(parts: Parts, added: Floats, column: int, attribute: str) -> Iterator[Span]:
    """The words that weigh enough in one column of *added* to be shown, heaviest first."""
    chosen = np.empty(SPANS_PER_ATTRIBUTE, dtype=np.int64)
    found = heaviest(added, len(added), column, HIGHLIGHT_SHARE, chosen)
    for word in chosen[:found].tolist():
        start, end, _ = parts.words[word]
        yield Span(start, end, attribute, added.item(word, column))


def chances_of(logits: NDArray[Any]) -> NDArray[np.float64]:
    chances: NDArray[np.float64] = 1 / (1 + np.exp(-logits.astype(np.float64)))
    return chances

"""What the careful reader is trained on: real comments, disguised ones, ones under articles, and our own examples."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.classifier.data import TrainingData, is_held_back, with_examples
from moderation.classifier.obfuscation import KINDS, obfuscate
from moderation.classifier.own_examples import FOLDER, OUR_EXAMPLES, OURS
from moderation.domain.reading import Context

ARTICLES = FOLDER / "articles.json"

# How often a row of a source is read in one round. davidson-tweets were found by slurs and carry a known bias.
ROUNDS = {"davidson-tweets": 0.3, "hatexplain-posts": 0.6, "ruddit": 1.5, "hatemoji-build": 1.5, OUR_EXAMPLES: 2.0}
ARTICLE_ROUNDS = 3.0
LATER_REAL, LATER_OWN = 0.5, 2.0
DISGUISED = 0.35
# Of the disguises, those that the normaliser does not undo: the others reach the network as plain text anyway.
_UNDONE = ("look_alikes", "styled_letters", "zero_width", "zalgo", "dotted")
DISGUISES = tuple(kind for kind in KINDS if kind not in _UNDONE)
DISGUISED_WORDS = (0.2, 1.0)  # least and most of a comment's longer words
BESIDE_SOMETHING = 0.25  # rows that are read with a title, a parent or an article that says nothing about them
QUOTING = 0.05  # rows that are read under an article which holds one of their own sentences
_VIOLENT = re.compile(r"\b(kill|murder|war|tortur|execut|rape|bomb|death|terror|massacre|shot|stab)\w*", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


@dataclass(frozen=True, slots=True)
class Example:
    text: str
    context: Context
    labels: tuple[float, ...]  # NaN where nobody was asked


@dataclass(frozen=True)
class Recipe:
    """What goes into the mixture; the ablations leave out one at a time."""

    examples: bool = True
    disguises: bool = True
    contexts: bool = True
    rows: int | None = None  # of the training file, drawn at random; all if None
    own: float = 1.0  # how often our own examples are read, against usual


class Mixture:
    """Draws one round of examples after another, each a little different."""

    def __init__(self, data: TrainingData, attributes: Sequence[str], recipe: Recipe, seed: int) -> None:
        self._recipe, self._random = recipe, Random(seed)
        self._attributes = tuple(attributes)
        own = with_examples(data, seed=seed) if recipe.examples else data
        labels = np.stack([own.labels[name] for name in attributes], axis=1)
        kept = [at for at, text in enumerate(own.texts) if not is_held_back(text)]
        if recipe.rows is not None:
            real = [at for at in kept if at < len(data.texts)]
            kept = self._random.sample(real, min(recipe.rows, len(real))) + [at for at in kept if at >= len(data.texts)]
        self._rows = [
            (
                Example(own.texts[at], Context(), tuple(labels[at].tolist())),
                ROUNDS.get(str(own.sources[at]), 1.0),
                str(own.sources[at]) in OURS,
            )
            for at in kept
        ]
        self._innocent = [example for example, _, _ in self._rows if _is_innocent(example.labels)]
        self._sentences = _violent_sentences(self._innocent)
        self._articles = our_articles() if recipe.examples else []
        under = list(_under_articles(self._attributes)) if recipe.examples and recipe.contexts else []
        self._rows += [(example, ARTICLE_ROUNDS, True) for example in under if not is_held_back(example.text)]

    def round(self, number: int = 0) -> Iterator[Example]:
        """The examples of one round, in random order. Later rounds read fewer real comments and our own more often."""
        drawn = [
            example
            for example, times, is_own in self._rows
            for _ in range(self._times(times * self._often(number, is_own)))
        ]
        self._random.shuffle(drawn)
        for example in drawn:
            yield self._varied(example)

    def _often(self, number: int, is_own: bool) -> float:
        if is_own:
            return self._recipe.own * (LATER_OWN if number else 1.0)
        return LATER_REAL if number else 1.0

    def _times(self, often: float) -> int:
        return int(often) + (self._random.random() < often - int(often))

    def _varied(self, example: Example) -> Example:
        random, recipe = self._random, self._recipe
        if recipe.contexts and example.context == Context():
            chance = random.random()
            if chance < QUOTING:
                example = self._quoting(example)
            elif chance < QUOTING + BESIDE_SOMETHING:
                example = replace(example, context=self._something())
        if recipe.disguises and random.random() < DISGUISED:
            example = replace(example, text=self._disguised(example.text))
        return example

    def _disguised(self, text: str) -> str:
        random = self._random
        return obfuscate(text, random.choice(DISGUISES), random, share=random.uniform(*DISGUISED_WORDS))

    def _something(self) -> Context:
        """An article of ours; or a title, a parent, sentences of an article: nothing that has to do with the row."""
        random = self._random
        if self._articles and random.random() < 0.5:
            return random.choice(self._articles)
        title = " ".join(random.choice(self._innocent).text.split()[: random.randint(3, 9)])
        parent = random.choice(self._rows)[0].text[:400]
        article = " ".join(random.sample(self._sentences, min(4, len(self._sentences))))
        return Context(
            title=title if random.random() < 0.6 else "",
            parent=parent if random.random() < 0.4 else "",
            article=article if random.random() < 0.5 else "",
        )

    def _quoting(self, example: Example) -> Example:
        """An innocent comment under an article that says the same; any other under one that says a part of it."""
        random = self._random
        parts = [part for part in _SENTENCE.split(example.text) if len(part) > 20]
        if not parts:
            return example
        if _is_innocent(example.labels):
            said = random.choice(parts)
            text = said if random.random() < 0.5 else example.text
        else:
            words = example.text.split()
            said, text = " ".join(random.sample(words, min(len(words), 4))), example.text
        around = random.sample(self._sentences, min(3, len(self._sentences)))
        around.insert(random.randrange(len(around) + 1), said)
        return Example(text, Context(article=" ".join(around)), example.labels)


def _is_innocent(labels: Sequence[float]) -> bool:
    return labels[0] < 0.2


def _violent_sentences(examples: Sequence[Example]) -> list[str]:
    return [
        part
        for example in examples
        for part in _SENTENCE.split(example.text)[:20]
        if 30 < len(part) < 250 and _VIOLENT.search(part)
    ] or [example.text for example in examples[:100]]


def _articles() -> list[dict[str, Any]]:
    articles: list[dict[str, Any]] = json.loads(ARTICLES.read_text(encoding="utf-8"))["articles"]
    return articles


def our_articles() -> list[Context]:
    return [_whole(article) for article in _articles()]


def _whole(article: dict[str, Any]) -> Context:
    return Context(title=article["title"], article=article["text"])


def _under_articles(attributes: Sequence[str]) -> Iterator[Example]:
    """Our own articles: their sentences, readers and abuse under the whole article, the title alone, and nothing."""
    innocent = tuple(0.0 if name not in ("PROFANITY", "SEXUALLY_EXPLICIT", "SPAM") else np.nan for name in attributes)
    for article in _articles():
        whole = _whole(article)
        for text in [*article["readers"], *_SENTENCE.split(article["text"])]:
            yield Example(text, whole, innocent)
            yield Example(text, Context(title=article["title"]), innocent)
        for entry in article["abuse"]:
            labels = _labels(entry["labels"], attributes)
            for context in (whole, Context(title=article["title"]), Context()):
                yield Example(entry["text"], context, labels)
        for entry in article["parents"]:
            yield Example(entry["text"], Context(parent=entry["parent"]), _labels(entry["labels"], attributes))


def _labels(given: dict[str, float], attributes: Sequence[str]) -> tuple[float, ...]:
    return tuple(float(given.get(name, np.nan)) for name in attributes)


def label_rows(examples: Sequence[Example]) -> NDArray[np.float32]:
    return np.array([example.labels for example in examples], dtype=np.float32)

"""The newest careful reader, and one made up here that answers at once."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from moderation.classifier.careful.inputs import Tokens
from moderation.classifier.careful.reader import TOKENS, Careful
from moderation.domain.reading import ATTRIBUTES, Context


@pytest.fixture(scope="session")
def tokens(careful_directory):
    return Tokens(careful_directory / TOKENS)


@pytest.fixture(scope="session")
def careful(both_readers):
    return both_readers.careful


@dataclass
class WordReader:
    """Stands in for the network: each word adds what the table says, to every attribute; a parent adds to the bias."""

    words: dict[str, float] = field(default_factory=lambda: {"idiot": 4.0, "moron": 4.0, "shut": 4.0, "idiots": 4.0})
    attributes: tuple[str, ...] = ATTRIBUTES
    model: str = "careful-fake"

    def read(self, text, context=Context(), weigh=None):  # noqa: B008 - Context is frozen
        places, start = [], 0
        for word in text.split():
            start = text.index(word, start)
            places.append((start, start + len(word)))
            start += len(word)
        added = [self.words.get(text[start:end].lower(), -0.1) for start, end in places]
        parts = np.repeat(np.array(added, dtype=np.float32).reshape(-1, 1), len(self.attributes), axis=1)
        return Careful(parts.sum(axis=0) - 2 + (1 if context.parent else 0), places, parts)

    def read_many(self, texts, contexts, weighs, *, threads=1):
        return [self.read(*row) for row in zip(texts, contexts, weighs, strict=True)]


@pytest.fixture
def word_reader():
    return WordReader()

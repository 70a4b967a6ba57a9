"""A model small enough to train in a second, on comments made up here."""

from itertools import cycle, islice

import numpy as np
import pytest

from moderation.classifier.data import TrainingData
from moderation.classifier.training import Recipe, train
from moderation.domain.reading import ATTRIBUTES, INSULT, TOXICITY

KIND = ["thank you for the photograph", "the train leaves at nine", "I liked the second part", "my garden is wet"]
RUDE = ["you are an idiot", "what a moron you are", "shut up you fool", "idiots like you ruin it"]

PLAIN = Recipe(examples=False, disguises=False)


def made_up(rows: int = 400) -> TrainingData:
    """Half kind, half rude; nobody was asked about INSULT in the second half of the rows."""
    texts = [f"{text} {number}" for number, text in enumerate(islice(cycle(KIND + RUDE), rows))]
    rude = np.array([text.rsplit(" ", 1)[0] in RUDE for text in texts], dtype=float)
    labels = {attribute: np.full(rows, np.nan) for attribute in ATTRIBUTES}
    labels[TOXICITY] = rude
    labels[INSULT] = np.where(np.arange(rows) < rows // 2, rude, np.nan)
    return TrainingData(
        texts=texts,
        labels=labels,
        sources=np.array(["made-up"] * rows),
        natural=np.arange(rows) % 2 == 0,
        licences={"made-up": "CC0"},
    )


@pytest.fixture(scope="session")
def data() -> TrainingData:
    return made_up()


@pytest.fixture(scope="session")
def trained(data):
    return train(data, n_features=2**12, recipe=PLAIN)

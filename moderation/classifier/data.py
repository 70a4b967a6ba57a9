"""The training file: comments, what people said of them, and where they come from; and our own examples."""

import csv
import gzip
from dataclasses import dataclass, replace
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from moderation.classifier.own_examples import LICENCE, OURS, read_examples
from moderation.domain.errors import InvalidRequest
from moderation.domain.reading import ATTRIBUTES

_HELD_BACK_OF = 10  # one row in so many is never trained on

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class TrainingData:
    """Rows of the training file; a label that nobody was asked for is NaN."""

    texts: list[str]
    labels: dict[str, Floats]
    sources: NDArray[np.str_]
    natural: Mask
    licences: dict[str, str]

    @property
    def held_back(self) -> Mask:
        return np.array([is_held_back(text) for text in self.texts])

    def positive_rates(self, source: str) -> dict[str, float]:
        """The share of labels from one half on, of each attribute that the source's raters were asked about."""
        of_it = {name: labels[self.sources == source] for name, labels in self.labels.items()}
        asked = {name: labels[~np.isnan(labels)] for name, labels in of_it.items()}
        return {name: round(float(np.mean(labels >= 0.5)), 4) for name, labels in asked.items() if len(labels)}


def is_held_back(text: str) -> bool:
    """Whether a row is kept for measuring: decided by its text alone, so that anybody can tell."""
    return crc32(text.encode("utf-8", "surrogatepass")) % _HELD_BACK_OF == 0


def read(path: Path) -> TrainingData:
    """Read a training file (.csv or .csv.gz).

    Raises:
        InvalidRequest: a column is missing, or a label is not a number from 0 to 1.
    """
    csv.field_size_limit(2**31 - 1)
    names = {attribute: attribute.lower() for attribute in ATTRIBUTES}
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        missing = {"text", "source", "licence", "natural", *names.values()} - set(reader.fieldnames or ())
        if missing:
            raise InvalidRequest(f"{path.name} lacks the columns {', '.join(sorted(missing))}.")
        rows = list(reader)
    return TrainingData(
        texts=[row["text"] for row in rows],
        labels={
            attribute: np.array([_label(row[name], path, number) for number, row in enumerate(rows, 2)])
            for attribute, name in names.items()
        },
        sources=np.array([row["source"] for row in rows]),
        natural=np.array([row["natural"].lower() == "true" for row in rows]),
        licences={row["source"]: row["licence"] for row in rows},
    )


def _label(value: str, path: Path, number: int) -> float:
    """The share of raters, or NaN where nobody was asked: an empty label is not a zero."""
    if value == "":
        return float("nan")
    try:
        label = float(value)
    except ValueError:
        label = -1.0
    if not 0 <= label <= 1:
        raise InvalidRequest(f"Row {number} of {path.name} has a label that is not a number from 0 to 1.")
    return label


def rows_of(data: TrainingData, rows: NDArray[np.intp]) -> TrainingData:
    """Some rows of the data, by number."""
    return replace(
        data,
        texts=[data.texts[row] for row in rows],
        labels={name: labels[rows] for name, labels in data.labels.items()},
        sources=data.sources[rows],
        natural=data.natural[rows],
    )


def with_examples(data: TrainingData, *, seed: int) -> TrainingData:
    """The data with our own examples after it, as sources of their own."""
    examples = read_examples(seed)
    nobody_asked = float("nan")
    added = {name: [example.labels.get(name, nobody_asked) for example in examples] for name in data.labels}
    return TrainingData(
        texts=[*data.texts, *(example.text for example in examples)],
        labels={name: np.concatenate([labels, added[name]]) for name, labels in data.labels.items()},
        sources=np.concatenate([data.sources, [example.source for example in examples]]),
        natural=np.concatenate([data.natural, np.zeros(len(examples), dtype=bool)]),
        licences=data.licences | dict.fromkeys(OURS, LICENCE),
    )

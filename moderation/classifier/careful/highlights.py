"""Whether the highlighted words are the right ones: against what people marked, and by taking them away."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from moderation.classifier.both import BothReaders, Mode
from moderation.classifier.careful.columns import READERS, Floats, Json
from moderation.classifier.careful.fitting import Unseen
from moderation.classifier.careful.reader import CarefulReader
from moderation.classifier.challenges import highlighted, marked_texts, overlap
from moderation.classifier.data import TrainingData
from moderation.classifier.figures import mean_estimate
from moderation.domain.explain import logit
from moderation.domain.policy import DEFAULT_BANDS
from moderation.domain.reading import TOXICITY, Context, Reading, highlights

_SAMPLE = 1_000  # of the marked texts, and of those that words are taken from
_DELETED = 300
_TAKEN = (1, 3)  # words
_FEWEST_WORDS = 8  # of a text that words are taken from
_DRAWS = 3  # of random words

Words = list[tuple[int, int]]


def spans(
    both: BothReaders, data: TrainingData, folder: Path, seed: int, without_civil_comments: CarefulReader | None
) -> Json:
    """Mean character F1 of the highlights against what people marked, in texts that no reader was trained on."""
    trained_on = {_letters(text) for text, aside in zip(data.texts, data.held_back, strict=True) if not aside}
    rows = marked_texts(folder)
    new = [(text, marked) for text, marked in rows if _letters(text) not in trained_on]
    found: Json = {
        "rows": len(new),
        "character_f1": {reader: _f1(both, Mode(reader), new) for reader in READERS},
        # What marking every word would reach.
        "everything": mean_estimate(
            np.array([overlap(set(range(len(text))), marked) for text, marked in new])
        ).as_dict(),
    }
    if without_civil_comments is not None:
        chosen = np.random.default_rng(seed).permutation(len(rows))[:_SAMPLE]
        other = BothReaders(both.quick, without_civil_comments, both.combination)
        found["without_civil_comments"] = {
            "rows": len(chosen),
            "character_f1": _f1(other, Mode.CAREFUL, [rows[row] for row in chosen]),
        }
        other.close()
    return found


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))


def _f1(both: BothReaders, mode: Mode, rows: Sequence[tuple[str, set[int]]]) -> Json:
    readings = both.read_many([text for text, _ in rows], mode=mode)
    found = [overlap(highlighted(reading), marked) for reading, (_, marked) in zip(readings, rows, strict=True)]
    return mean_estimate(np.array(found)).as_dict()


def deletion(both: BothReaders, unseen: Unseen, texts: Sequence[str], seed: int) -> Json:
    """How far TOXICITY's logit falls without the most highlighted words, and without as many at random.

    In toxic held-back comments that the reader itself would hold.
    """
    chosen = [texts[row] for row in np.random.default_rng(seed).permutation(np.flatnonzero(unseen.labels[:, 0] >= 0.5))]
    long = [text for text in chosen if len(_words(both, text)) >= _FEWEST_WORDS][:_DELETED]
    found: Json = {"rows": {}, "words": {str(taken): {"highlighted": {}, "random": {}} for taken in _TAKEN}}
    for reader in READERS:
        readings = both.read_many(long, mode=Mode(reader))
        hold = DEFAULT_BANDS[TOXICITY].hold or 0.5
        caught = [(text, of) for text, of in zip(long, readings, strict=True) if of.scores[TOXICITY] >= hold]
        found["rows"][reader] = len(caught)
        for taken in _TAKEN:
            of = found["words"][str(taken)]
            of["highlighted"][reader], of["random"][reader] = _falls(both, Mode(reader), caught, taken, seed)
    return found if any(found["rows"].values()) else {}


def _falls(
    both: BothReaders, mode: Mode, caught: Sequence[tuple[str, Reading]], taken: int, seed: int
) -> tuple[Json, Json]:
    draws = np.random.default_rng(seed)
    before = np.array([logit(reading.scores[TOXICITY]) for _, reading in caught])

    def fall(choose: Callable[[str, Reading], Words]) -> Floats:
        left = [_without(text, choose(text, reading)) for text, reading in caught]
        after = [logit(reading.scores[TOXICITY]) for reading in both.read_many(left, spans=False, mode=mode)]
        fallen: Floats = before - np.array(after)
        return fallen

    def at_random(text: str, _: Reading) -> Words:
        words = _words(both, text)
        return [words[at] for at in draws.choice(len(words), taken, replace=False)]

    by_chance = np.mean([fall(at_random) for _ in range(_DRAWS)], axis=0)
    return (
        mean_estimate(fall(lambda _, reading: _heaviest(reading, taken))).as_dict(),
        mean_estimate(by_chance).as_dict(),
    )


def _words(both: BothReaders, text: str) -> Words:
    return [(start, end) for start, end, _ in both.quick.parts(text, Context()).words]


def _heaviest(reading: Reading, taken: int) -> Words:
    shown = highlights(tuple(span for span in reading.spans if span.attribute == TOXICITY))
    return [(span.start, span.end) for span in sorted(shown, key=lambda span: -span.contribution)[:taken]]


def _without(text: str, words: Words) -> str:
    for start, end in sorted(words, reverse=True):
        text = text[:start] + text[end:]
    return text

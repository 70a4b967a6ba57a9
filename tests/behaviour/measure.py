"""How a reader does on the behaviour cases, on readers of violent articles, and on disguised comments.

    python -m tests.behaviour.measure --reader both                 prints the tables
    python -m tests.behaviour.measure --reader both --write-floors  also takes what was measured, less a margin, as
                                                                    that reader's new floors
    python -m tests.behaviour.measure --reader both --cases         also prints the cases that go wrong

The reader is quick, careful or both (the default). A quick model's directory may be named, to measure another than
the newest. All need the shared data; MODERATION_SHARED says where it is.
The cases are for measuring only: whoever trains or tunes a model by them makes them worthless.
"""

import argparse
import csv
import gzip
import json
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from moderation.classifier.data import is_held_back
from moderation.classifier.obfuscation import KINDS, obfuscate
from moderation.classifier.reader import QuickReader
from moderation.cli.readers import load_reader
from moderation.config import ROOT
from moderation.domain.comment import Action
from moderation.domain.policy import Policy, decide
from moderation.domain.reading import TOXICITY, Context, Reading
from moderation.text.signals import find_signals

FOLDER = Path(__file__).parent
FLOORS = FOLDER / "floors.json"
CASES = json.loads((FOLDER / "cases.json").read_text(encoding="utf-8"))
ARTICLES = json.loads((FOLDER / "articles.json").read_text(encoding="utf-8"))
CONTEXTS = ("nothing", "title", "article")
KEPT_MARGIN = 0.02  # of the recall that is kept under a disguise
MARGIN = 1  # case, of a kind or of all articles' comments together; two for the two sums of all kinds
_SUMS = {"hold": "all abusive", "publish": "all innocent"}
READERS = ("quick", "careful", "both")
_INNOCENT_EVERY = {"quick": 1, "careful": 4, "both": 4}  # of the innocent comments that are disguised: 5 ms each
_POLICY = Policy()
_SENTENCE_END = re.compile(r"(?<=[.!?:])[\"”]?\s+(?=[\"“]?[A-Z0-9])")


class Reader(Protocol):
    """One reading a text, in order; the quick reader, the careful one, or both together."""

    @property
    def model(self) -> str: ...

    def read_many(
        self, texts: Sequence[str], contexts: Sequence[Context] | None = None, *, spans: bool = True
    ) -> list[Reading]: ...


def held(reader: Reader, texts: Sequence[str], context: Context = Context()) -> list[bool]:  # noqa: B008 - frozen
    """Whether a blog with the default policy would hold each of the texts."""
    readings = reader.read_many(texts, [context] * len(texts), spans=False)
    verdicts = [
        decide(_POLICY, reading, find_signals(_POLICY, text)) for text, reading in zip(texts, readings, strict=True)
    ]
    return [verdict.action is not Action.PUBLISH for verdict in verdicts]


def kinds(reader: Reader) -> dict[str, list[bool]]:
    """For each kind, and for all of a side, which of the cases are right."""
    right: dict[str, list[bool]] = {}
    sums: dict[str, list[bool]] = {name: [] for name in _SUMS.values()}
    for kind, group in CASES.items():
        right[kind] = [is_held == (group["side"] == "hold") for is_held in held(reader, group["cases"])]
        sums[_SUMS[group["side"]]] += right[kind]
    return right | sums


def context_of(article: dict[str, str], shown: str) -> Context:
    match shown:
        case "nothing":
            return Context()
        case "title":
            return Context(article["title"])
        case _:
            return Context(article["title"], article["text"])


def sentences(article: dict[str, str]) -> list[str]:
    return [part for part in _SENTENCE_END.split(article["text"].replace("\n", " ")) if part.strip()]


def articles(reader: Reader) -> dict[str, dict[str, dict[str, list[bool]]]]:
    """Topic -> what is shown -> own sentences, readers' and abusive comments -> which of them are held."""
    return {
        article["topic"]: {
            shown: {
                "own sentences": held(reader, sentences(article), context_of(article, shown)),
                "readers": held(reader, article["readers"], context_of(article, shown)),
                "abusive": held(reader, article["abusive"], context_of(article, shown)),
            }
            for shown in CONTEXTS
        }
        for article in ARTICLES
    }


def totals(measured: dict[str, dict[str, dict[str, list[bool]]]]) -> dict[str, dict[str, int]]:
    """What is shown -> group -> how many are held, over all topics."""
    return {
        shown: {
            group: sum(sum(topic[shown][group]) for topic in measured.values())
            for group in ("own sentences", "readers", "abusive")
        }
        for shown in CONTEXTS
    }


def natural(shared: Path, reader: str = "quick") -> tuple[list[str], NDArray[np.bool_]]:
    """Comments that no model is trained on, and whether most raters found them toxic.

    For the quick reader at their natural rate; for the others, which take long, with fewer innocent ones.
    """
    csv.field_size_limit(2**31 - 1)
    with gzip.open(shared / "data" / "train.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["natural"] == "True" and is_held_back(row["text"])]
    toxic = np.array([float(row["toxicity"]) >= 0.5 for row in rows])
    chosen = np.flatnonzero(toxic | (np.arange(len(rows)) % _INNOCENT_EVERY[reader] == 0))
    return [rows[row]["text"] for row in chosen], toxic[chosen]


def kept_recall(reader: Reader, texts: Sequence[str], toxic: NDArray[np.bool_]) -> dict[str, tuple[float, float]]:
    """Kind of disguise -> recall, at as many false positives as without, and the share of the plain recall it is.

    Every comment is disguised, so that holding whatever is disguised does not help. The false positives are
    those that the default policy's band for TOXICITY makes of the plain comments.
    """
    plain = _toxicity(reader, texts)
    hold = _POLICY.bands[TOXICITY].hold
    false_positives = int((plain[~toxic] >= hold).sum())
    before = float((plain[toxic] >= hold).mean())
    kept = {}
    for kind in KINDS:
        random = Random(kind)
        scores = _toxicity(reader, [obfuscate(text, kind, random) for text in texts])
        threshold = np.sort(scores[~toxic])[-false_positives - 1]
        recall = float((scores[toxic] > threshold).mean())
        kept[kind] = recall, recall / before
    return kept | {
        "mean": (float(np.mean([r for r, _ in kept.values()])), float(np.mean([k for _, k in kept.values()])))
    }


def _toxicity(reader: Reader, texts: Sequence[str]) -> NDArray[np.float64]:
    return np.array([reading.scores[TOXICITY] for reading in reader.read_many(texts, spans=False)])


def shared_folder() -> Path:
    return Path(os.environ.get("MODERATION_SHARED") or ROOT.parent / "shared")


def floors(reader: str) -> dict[str, dict[str, float]]:
    """What that reader must reach; nothing where no floors were written yet."""
    loaded: dict[str, dict[str, dict[str, float]]] = json.loads(FLOORS.read_text(encoding="utf-8"))
    return loaded.get(reader, {})


def new_floors(reader: Reader, kept: dict[str, tuple[float, float]]) -> dict[str, object]:
    """What *reader* reaches, less the margin; with the whole article its own sentences must all pass."""
    right, held_of = kinds(reader), totals(articles(reader))
    return {
        "model": reader.model,
        "kinds": {
            kind: round(max(0, sum(good) - MARGIN * (2 if kind in _SUMS.values() else 1)) / len(good) - 0.0005, 3)
            for kind, good in right.items()
        },
        "own sentences held at most": {
            shown: 0 if shown == "article" else held_of[shown]["own sentences"] + MARGIN for shown in CONTEXTS
        },
        "readers held at most": {shown: held_of[shown]["readers"] + MARGIN for shown in CONTEXTS},
        "abusive held at least": {shown: held_of[shown]["abusive"] - MARGIN for shown in CONTEXTS},
        "recall kept under a disguise": {
            kind: round(share - KEPT_MARGIN / (4 if kind == "mean" else 1), 3) for kind, (_, share) in kept.items()
        },
    }


def kinds_table(right: dict[str, list[bool]], floor: dict[str, float], model: str) -> str:
    rows = [
        (kind, str(len(good)), str(sum(good)), f"{sum(good) / len(good):.3f}", f"{floor.get(kind, 0):.3f}")
        for kind, good in right.items()
    ]
    return f"Behaviour cases, {model}\n" + _table([("kind", "cases", "right", "share", "floor"), *rows])


def articles_table(measured: dict[str, dict[str, dict[str, list[bool]]]], model: str) -> str:
    """Held of how many, with nothing, the title and the whole article shown."""
    header = ("held, with nothing / title / article", "own sentences", "readers", "abusive")
    rows = [
        (topic, *(_over_contexts(by_context, group) for group in ("own sentences", "readers", "abusive")))
        for topic, by_context in measured.items()
    ]
    return f"Comments under violent articles, {model}\n" + _table([header, *rows])


def kept_table(kept: dict[str, tuple[float, float]], floor: dict[str, float], model: str) -> str:
    rows = [
        (kind, f"{recall:.3f}", f"{share:.3f}", f"{floor.get(kind, 0):.3f}") for kind, (recall, share) in kept.items()
    ]
    header = ("disguise", "recall", "kept", "floor")
    return f"Recall on disguised comments, at the same false positives, {model}\n" + _table([header, *rows])


def _over_contexts(by_context: dict[str, dict[str, list[bool]]], group: str) -> str:
    counts = " ".join(f"{sum(by_context[shown][group]):2}" for shown in CONTEXTS)
    return f"{counts} of {len(by_context['article'][group])}"


def _table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    )


def _wrong(reader: Reader, right: dict[str, list[bool]]) -> Iterable[str]:
    for kind, group in CASES.items():
        for text, good in zip(group["cases"], right[kind], strict=True):
            if not good:
                yield f"{kind}: {_toxicity(reader, [text])[0]:.2f} {text}"
    for article in ARTICLES:
        for group, side in (("readers", False), ("abusive", True)):
            for shown in CONTEXTS:
                context = context_of(article, shown)
                for text, is_held in zip(article[group], held(reader, article[group], context), strict=True):
                    if is_held != side:
                        score = reader.read_many([text], [context], spans=False)[0].scores[TOXICITY]
                        yield f"{article['topic']}, {group}, {shown}: {score:.2f} {text}"


def main() -> None:
    options = argparse.ArgumentParser(description="Measures a reader on the behaviour cases.")
    options.add_argument("--reader", choices=READERS, default="both")
    options.add_argument("--write-floors", action="store_true")
    options.add_argument("--cases", action="store_true", help="print the cases that go wrong")
    options.add_argument("directory", nargs="?", type=Path, help="of a quick model, if not the newest")
    asked = options.parse_args()
    reader: Reader = QuickReader.load(asked.directory) if asked.directory else load_reader(asked.reader)
    name = "quick" if asked.directory or isinstance(reader, QuickReader) else asked.reader
    right, measured = kinds(reader), articles(reader)
    kept = kept_recall(reader, *natural(shared_folder(), name))
    if asked.write_floors:
        written = {**json.loads(FLOORS.read_text(encoding="utf-8")), name: new_floors(reader, kept)}
        FLOORS.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    floor = floors(name)
    print(kinds_table(right, floor.get("kinds", {}), reader.model))  # noqa: T201 - it is a command
    print(articles_table(measured, reader.model))  # noqa: T201
    print(kept_table(kept, floor.get("recall kept under a disguise", {}), reader.model))  # noqa: T201
    if asked.cases:
        print("\n".join(_wrong(reader, right)))  # noqa: T201


if __name__ == "__main__":
    main()

"""How the newest model does on the behaviour cases, on readers of violent articles, and on disguised comments.

    python -m tests.behaviour.measure                 prints the tables and the cases that go wrong
    python -m tests.behaviour.measure --write-floors  also takes what was measured, less a margin, as the new floors

A model's directory may be named, to measure another than the newest.
Both need the shared data; MODERATION_SHARED says where it is.
The cases are for measuring only: whoever trains or tunes a model by them makes them worthless.
"""

import csv
import gzip
import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from moderation.classifier.data import is_held_back
from moderation.classifier.obfuscation import KINDS, obfuscate
from moderation.classifier.reader import QuickReader
from moderation.config import ROOT
from moderation.domain.comment import Action
from moderation.domain.policy import Policy, decide
from moderation.domain.reading import TOXICITY, Context
from moderation.text.signals import find_signals

FOLDER = Path(__file__).parent
FLOORS = FOLDER / "floors.json"
CASES = json.loads((FOLDER / "cases.json").read_text(encoding="utf-8"))
ARTICLES = json.loads((FOLDER / "articles.json").read_text(encoding="utf-8"))
CONTEXTS = ("nothing", "title", "article")
KEPT_MARGIN = 0.02  # of the recall that is kept under a disguise
MARGIN = 1  # case, of a kind or of all articles' comments together; two for the two sums of all kinds
_SUMS = {"hold": "all abusive", "publish": "all innocent"}
_POLICY = Policy()
_SENTENCE_END = re.compile(r"(?<=[.!?:])[\"”]?\s+(?=[\"“]?[A-Z0-9])")


def held(reader: QuickReader, texts: Sequence[str], context: Context = Context()) -> list[bool]:  # noqa: B008 - frozen
    """Whether a blog with the default policy would hold each of the texts."""
    readings = reader.read_many(texts, [context] * len(texts), spans=False)
    verdicts = [
        decide(_POLICY, reading, find_signals(_POLICY, text)) for text, reading in zip(texts, readings, strict=True)
    ]
    return [verdict.action is not Action.PUBLISH for verdict in verdicts]


def kinds(reader: QuickReader) -> dict[str, list[bool]]:
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


def articles(reader: QuickReader) -> dict[str, dict[str, dict[str, list[bool]]]]:
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


def natural(shared: Path) -> tuple[list[str], NDArray[np.bool_]]:
    """Comments at their natural rate that no model is trained on, and whether most raters found them toxic."""
    csv.field_size_limit(2**31 - 1)
    with gzip.open(shared / "data" / "train.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["natural"] == "True" and is_held_back(row["text"])]
    return [row["text"] for row in rows], np.array([float(row["toxicity"]) >= 0.5 for row in rows])


def kept_recall(reader: QuickReader, texts: Sequence[str], toxic: NDArray[np.bool_]) -> dict[str, tuple[float, float]]:
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


def _toxicity(reader: QuickReader, texts: Sequence[str]) -> NDArray[np.float64]:
    return np.array([reading.scores[TOXICITY] for reading in reader.read_many(texts, spans=False)])


def shared_folder() -> Path:
    return Path(os.environ.get("MODERATION_SHARED") or ROOT.parent / "shared")


def floors() -> dict[str, dict[str, float]]:
    loaded: dict[str, dict[str, float]] = json.loads(FLOORS.read_text(encoding="utf-8"))
    return loaded


def new_floors(reader: QuickReader, kept: dict[str, tuple[float, float]]) -> dict[str, object]:
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


def _wrong(reader: QuickReader, right: dict[str, list[bool]]) -> Iterable[str]:
    for kind, group in CASES.items():
        for text, good in zip(group["cases"], right[kind], strict=True):
            if not good:
                yield f"{kind}: {reader.read(text).scores[TOXICITY]:.2f} {text}"
    for article in ARTICLES:
        for group, side in (("readers", False), ("abusive", True)):
            for shown in CONTEXTS:
                context = context_of(article, shown)
                for text, is_held in zip(article[group], held(reader, article[group], context), strict=True):
                    if is_held != side:
                        score = reader.read(text, context).scores[TOXICITY]
                        yield f"{article['topic']}, {group}, {shown}: {score:.2f} {text}"


def main(arguments: Sequence[str]) -> None:
    directories = [Path(argument) for argument in arguments if not argument.startswith("--")]
    reader = QuickReader.load(directories[0] if directories else None)
    right, measured = kinds(reader), articles(reader)
    kept = kept_recall(reader, *natural(shared_folder()))
    if "--write-floors" in arguments:
        FLOORS.write_text(json.dumps(new_floors(reader, kept), indent=1) + "\n", encoding="utf-8")
    print(kinds_table(right, floors()["kinds"], reader.model))  # noqa: T201 - it is a command
    print(articles_table(measured, reader.model))  # noqa: T201
    print(kept_table(kept, floors()["recall kept under a disguise"], reader.model))  # noqa: T201
    print("\n".join(_wrong(reader, right)))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])

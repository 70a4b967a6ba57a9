"""What a comment costs on average where the careful reader is asked only if it matters."""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from moderation.classifier import data
from moderation.classifier.artifact import MODELS
from moderation.domain.policy import DEFAULT_BANDS
from moderation.domain.reading import Careful

if TYPE_CHECKING:  # brings onnxruntime, which the quick reader does without
    from moderation.classifier.both import BothReaders

_ROWS = 2_000

Json = dict[str, Any]


def on_natural_rows(both: "BothReaders", path: Path) -> Json:
    """Timed and counted on the natural held-back comments of a training file."""
    rows = data.read(path)
    texts = [rows.texts[row] for row in np.flatnonzero(rows.natural & rows.held_back)[:_ROWS]]
    asked, decisions_ms = _timed(texts, lambda text: both.read(text, bands=DEFAULT_BANDS, for_scores=False).careful)
    asked_for_scores, scores_ms = _timed(texts, lambda text: both.read(text).careful)
    return {
        "asked": asked,
        "ms_mean": decisions_ms,
        "asked_for_scores": asked_for_scores,
        "scores_ms_mean": scores_ms,
        "always_ms_mean": _timed(texts, lambda text: both.read_many([text])[0].careful)[1],
        "share_from": f"{len(texts)} natural held-back comments of {path.name}",
    }


def on_made_up(both: "BothReaders", texts: Sequence[str], models: Path = MODELS) -> Json | None:
    """The times of made-up comments, and the shares that were measured when the careful reader was made."""
    path = models / both.careful.model / "metrics.json"
    if not path.exists():
        return None
    shares = json.loads(path.read_text(encoding="utf-8"))["cascade"]["shares"]
    asked, asked_for_scores = (shares[name]["value"] for name in ("asked_for_decisions", "asked_for_scores"))
    clear_ms, always_ms = _timed(texts, lambda text: _decide(both, text))[1], _timed(texts, lambda t: _ask(both, t))[1]
    return {
        "asked": asked,
        "ms_mean": round(clear_ms + asked * (always_ms - clear_ms), 4),
        "asked_for_scores": asked_for_scores,
        "scores_ms_mean": round(clear_ms + asked_for_scores * (always_ms - clear_ms), 4),
        "always_ms_mean": always_ms,
        "share_from": f"metrics.json of {both.careful.model}",
    }


def _decide(both: "BothReaders", text: str) -> Careful:
    """What a comment costs whatever becomes of it."""
    both.combination.may_change_decision(both.quick.read(text).scores, DEFAULT_BANDS)
    return Careful.NOT_NEEDED


def _ask(both: "BothReaders", text: str) -> Careful:
    return both.read_many([text])[0].careful


def _timed(texts: Sequence[str], read: Callable[[str], Careful]) -> tuple[float, float]:
    """The share of texts that the careful reader was asked about, and the mean milliseconds of all."""
    for text in texts[:20]:
        read(text)
    start = time.perf_counter()
    became = [read(text) for text in texts]
    ms = (time.perf_counter() - start) * 1000
    asked = sum(part is not Careful.NOT_NEEDED for part in became)
    return round(asked / len(texts), 4), round(ms / len(texts), 4)

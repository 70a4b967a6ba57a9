"""The reader to work with: both where that is wanted and possible, else the quick one alone."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from moderation.classifier.artifact import MODELS, ModelError, newest
from moderation.classifier.reader import QuickReader

if TYPE_CHECKING:  # brings onnxruntime, which the quick reader does without
    from moderation.classifier.both import BothReaders

NAMED = "careful-*"  # directories of careful readers


@dataclass(frozen=True, slots=True)
class Loaded:
    """A reader, and why the careful one has no part in it although it should."""

    reader: "QuickReader | BothReaders"
    unusable: str = ""


def load_reader(quick: Path | None = None, *, careful: bool = True, models: Path = MODELS) -> Loaded:
    """Both readers, if *careful* is wanted and there is such a model; one that cannot be used is named, not raised.

    Raises:
        ModelError: the quick reader cannot be used.
    """
    if not careful or not has_careful(models):
        return Loaded(QuickReader.load(quick))
    try:
        return Loaded(_both(quick, models))
    except Exception as error:  # whatever onnxruntime and its files come up with: comments are read all the same
        return Loaded(QuickReader.load(quick), _reason(error))


def has_careful(models: Path = MODELS) -> bool:
    """Whether there is a careful reader, usable or not."""
    return any(models.glob(NAMED))


def _both(quick: Path | None, models: Path) -> "BothReaders":
    # Imported only here: without a careful reader its packages need not be there, and take no memory.
    from moderation.classifier.both import BothReaders
    from moderation.classifier.careful.reader import NETWORK

    reader = BothReaders.load(newest(models, NETWORK), quick=quick)
    reader.careful.read("The first text takes longer than all others.")
    return reader


def _reason(error: Exception) -> str:
    """The error in words. No comment has been read yet, so none can be in it."""
    if isinstance(error, ModelError):
        return str(error)
    if isinstance(error, ImportError):
        return f"{error}. Install it with `make env`, or set CAREFUL_READER=off."
    return f"{type(error).__name__}: {error}"

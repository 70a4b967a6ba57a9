"""Both readers as one: the quick one always, the careful one where it could matter, and one exact sum of words."""

import time
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any, Self

import numpy as np
import structlog
from numpy.typing import NDArray

from moderation.classifier.artifact import MODELS, ModelError, newest, read_manifest
from moderation.classifier.careful.combining import Combination
from moderation.classifier.careful.reader import NETWORK, Careful, CarefulReader
from moderation.classifier.careful.weighing import weigh_by
from moderation.classifier.reader import Evidence, Parts, QuickReader, chances_of, heaviest_spans
from moderation.classifier.rush import Rush
from moderation.domain.policy import Band
from moderation.domain.reading import Careful as Part
from moderation.domain.reading import Context, Reading, Span

log = structlog.get_logger(__name__)

Floats = NDArray[np.float64]


class Mode(StrEnum):
    """Which reader's scores are wanted."""

    QUICK = "quick"
    CAREFUL = "careful"
    BOTH = "both"


WAITING = 32  # comments that may wait for the careful reader; what comes on top is answered without it
ANSWER_S = 1.0  # how long one comment may wait for it


@dataclass(frozen=True, slots=True)
class _Joined:
    """Words of one text with what both readers together say of each."""

    words: Parts
    added: NDArray[np.float32]  # words x attributes
    sums: Floats
    bias: Floats


class BothReaders:
    """Reads with the quick reader, and with the careful one as well where it is asked; any number of threads may."""

    def __init__(
        self,
        quick: QuickReader,
        careful: CarefulReader,
        combination: Combination,
        *,
        threads: int = 2,
        answer_s: float = ANSWER_S,
        waiting: int = WAITING,
        rush: Rush | None = None,
    ) -> None:
        self.quick, self.careful, self.combination = quick, careful, combination
        self.attributes = quick.attributes
        self.model = f"{quick.model}+{careful.model}"
        self.answer_s = answer_s
        self._columns = [careful.attributes.index(name) for name in quick.attributes]
        self._room = BoundedSemaphore(waiting)
        self._threads = threads
        self._rush = rush or Rush()
        self._overdue: set[Future[Careful]] = set()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="careful")

    @classmethod
    def load(cls, directory: Path | None = None, *, quick: Path | None = None, threads: int = 2) -> Self:
        """The careful reader in *directory*, or the newest, and the quick reader that it was fitted with.

        Raises:
            ModelError: there is none, it must not be trusted, or it belongs to another quick reader.
        """
        directory = directory or newest(MODELS, NETWORK)
        fast, careful = QuickReader.load(quick), CarefulReader.load(directory)
        found = read_manifest(directory).get("combination", {})
        if found.get("with") != fast.model:
            raise ModelError(
                f"{directory.name} combines with {found.get('with')}, not with {fast.model}. "
                "Train it anew with `moderation train DATA --reader careful`, or set CAREFUL_READER=off."
            )
        return cls(fast, careful, Combination.from_dict(found, fast.attributes), threads=threads)

    def read(
        self,
        text: str,
        context: Context = Context(),  # noqa: B008 - frozen
        *,
        spans: bool = True,
        bands: Mapping[str, Band] | None = None,
        for_scores: bool | Collection[str] = True,
        within_s: float | None = None,
        hurried: bool = False,
    ) -> Reading:
        """One text as a service needs it: never late, never raising for what the careful reader does.

        The careful reader is asked if it could change what *bands* decide or, *for_scores*, a score noticeably:
        any, or one of the attributes that it names.
        It has `answer_s` to answer, or *within_s* if that is less. Callers that are *hurried* go without it while
        they come faster than it could answer them all: else each would wait for those before.
        """
        first = self.quick.read(text, context, spans=spans)
        decides = bands is not None and self.combination.may_change_decision(first.scores, bands)
        answered = set(self.attributes if for_scores is True else for_scores or ())
        wanted = {name: score for name, score in first.scores.items() if name in answered}
        if not decides and not self.combination.may_change_score(wanted):
            return replace(first, careful=Part.NOT_NEEDED)
        if hurried and self._rush.joins():
            return replace(first, careful=Part.LATE)
        limit_s = self.answer_s if within_s is None else min(within_s, self.answer_s)
        try:
            return self._join(text, context, first, self._ask(text, context, limit_s), spans)
        except TimeoutError:
            log.warning("careful_reader_late", answer_s=self.answer_s)
            return replace(first, careful=Part.LATE)
        except Exception as error:
            # The message may quote the text, so only the error's kind is logged.
            log.error("careful_reader_failed", error=type(error).__name__)
            return replace(first, careful=Part.FAILED)

    def read_many(
        self,
        texts: Sequence[str],
        contexts: Sequence[Context] | None = None,
        *,
        spans: bool = True,
        mode: Mode = Mode.BOTH,
    ) -> list[Reading]:
        """One reading a text, in order, every one by the reader that *mode* names, however long it takes."""
        contexts = contexts or [Context()] * len(texts)
        if mode is Mode.QUICK:
            return self.quick.read_many(texts, contexts, spans=spans)
        return list(self._pool.map(lambda text, context: self._always(text, context, spans, mode), texts, contexts))

    def evidence(self, text: str, context: Context = Context(), mode: Mode = Mode.BOTH) -> Evidence:  # noqa: B008
        """Every word's contribution by the reader that *mode* names; what is of no word is in the logits alone."""
        joined = self._joined(text, context, self._say(text, context), mode)
        logits = (joined.bias + joined.sums).astype(np.float32)
        return Evidence(self.quick.evidence(text, context).tokens, joined.added, logits)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _always(self, text: str, context: Context, spans: bool, mode: Mode) -> Reading:
        said = self._say(text, context)
        first = self.quick.read(text, context, spans=spans)
        return self._join(text, context, first, said, spans, mode)

    def _ask(self, text: str, context: Context, limit_s: float) -> Careful:
        """What the careful reader says in time.

        Raises:
            TimeoutError: it has not answered, too many are waiting for it, or all its threads are stuck.
        """
        if limit_s <= 0 or len(self._overdue) >= self._threads or not self._room.acquire(blocking=False):
            raise TimeoutError
        try:
            future = self._pool.submit(self._say, text, context)
        except BaseException:
            self._room.release()
            raise
        future.add_done_callback(self._leave)
        try:
            return future.result(timeout=limit_s)
        except TimeoutError:
            if not future.cancel():  # it runs, and nothing can stop it: nobody waits behind it until it ends
                self._overdue.add(future)
                future.add_done_callback(self._overdue.discard)
            raise

    def _leave(self, _: Future[Careful]) -> None:
        self._room.release()

    def _say(self, text: str, context: Context) -> Careful:
        started = time.thread_time()
        said = self.careful.read(text, context, weigh_by(self.quick, text))
        self._rush.spent(time.thread_time() - started)
        if not (np.isfinite(said.logits).all() and np.isfinite(said.parts).all()):
            raise ArithmeticError("The careful reader answered what is no number.")
        return said

    def _join(
        self, text: str, context: Context, first: Reading, said: Careful, spans: bool, mode: Mode = Mode.BOTH
    ) -> Reading:
        combination = self.combination
        alone = said.logits[self._columns].astype(np.float64)
        apart = {
            Mode.QUICK.value: dict(first.scores),
            Mode.CAREFUL.value: self._named(chances_of(combination.steepness * alone + combination.alone)),
        }
        joined = self._joined(text, context, said, mode)
        chances = self._named(chances_of(joined.bias + joined.sums))
        rest = self._named(joined.sums)
        shown = tuple(self._spans(joined, chances)) if spans else ()
        for span in shown:
            rest[span.attribute] -= span.contribution
        return Reading(
            scores=chances,
            spans=shown,
            model=self.careful.model if mode is Mode.CAREFUL else self.model,
            bias=self._named(joined.bias),
            rest=rest,
            excused=self._excused(first) if mode is Mode.BOTH else (),
            careful=Part.ASKED,
            apart=apart,
        )

    def _excused(self, first: Reading) -> tuple[Span, ...]:
        """What the article took off, as it would weigh in the sum of both."""
        weights = self._named(self.combination.quick)
        return tuple(replace(span, contribution=span.contribution * weights[span.attribute]) for span in first.excused)

    def _joined(self, text: str, context: Context, said: Careful, mode: Mode) -> _Joined:
        """Both readers' parts by word; what is of no word (signs, mostly) stays in the sum alone."""
        combination, parts = self.combination, self.quick.parts(text, context)
        if mode is Mode.CAREFUL:
            quick, careful, shift = np.zeros(len(self.attributes)), combination.steepness, combination.alone
        else:
            quick, careful, shift = combination.quick, combination.careful, combination.shift
        tokens = said.parts[:, self._columns] * careful
        added = parts.added[:, : len(self.attributes)] * quick
        for row, first, after in _words_of(parts.words, said.places):
            added[first:after] += tokens[row] / (after - first)
        own_bias = said.logits[self._columns] - said.parts[:, self._columns].sum(axis=0)
        sums = parts.sums[: len(self.attributes)] * quick + tokens.sum(axis=0)
        bias = self.quick.biases * quick + own_bias * careful + shift
        return _Joined(parts, np.ascontiguousarray(added, dtype=np.float32), sums.astype(np.float64), bias)

    def _spans(self, joined: _Joined, chances: dict[str, float]) -> Iterator[Span]:
        for column, attribute in self.quick.explained(chances):
            yield from heaviest_spans(joined.words, joined.added, column, attribute)

    def _named(self, numbers: NDArray[Any]) -> dict[str, float]:
        return dict(zip(self.attributes, numbers.tolist(), strict=True))


def _words_of(words: list[list[int]], places: list[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """Each token's row and the words that it stands in: one, or the parts of a word that was parted (id iot)."""
    starts = [start for start, _, _ in words]
    for row, (start, end) in enumerate(places):
        first, after = bisect_right(starts, start) - 1, bisect_left(starts, end)
        if first >= 0 and start < words[first][1] and end > start:
            yield row, first, after

"""Signals and scores of a text, within a deadline: a failure is an answer too, and it never publishes."""

import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import structlog

from moderation import metrics
from moderation.domain.policy import Band, Policy
from moderation.domain.reading import Context, Reading
from moderation.domain.signals import Signal
from moderation.text.signals import find_signals

log = structlog.get_logger(__name__)

EXTRA_PER_COMMENT_S = 0.05  # what each further comment of a batch adds to the deadline
CAREFUL_SHARE = 0.5  # of the deadline: after that nobody waits for a second reader any more
AT_ONCE = 2  # calls; one in a hurry that finds so many before it does without the second reader


Wanted = bool | Collection[str]  # whether scores are the answer: all of them, or those of the attributes named


class Reader(Protocol):
    """A classifier: text and context in, scores and spans out."""

    model: str

    def read(self, text: str, context: Context = ..., *, spans: bool = ...) -> Reading: ...


@runtime_checkable
class Cascade(Reader, Protocol):
    """A reader of two: it asks the second where that could change what *bands* decide, and while there is time."""

    answer_s: float

    def read(
        self,
        text: str,
        context: Context = ...,
        *,
        spans: bool = ...,
        bands: Mapping[str, Band] | None = ...,
        for_scores: Wanted = ...,
        within_s: float | None = ...,
        hurried: bool = ...,
    ) -> Reading: ...


@dataclass(frozen=True, slots=True)
class Request:
    text: str
    context: Context = field(default_factory=Context)
    language: str = ""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What is known of a text; `reading` is None when scoring failed or was too late."""

    reading: Reading | None
    signals: tuple[Signal, ...]


class Scorer:
    """Runs a reader in a few threads of its own, so that a request never waits longer than its deadline.

    Without a reader (no model could be loaded) nothing is scored, and so everything is held.
    """

    def __init__(
        self, reader: Reader | None, *, deadline_s: float = 2.0, threads: int = 4, careful_unusable: str = ""
    ) -> None:
        self.reader = reader
        self.deadline_s = deadline_s
        self.careful_unusable = careful_unusable  # why the careful reader has no part in `reader`
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="scoring")
        self._calls, self._lock = 0, threading.Lock()

    def assess(
        self,
        policy: Policy,
        requests: Sequence[Request],
        *,
        for_scores: Wanted = False,
        within_s: float | None = None,
    ) -> list[Assessment]:
        """One assessment a request, in order. Never raises for a text.

        With *for_scores* the scores themselves are the answer, not only what the policy decides by them:
        all, or those of the attributes that it names. *within_s* is a shorter deadline than the usual one, of a
        caller in a hurry: while others are being answered, or many such callers come, it has the quick reader's
        scores. Else callers who give up early would queue before the service's door, where no deadline sees them.
        """
        start = time.monotonic()
        limit_s = min(self.deadline_s, within_s or self.deadline_s) + EXTRA_PER_COMMENT_S * (len(requests) - 1)
        with self._counted() as others:
            until = start if within_s and others >= AT_ONCE else start + CAREFUL_SHARE * limit_s
            hurried = within_s is not None
            futures = [
                self._pool.submit(self._assess_one, policy, request, for_scores, until, hurried) for request in requests
            ]
            return [self._collect(future, start + limit_s) for future in futures]

    @contextmanager
    def _counted(self) -> Iterator[int]:
        """Counts a call while it lasts; how many there were before it."""
        with self._lock:
            before = self._calls
            self._calls += 1
        try:
            yield before
        finally:
            with self._lock:
                self._calls -= 1

    def _assess_one(
        self, policy: Policy, request: Request, for_scores: Wanted, until: float, hurried: bool
    ) -> Assessment:
        started = time.perf_counter()
        signals = find_signals(policy, request.text, request.language)
        reading = self._read(policy, request, for_scores, until, hurried)
        if reading is not None and not _is_sound(reading):
            log.error("scoring_failed", error="no probabilities")
            reading = None
        metrics.count_scoring(
            "failed" if reading is None else "scored",
            reading.careful.value if reading else "",
            time.perf_counter() - started,
        )
        return Assessment(reading, signals)

    def _read(
        self, policy: Policy, request: Request, for_scores: Wanted, until: float, hurried: bool
    ) -> Reading | None:
        reader = self.reader
        if isinstance(reader, Cascade):
            return reader.read(
                request.text,
                request.context,
                bands=policy.bands,
                for_scores=for_scores,
                within_s=until - time.monotonic(),
                hurried=hurried,
            )
        return reader.read(request.text, request.context) if reader else None

    def _collect(self, future: Future[Assessment], deadline: float) -> Assessment:
        try:
            return future.result(timeout=max(0.0, deadline - time.monotonic()))
        except FutureTimeout:
            future.cancel()
            log.warning("scoring_late", deadline_s=self.deadline_s)
            metrics.count_scoring("late")
        except Exception as error:
            # The message may quote the text, so only the error's kind is logged.
            log.error("scoring_failed", error=type(error).__name__)
            metrics.count_scoring("failed")
        return Assessment(None, ())

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


def _is_sound(reading: Reading) -> bool:
    """Whether its scores are probabilities: what is no number is over no line, and would be published."""
    return bool(reading.scores) and all(0 <= score <= 1 for score in reading.scores.values())

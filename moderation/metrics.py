"""What Prometheus is told of what this process did: counts and times, with no text, key or address in a label.

What must be right over all processes and machines (queues, the outbox) is not counted here but read from the
database when it is asked for: `storage.watching`. Prometheus's library is imported when something is first counted,
because it looks once, then, whether the processes of a service share a directory.
"""

import os
import shutil
from functools import cache
from pathlib import Path

_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"  # the library's own name for it
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

REQUEST_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)  # seconds
SCORING_BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0)


def share(directory: Path) -> None:
    """Let all processes that are started from this one count together, in files of an emptied *directory*."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(mode=0o700, parents=True)
    os.environ[_DIRECTORY] = str(directory)


class _Meters:
    """The counters themselves."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Histogram

        self.registry = CollectorRegistry()

        def counter(name: str, about: str, *labels: str) -> Counter:
            return Counter(f"moderation_{name}", about, labels, registry=self.registry)

        def histogram(name: str, about: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(f"moderation_{name}", about, labels, buckets=buckets, registry=self.registry)

        self.requests = counter("http_requests", "Requests by route and status.", "method", "route", "status")
        self.request_s = histogram("http_request_seconds", "Time to answer.", REQUEST_BUCKETS, "route")
        self.decisions = counter("decisions", "Decisions that were committed.", "outcome", "source")
        self.scoring_s = histogram("scoring_seconds", "Signals and scores of one comment.", SCORING_BUCKETS)
        self.scorings = counter("scorings", "Comments by what became of their scoring.", "outcome")
        self.careful = counter("careful_reader", "Scored comments by the careful reader's part.", "part")
        self.deliveries = counter("delivery_attempts", "Attempts to tell a blog.", "outcome")
        self.database_errors = counter("database_errors", "Failed statements by kind of error.", "kind")


@cache
def _meters() -> _Meters:
    return _Meters()


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    _meters().requests.labels(method, route, str(status)).inc()
    _meters().request_s.labels(route).observe(seconds)


def count_decision(outcome: str, source: str) -> None:
    _meters().decisions.labels(outcome, source).inc()


def count_scoring(outcome: str, careful: str = "", seconds: float | None = None) -> None:
    """*outcome* is `scored`, `failed` or `late`; *careful* is the careful reader's part in it, if it was scored."""
    _meters().scorings.labels(outcome).inc()
    if careful:
        _meters().careful.labels(careful).inc()
    if seconds is not None:
        _meters().scoring_s.observe(seconds)


def count_delivery(outcome: str) -> None:
    _meters().deliveries.labels(outcome).inc()


def count_database_error(kind: str) -> None:
    _meters().database_errors.labels(kind).inc()


def counted() -> bytes:
    """All counters in Prometheus's text format, of every process that shares the directory."""
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = _meters().registry
    if _DIRECTORY in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # it ships types for the rest
    return generate_latest(registry)


def answer_on(host: str, port: int) -> None:
    """Answer `GET /metrics` in a thread of this process, without a token; for processes that serve nothing else.

    Raises:
        OSError: the port is taken.
    """
    from prometheus_client import start_http_server

    start_http_server(port, addr=host, registry=_meters().registry)

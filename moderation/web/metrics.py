"""`/metrics` for Prometheus: what was counted in the service's processes, and how the database stands."""

import hmac
import threading
import time
from collections.abc import Iterator
from importlib.metadata import version
from ipaddress import ip_address

import sqlalchemy as sa
from flask import Blueprint, Flask, Response, current_app, g, request
from prometheus_client.core import CollectorRegistry, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest

from moderation import metrics
from moderation.domain.errors import NotAllowed, NotFound, NotSignedIn
from moderation.storage import watching
from moderation.storage.engine import Database
from moderation.web.access import open_to_all
from moderation.web.services import Services, services

blueprint = Blueprint("metrics", __name__)

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
FRESH_S = 5.0  # what was read from the database is told again for so long, however often it is asked for
# Each says that somebody in front passed the request on, so that it may come from anywhere.
PASSED_ON = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Via")


class _State:
    """How things stand, read at most every `FRESH_S`; whoever asks meanwhile waits for the same answer."""

    def __init__(self, database: Database) -> None:
        self._database, self._lock = database, threading.Lock()
        self._read_at, self._seen = float("-inf"), None  # type: float, watching.State | None

    def look(self) -> watching.State | None:
        """None if the database does not answer."""
        with self._lock:
            if time.monotonic() - self._read_at > FRESH_S:
                self._seen = self._read()
                self._read_at = time.monotonic()
            return self._seen

    def _read(self) -> watching.State | None:
        try:
            with self._database.read() as session:
                return watching.look(session)
        except sa.exc.SQLAlchemyError:
            return None  # counted as an error of the database, and told as moderation_database_up 0


def install(app: Flask, given: Services) -> None:
    app.extensions["watched"] = _State(given.database)
    app.after_request(_count)
    app.register_blueprint(blueprint)


def _count(response: Response) -> Response:
    """By the route, not the address: that may hold the blog's ids, and there is no end of them."""
    route = request.url_rule.rule if request.url_rule else "none"
    method = request.method if request.method in METHODS else "other"
    seconds = time.perf_counter() - g.get("started", time.perf_counter())
    metrics.count_request(method, route, response.status_code, seconds)
    return response


@blueprint.get("/metrics")
@open_to_all  # and closed again by what the settings say
def tell() -> Response:
    """Prometheus's text format, for whoever the settings let in; for everybody else there is no such page."""
    _refuse_strangers()
    registry = CollectorRegistry()
    registry.register(_Told(current_app.extensions["watched"].look(), services()))
    return Response(metrics.counted() + generate_latest(registry), content_type=metrics.CONTENT_TYPE)


def _refuse_strangers() -> None:
    settings = services().settings
    if settings.metrics_loopback and _is_this_machine():
        return
    if not settings.metrics_token:
        raise NotFound if not settings.metrics_loopback else NotAllowed("Ask from this machine.")
    sent = request.authorization.token if request.authorization and request.authorization.type == "bearer" else None
    if not hmac.compare_digest((sent or "").encode(), settings.metrics_token.encode()):
        raise NotSignedIn("Send `Authorization: Bearer <METRICS_TOKEN>`.", code="credentials-missing")


def _is_this_machine() -> bool:
    """Whether a program on this machine asks by itself. A proxy on it asks for others, and says so."""
    if any(request.headers.get(name) for name in PASSED_ON):
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


class _Told:
    """What is read when it is asked for, as gauges."""

    def __init__(self, state: watching.State | None, given: Services) -> None:
        self._state, self._given = state, given

    def collect(self) -> Iterator[Metric]:
        yield self._model()
        yield _gauge("database_up", "Whether the database answered.", 0 if self._state is None else 1)
        if self._state is not None:
            yield from _of_queues(self._state)
            yield from _of_outbox(self._state)

    def _model(self) -> Metric:
        scorer = self._given.scorer
        careful = "unusable" if scorer.careful_unusable else "on" if self._given.settings.careful_reader else "off"
        told = GaugeMetricFamily(
            "moderation_model_info", "The readers; no model: nothing is scored.", labels=["model", "careful", "version"]
        )
        told.add_metric([scorer.reader.model if scorer.reader else "none", careful, version("moderation")], 1)
        return told


def _of_queues(state: watching.State) -> Iterator[Metric]:
    size = GaugeMetricFamily("moderation_queue_comments", "Comments that wait, up to 10,000.", labels=["queue"])
    age = GaugeMetricFamily("moderation_queue_oldest_seconds", "Age of the oldest that waits.", labels=["queue"])
    for queue, waiting in state.queues.items():
        size.add_metric([queue.value], waiting.size)
        age.add_metric([queue.value], waiting.age_s)
    yield from (size, age)


def _of_outbox(state: watching.State) -> Iterator[Metric]:
    events = GaugeMetricFamily("moderation_outbox_events", "Events not delivered, up to 10,000.", labels=["state"])
    for event_state, count in state.events.items():
        events.add_metric([event_state.value], count)
    yield events
    yield _gauge("outbox_lag_seconds", "Since when the event that is due for longest is due.", state.lag_s)
    yield _gauge("webhooks_disabled", "Sites whose webhook answered 410.", state.disabled_webhooks)
    yield _gauge("mail_failing", "Moderators' choices of mail whose last mail did not get out.", state.failing_mails)


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(f"moderation_{name}", about, value=value)

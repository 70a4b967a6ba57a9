"""One attempt to deliver one event, and when to try again."""

import json
import random
import time
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import sqlalchemy.orm as so
import structlog

from moderation import metrics
from moderation.config import Network
from moderation.storage import outbox, secrets
from moderation.storage.engine import Database
from moderation.storage.outbox import Lease
from moderation.storage.tables import EventState
from moderation.webhooks import akismet, signing
from moderation.webhooks.sending import TIMEOUT_S, Answer, SendError, send, user_agent

log = structlog.get_logger(__name__)

# The wait before each attempt: ten of them in a little over three days.
SCHEDULE = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
JITTER = 0.1  # events that failed together must not all come back together
LONGEST_WAIT = timedelta(hours=24)
ASKS_TO_WAIT = frozenset({429, 502, 503, 504})
GONE = 410


def deliver_once(
    database: Database,
    lease: Lease,
    *,
    secret_key: str,
    networks: Collection[Network],
    timeout_s: float = TIMEOUT_S,
    now: datetime | None = None,
) -> None:
    """Send a leased event, then write down what came of it, in one transaction.

    What goes wrong on the way is part of the outcome; only a failing database raises.
    """
    started = time.monotonic()
    if lease.is_akismet:
        answer, error = akismet.attempt(database, lease, secret_key, networks, timeout_s, now or datetime.now(UTC))
    else:
        answer, error = attempt(lease, secret_key, networks, timeout_s, now or datetime.now(UTC))
    duration_ms = round((time.monotonic() - started) * 1000)
    status = answer.status if answer else None
    with database.write() as session:
        at = now or outbox.database_now(session)
        outbox.record_attempt(session, lease, status=status, error=error, duration_ms=duration_ms, now=at)
        outcome = _settle(session, lease, answer, error, at)
    metrics.count_delivery(outcome)
    log.info(
        "webhook.attempt",
        event_id=str(lease.event_id),
        site_id=str(lease.site_id),
        attempt=lease.attempts + 1,
        status=status,
        outcome=outcome,
        duration_ms=duration_ms,
    )


def attempt(
    lease: Lease, secret_key: str, networks: Collection[Network], timeout_s: float, now: datetime
) -> tuple[Answer | None, str]:
    """The answer, if there was one, and what is wrong; an empty text means delivered."""
    body = encode(lease.payload)
    try:
        opened = [secrets.decrypt(sealed, secret_key) for sealed in lease.secrets]
        headers = headers_for(lease, opened, body, now)
    except (secrets.WrongSecretKey, ValueError):  # ValueError: it was stored with this key, but is no secret
        return None, "The site's webhook secret cannot be read; MODERATION_SECRET_KEY may have changed."
    try:
        answer = send(lease.url, headers, body, networks=networks, timeout_s=timeout_s)
    except SendError as failure:
        return None, str(failure)
    return answer, answer.complaint


def encode(payload: dict[str, Any]) -> bytes:
    """The body of an event: the same bytes for every attempt, on either database."""
    # PostgreSQL keeps a JSON object's keys in an order of its own.
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode("utf-8", "replace")


def headers_for(lease: Lease, opened: Collection[str], body: bytes, now: datetime) -> dict[str, str]:
    """The headers of this attempt; the id is the event's, so that a receiver can drop what it has had.

    Each of the *opened* secrets signs: a receiver takes a request when one signature fits.
    """
    message_id = f"msg_{lease.event_id.hex}"
    timestamp = signing.timestamp_of(now)
    return {
        "content-type": "application/json",
        "user-agent": user_agent(),
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signing.sign(secret, message_id, timestamp, body) for secret in opened),
    }


def next_attempt(
    attempts: int, answer: Answer | None, now: datetime, *, jitter: float | None = None
) -> datetime | None:
    """When to try again after *attempts* attempts, of which *answer* is the last one's; None: no more.

    *jitter* lies between -1 and 1.
    """
    if attempts >= len(SCHEDULE):
        return None
    spread = random.uniform(-1, 1) if jitter is None else jitter
    wait = SCHEDULE[attempts] * (1 + JITTER * spread)
    if answer and answer.retry_after and answer.status in ASKS_TO_WAIT:
        wait = max(wait, min(retry_after(answer.retry_after, now), LONGEST_WAIT))
    return now + wait


def retry_after(value: str, now: datetime) -> timedelta:
    """How long a Retry-After header asks to wait, in seconds or until a date; nothing if it is neither."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return timedelta(seconds=int(value)) if len(value) < 10 else LONGEST_WAIT
    try:
        until = parsedate_to_datetime(value)
        until = until.replace(tzinfo=UTC) if until.tzinfo is None else until
        return max(until - now, timedelta(0))
    except (ValueError, TypeError, IndexError, OverflowError):  # all of them have been seen
        return timedelta(0)


def _settle(session: so.Session, lease: Lease, answer: Answer | None, error: str, now: datetime) -> str:
    """Move the event on; the word for the log. A lost lease moves nothing: the event is somebody else's."""
    if not error:
        return _if_ours(outbox.close(session, lease, EventState.DELIVERED), "delivered")
    is_gone = not lease.is_akismet and answer is not None and answer.status == GONE
    if (is_gone and outbox.disable_endpoint(session, lease, now)) or not lease.url:
        return _if_ours(outbox.park(session, lease, now=now, error=error), "parked")
    due_at = next_attempt(lease.attempts + 1, answer, now)
    if due_at is None:
        return _if_ours(outbox.close(session, lease, EventState.FAILED, error=error), "failed")
    return _if_ours(outbox.retry(session, lease, due_at=due_at, error=error), "retry")


def _if_ours(moved: bool, outcome: str) -> str:
    return outcome if moved else "lease_lost"

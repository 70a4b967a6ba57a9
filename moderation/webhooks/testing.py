"""A test event, sent at once and answered at once: no decision is behind it, and it is never tried again."""

import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from moderation.config import Network
from moderation.storage.outbox import Lease
from moderation.storage.tables import Site
from moderation.storage.types import uuid7
from moderation.webhooks.delivery import attempt

TEST_EVENT = "webhook.test"
TIMEOUT_S = 5.0  # somebody waits for a page


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the blog answered; `error` is empty when it took the event."""

    status: int | None
    error: str
    duration_ms: int


def send_test(
    site: Site, *, secret_key: str, networks: Collection[Network], now: datetime, timeout_s: float = TIMEOUT_S
) -> Outcome:
    """Send a signed test event to the site's address, as any event is sent."""
    if not site.webhook_url:
        return Outcome(None, "There is no address to send to.", 0)
    lease = Lease(
        event_id=uuid7(),
        token=uuid7(),
        attempts=0,
        payload={
            "type": TEST_EVENT,
            "timestamp": now.isoformat().replace("+00:00", "Z"),
            "data": {"site_id": site.slug},
        },
        site_id=site.id,
        url=site.webhook_url,
        secrets=site.webhook_secrets(now),
    )
    started = time.monotonic()
    answer, error = attempt(lease, secret_key, networks, timeout_s, now)
    return Outcome(answer.status if answer else None, error, round((time.monotonic() - started) * 1000))

"""Asks the moderation service about every comment that has no answer yet."""

import logging
import threading
import time

from moderation_client import ModerationClient, NoVerdict
from store import Store

log = logging.getLogger(__name__)

ROUND_S = 1.0


def send(store: Store, service: ModerationClient, comment_id: str, *, now: float) -> None:
    """Asks once about one comment. Without an answer it stays waiting and its next try is planned."""
    request = store.claim(comment_id, now)
    if request is None:
        return
    try:
        verdict = service.submit(comment_id, request)
    except NoVerdict as error:
        log.warning("Comment %s keeps waiting: %s", comment_id, error)
        return
    store.record_answer(verdict)


def send_due(store: Store, service: ModerationClient, *, now: float) -> None:
    for comment_id in store.due(now):
        send(store, service, comment_id, now=now)


def keep_sending(store: Store, service: ModerationClient) -> None:
    """Starts the thread that sends again what the service could not answer; it ends with the process."""

    def rounds() -> None:
        while True:
            try:
                send_due(store, service, now=time.time())
            except Exception:
                log.exception("A round of sending failed; the next one follows")
            time.sleep(ROUND_S)

    threading.Thread(target=rounds, name="sending", daemon=True).start()

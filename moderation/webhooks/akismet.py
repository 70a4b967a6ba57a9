"""The outcome of a comment, told to the callback that the blog's Akismet plugin gave with it.

What is told is how the comment stands when it is told, so that a late try can never bring back an older outcome.
"""

import json
import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from moderation.config import Network
from moderation.storage import akismet, secrets
from moderation.storage.akismet import Outcome
from moderation.storage.engine import Database
from moderation.storage.outbox import Lease
from moderation.webhooks.addresses import DEFAULT_PORTS, AddressRefused, check_url
from moderation.webhooks.sending import Answer, SendError, send, user_agent

MAX_BLOG = 2_000


def attempt(
    database: Database,
    lease: Lease,
    secret_key: str,
    networks: Collection[Network],
    timeout_s: float,
    now: datetime,
) -> tuple[Answer | None, str]:
    """The answer, if there was one, and what is wrong; an empty text means told, or that nothing has to be told."""
    with database.read() as session:
        found = akismet.outcome(session, uuid.UUID(lease.payload["data"]["guid"]), now)
    if found is None:
        return None, ""
    if found.sealed_key is None:
        return None, "The site has no Akismet key any more."
    if not is_of_blog(found.url, found.blog, networks):
        return None, "The callback is not at the blog that the site's Akismet key is for."
    try:
        body = message(found, secrets.decrypt(found.sealed_key, secret_key))
    except secrets.WrongSecretKey:
        return None, "The site's Akismet key cannot be read; MODERATION_SECRET_KEY may have changed."
    headers = {"content-type": "application/json", "user-agent": user_agent()}
    try:
        answer = send(found.url, headers, body, networks=networks, timeout_s=timeout_s)
    except SendError as failure:
        return None, str(failure)
    return answer, _complaint(answer, found.guid)


def is_of_blog(url: str, blog: str, networks: Collection[Network]) -> bool:
    """Whether a callback is one that outcomes, and with them the key, may go to: at the blog's own host and port.

    A blog that is registered with http may be called back with https.
    """
    try:
        target, home = check_url(url, networks), urlsplit(blog)
        port = home.port or DEFAULT_PORTS.get(home.scheme)
    except (AddressRefused, ValueError):
        return False
    host = (home.hostname or "").removesuffix(".")
    is_port = target.port == port or (target.scheme == "https" and target.port == DEFAULT_PORTS["https"])
    return bool(host) and target.host == host and is_port


def check_blog(blog: str) -> None:
    """See that a blog's address is one.

    Raises:
        AddressRefused: it is not; the message says how one looks.
    """
    try:
        parts = urlsplit(blog)
        is_address = parts.scheme in DEFAULT_PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or len(blog) > MAX_BLOG:
        raise AddressRefused("The blog's address must be one such as https://garden.example.")


def message(outcome: Outcome, key: str) -> bytes:
    """The body that Akismet's plugin for WordPress expects at its webhook."""
    comment = {"guid": outcome.guid, "result": outcome.result}
    if outcome.post_id:
        comment["comment_post_ID"] = outcome.post_id
    if outcome.email:
        comment["comment_author_email"] = outcome.email
    document = {"key": key, "endpoint": "comment-check", "comments": [comment]}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _complaint(answer: Answer, guid: str) -> str:
    """What is wrong with an answer; the plugin answers 200 also when it does not know the comment."""
    if not answer.complaint and _status_in(answer.body, guid) == "error":
        return "The blog's Akismet plugin answered that it could not find the comment."
    return answer.complaint


def _status_in(body: bytes, guid: str) -> Any:
    try:
        return json.loads(body)["comments"][guid]["status"]
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        return None

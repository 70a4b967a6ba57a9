"""All a blog needs to speak with the moderation service: ask for a verdict, and read what it tells later."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import urllib3
from standardwebhooks import Webhook, WebhookVerificationError
from standardwebhooks.webhooks import EmptyWebhookSecretError

TIMEOUT_S = 2.0
STATES = {"held", "published", "rejected", "spam", "erased"}
LARGEST_VERSION = 2**63 - 1  # what a database column holds


class NoVerdict(Exception):
    """The service is away, slow or answers an error: keep the comment and ask again later."""


class BadSignature(Exception):
    """Nobody who knows our secret sent this, or it was sent too long ago."""


class BadEvent(Exception):
    """Rightly signed, but not what the service promises to send."""


@dataclass(frozen=True)
class Verdict:
    """What the service says of a comment; `version` grows with each decision."""

    comment_id: str
    state: str
    version: int
    decided_by: str
    reasons: list[str]
    status_url: str = ""


class ModerationClient:
    def __init__(self, service_url: str, *, api_key: str, webhook_secret: str) -> None:
        if not service_url.startswith(("http://", "https://")):
            raise ValueError("The address of the moderation service must begin with http:// or https://.")
        self._base = service_url.rstrip("/") + "/"
        self._api_key = api_key
        try:
            self._webhook = Webhook(webhook_secret)
        except (ValueError, EmptyWebhookSecretError) as error:
            raise ValueError("BLOG_WEBHOOK_SECRET is not of the form whsec_<base64>.") from error
        self._http = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(total=TIMEOUT_S))

    def submit(self, comment_id: str, request: bytes) -> Verdict:
        """Asks what shall happen to a comment. The same id and bytes may be sent again without harm.

        Raises:
            NoVerdict: ask again later.
        """
        headers = {
            "Authorization": f"Bearer {self._api_key}",
            "Content-Type": "application/json",
            "Idempotency-Key": comment_id,
        }
        try:
            answer = self._http.request("POST", self._base + "v1/comments", body=request, headers=headers)
        except urllib3.exceptions.HTTPError as error:
            raise NoVerdict(type(error).__name__) from error
        if not 200 <= answer.status < 300:
            raise NoVerdict(f"HTTP status {answer.status}")
        try:
            fields = _parse(answer.data)
            return _verdict(comment_id, fields, status_url=self._status_url(fields))
        except ValueError as error:
            raise NoVerdict("an answer that is no verdict") from error

    def read_event(self, headers: Mapping[str, str], body: bytes) -> Verdict | None:
        """What a webhook tells, or None for a kind of event that a later service may add.

        Raises:
            BadSignature: answer 401.
            BadEvent: answer 400.
        """
        try:
            self._webhook.verify(body, dict(headers), json_parse=False)
        except (WebhookVerificationError, ValueError) as error:
            # ValueError: the library raises it for a signature without a comma, bad base64, broken UTF-8.
            raise BadSignature from error
        try:
            return _event(_parse(body))
        except ValueError as error:
            raise BadEvent from error

    def _status_url(self, fields: Any) -> str:
        """The page where the author reads why, and can object."""
        path = fields.get("status_url") if isinstance(fields, dict) else None
        url = urljoin(self._base, path) if isinstance(path, str) and path else ""
        return url if url.startswith(("http://", "https://")) else ""


def _parse(raw: bytes) -> Any:
    try:
        value = json.loads(raw)
        # JSON can spell half a character ("\ud800"), which neither a database nor a page can hold.
        json.dumps(value, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("too deeply nested") from error
    return value


def _event(fields: Any) -> Verdict | None:
    match fields:
        case {"type": str(kind), "data": {"comment_id": str(comment_id)} as data}:
            known = kind.removeprefix("comment.") in STATES
            return _verdict(comment_id, data) if known else None
        case {"type": str()}:
            return None
        case _:
            raise ValueError("not an event")


def _verdict(comment_id: str, fields: Any, *, status_url: str = "") -> Verdict:
    match fields:
        case {"state": str(state), "version": int(version), "reasons": [*reasons]}:
            if state not in STATES or not 0 < version <= LARGEST_VERSION:
                raise ValueError("unknown state or version")
            return Verdict(
                comment_id=comment_id,
                state=state,
                version=int(version),
                decided_by=str(fields.get("decided_by") or ""),
                reasons=[_message(reason) for reason in reasons],
                status_url=status_url,
            )
        case _:
            raise ValueError("not a verdict")


def _message(reason: Any) -> str:
    match reason:
        case {"message": str(message)}:
            return message
        case {"code": str(code)}:
            return code.replace("_", " ")
        case _:
            raise ValueError("not a reason")

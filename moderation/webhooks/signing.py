"""Standard Webhooks 1.0.0 signatures: ours on what we send, the blog's on what we get."""

import base64
import hashlib
import hmac
import secrets as random_secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from moderation.domain.errors import NotSignedIn

PREFIX = "whsec_"
SECRET_BYTES = 32
TOLERANCE = timedelta(minutes=5)
MAX_ID = 255
MAX_SIGNATURES = 4096  # characters of the header: about eighty signatures, where a rotation needs two
TIMESTAMP_DIGITS = 12


class Headers(Protocol):
    """A mapping of strings, or a web framework's own headers."""

    def items(self) -> Iterable[tuple[str, str]]: ...


@dataclass(eq=False)
class SignatureError(NotSignedIn):
    """A request's signature does not say what it has to."""


@dataclass(eq=False)
class SignatureMissing(SignatureError):
    code: str = "signature-missing"
    title: str = "The request is not signed"
    detail: str = "Send the three headers webhook-id, webhook-timestamp and webhook-signature."


@dataclass(eq=False)
class SignatureInvalid(SignatureError):
    code: str = "signature-invalid"
    title: str = "The signature is not valid"
    detail: str = (
        "Sign '<webhook-id>.<webhook-timestamp>.<body>', byte for byte as sent, with the site's secret, "
        "and send 'v1,' and the signature in base64 as webhook-signature."
    )


@dataclass(eq=False)
class TimestampOutsideTolerance(SignatureError):
    code: str = "timestamp-outside-tolerance"
    title: str = "The signature is too old, or from the future"
    detail: str = "Set the sender's clock, and sign each attempt anew with its own time."


def new_secret() -> str:
    return PREFIX + base64.b64encode(random_secrets.token_bytes(SECRET_BYTES)).decode()


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature` for one secret.

    Raises:
        ValueError: the secret is not `whsec_` and base64.
    """
    content = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.digest(_key(secret), content, hashlib.sha256)
    return "v1," + base64.b64encode(digest).decode()


def verify(
    secrets: Collection[str],
    headers: Headers,
    body: bytes,
    now: datetime,
    tolerance: timedelta = TOLERANCE,
) -> str:
    """The `webhook-id` of a request that one of *secrets* signed within *tolerance* of *now*.

    Raises:
        SignatureMissing: a header is not there, or empty.
        SignatureInvalid: a header cannot be read, or no signature fits.
        TimestampOutsideTolerance: the signature fits, its time does not.
    """
    sent = {name.lower(): value for name, value in headers.items()}
    message_id = sent.get("webhook-id", "")
    stamp = sent.get("webhook-timestamp", "")
    signatures = sent.get("webhook-signature", "")
    if not (message_id and stamp and signatures):
        raise SignatureMissing
    _check_id(message_id)
    timestamp = _read_timestamp(stamp)
    if len(signatures) > MAX_SIGNATURES:
        raise SignatureInvalid(detail="Send fewer signatures: one for each secret in use.")
    expected = [sign(secret, message_id, timestamp, body) for secret in secrets]
    if not _any_equal(expected, signatures.split(" ")):
        raise SignatureInvalid
    if abs(now.timestamp() - timestamp) > tolerance.total_seconds():
        raise TimestampOutsideTolerance
    return message_id


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError as error:
        raise ValueError("a webhook secret is 'whsec_' and base64") from error
    if not key:
        raise ValueError("a webhook secret must not be empty")
    return key


def _check_id(message_id: str) -> None:
    # A dot would let parts of the id be read as the timestamp.
    readable = message_id.isascii() and message_id.isprintable() and not set(". ") & set(message_id)
    if not readable or len(message_id) > MAX_ID:
        raise SignatureInvalid(
            detail=f"Send a webhook-id of at most {MAX_ID} ASCII characters, without dots and spaces."
        )


def _read_timestamp(stamp: str) -> int:
    # The signature covers the header's characters: another spelling of the number would not fit anyway.
    if len(stamp) > TIMESTAMP_DIGITS or not (stamp.isascii() and stamp.isdigit()) or stamp != str(int(stamp)):
        raise SignatureInvalid(detail="Send webhook-timestamp in whole Unix seconds, such as 1795422000.")
    return int(stamp)


def _any_equal(expected: list[str], sent: list[str]) -> bool:
    """Whether any pair is equal, in a time that does not tell which or where.

    Text is compared, not what it decodes to: nothing of the sender's has to be decoded.
    """
    equal = [
        hmac.compare_digest(ours.encode(), theirs.encode("utf-8", "replace")) for ours in expected for theirs in sent
    ]
    return any(equal)


def timestamp_of(now: datetime) -> int:
    """The whole Unix second of *now*, whatever zone it is written in."""
    return int(now.astimezone(UTC).timestamp())

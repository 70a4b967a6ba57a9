"""Where the next page of a list begins, as one opaque word in the address."""

import base64
import binascii
import math
import struct
import uuid

from moderation.domain.errors import InvalidRequest

_RISK_AND_ID = struct.Struct(">d16s")


def of_id(last: uuid.UUID) -> str:
    return _word(last.bytes)


def of_risk(risk: float, last: uuid.UUID) -> str:
    return _word(_RISK_AND_ID.pack(risk, last.bytes))


def read_id(word: str | None) -> uuid.UUID | None:
    """The last id of the page before; None for the first page.

    Raises:
        InvalidRequest: no page of ours ever ended so.
    """
    return uuid.UUID(bytes=_bytes(word, 16)) if word else None


def read_risk(word: str | None) -> tuple[float, uuid.UUID] | None:
    """The last risk and id of the page before; None for the first page.

    Raises:
        InvalidRequest: no page of ours ever ended so.
    """
    if not word:
        return None
    risk, last = _RISK_AND_ID.unpack(_bytes(word, _RISK_AND_ID.size))
    if not math.isfinite(risk):
        raise _unknown_page()
    return risk, uuid.UUID(bytes=last)


def _word(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _bytes(word: str, size: int) -> bytes:
    try:
        value = base64.urlsafe_b64decode(word + "=" * (-len(word) % 4))
    except (ValueError, binascii.Error):
        raise _unknown_page() from None
    if len(value) != size:
        raise _unknown_page()
    return value


def _unknown_page() -> InvalidRequest:
    return InvalidRequest("This is not a page of the list. Start at its first page.", code="cursor-invalid")

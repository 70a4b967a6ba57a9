"""Reading JSON from clients that were written for another server: what can be understood is taken."""

import codecs
import json
import zlib
from contextlib import suppress
from typing import Any

from flask import request

from moderation.domain.errors import InvalidRequest
from moderation.web import bodies
from moderation.web.schemas import storable

_CHARSETS = ("utf-", "iso8859", "cp125", "koi8", "gb", "big5", "shift_jis", "euc")


def read_document(limit: int) -> Any:
    """The request's body as JSON, whatever its content type, in the charset that it names or shows.

    Raises:
        InvalidRequest: it is encoded in a way that HTTP does not name, too large, or no JSON; the detail says which.
    """
    return bodies.parse_json(_decode(read_body(limit)))


def read_body(limit: int) -> bytes:
    """The request's body, unpacked where it is gzip (Google's client for Java does so, unasked) or deflate.

    Raises:
        InvalidRequest: it is encoded in another way, broken, or more than *limit* bytes.
    """
    encoding = request.headers.get("Content-Encoding", "").strip().lower().removeprefix("x-")
    if encoding not in {"gzip", "deflate"}:
        return bodies.read_bytes(limit)
    packed = request.get_data()
    # HTTP's deflate is zlib's format; some send it bare.
    windows = [16 + zlib.MAX_WBITS] if encoding == "gzip" else [zlib.MAX_WBITS, -zlib.MAX_WBITS]
    for wbits in windows:
        with suppress(zlib.error):
            return _unpack(zlib.decompressobj(wbits), packed, limit)
    raise InvalidRequest(f"The body is not {encoding}, though Content-Encoding says so.", code="body-not-json")


def _unpack(stream: "zlib._Decompress", packed: bytes, limit: int) -> bytes:
    """What was packed, and no more than *limit* bytes of it."""
    unpacked = stream.decompress(packed, limit + 1)
    if len(unpacked) > limit:
        raise bodies.too_large(limit)
    if not stream.eof:
        raise InvalidRequest("The body ends in the middle of what it packs.", code="body-not-json")
    return unpacked


def _decode(body: bytes) -> str:
    for charset in (json.detect_encoding(body), known_charset(request.mimetype_params.get("charset", ""))):
        with suppress(UnicodeDecodeError):
            return body.decode(charset)
    raise InvalidRequest("The body is not UTF-8; encode the JSON as UTF-8.", code="body-not-utf-8")


def known_charset(name: str) -> str:
    """The charset of a name that a client gives; UTF-8 for one that means nothing here."""
    try:
        charset = codecs.lookup(name).name
    except (LookupError, ValueError):  # ValueError: NUL in it
        return "utf-8"
    return charset if charset.startswith(_CHARSETS) else "utf-8"


def field(document: Any, name: str) -> Any:
    """The field under its camelCase *name*, or else its snake_case one; None if it is missing or null."""
    if not isinstance(document, dict):
        return None
    found = document.get(name)
    return document.get(_snake(name)) if found is None else found


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def text(value: Any) -> str:
    """A string that can be stored; a number is taken as text, and everything else as none."""
    if isinstance(value, str):
        return str(storable(value))
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def flag(value: Any) -> bool:
    """A boolean, also as a word or a number."""
    return value.strip().lower() in {"true", "1", "yes"} if isinstance(value, str) else bool(value)


def number(value: Any) -> float | None:
    """A number, also as a string; None if it is neither."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if abs(found) < float("inf") else None

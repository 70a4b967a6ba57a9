"""The fields of a request, in whatever form a client sends them, and the key among them."""

from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl

from flask import g, request
from werkzeug.exceptions import RequestEntityTooLarge

from moderation.web import bodies
from moderation.web.dialects.lenient import known_charset, read_body, read_document
from moderation.web.schemas import storable
from moderation.web.services import services

Fields = dict[str, str]

MAX_FIELDS = 1_000
TRUE = {"1", "true", "yes", "on"}


def fields() -> Fields:
    """Every field of the request by name; what the body says comes before what the address says. Read once."""
    if "akismet_fields" not in g:
        limit = services().settings.max_body_bytes
        if request.content_length is not None and request.content_length > limit:
            raise bodies.too_large(limit)
        sent = {name: value for name, value in _of_body(limit).items() if value}
        g.akismet_fields = {name: storable(value) for name, value in (request.args.to_dict() | sent).items()}
    found: Fields = g.akismet_fields
    return found


def is_true(value: str | None) -> bool:
    return (value or "").strip().lower() in TRUE


def key() -> str:
    """The caller's key: `api_key` or `key` in the body or the address, else the first label of the host.

    The label counts only under `AKISMET_HOST_SUFFIX`: `https://KEY.rest.blog-moderation.example/1.1/comment-check`.
    """
    found = fields()
    return found.get("api_key") or found.get("key") or _host_label(services().settings.akismet_host_suffix)


def _host_label(suffix: str) -> str:
    host = request.host.rsplit(":", 1)[0].lower().removesuffix(".")
    label, _, rest = host.partition(".")
    return label if suffix and rest == suffix else ""


def _of_body(limit: int) -> Fields:
    if request.mimetype == "multipart/form-data":
        return request.form.to_dict()
    data = read_body(limit)
    is_named_a_form = request.mimetype == "application/x-www-form-urlencoded"
    if request.mimetype == "application/json" or (data.lstrip()[:1] == b"{" and not is_named_a_form):
        return _of_json(limit)
    return _of_form(data)


def _of_json(limit: int) -> Fields:
    """Not in the protocol, but plain where a client does it."""
    document = read_document(limit)
    return dict(_flat(document)) if isinstance(document, dict) else {}


def _flat(document: dict[str, Any]) -> list[tuple[str, str]]:
    found = []
    for name, value in document.items():
        if isinstance(value, bool):
            found.append((name, str(value).lower()))
        elif isinstance(value, str | int | float):
            found.append((name, str(value)))
    return found


def _of_form(data: bytes) -> Fields:
    """A form's fields as text. Latin-1 stands in for bytes, until it is known what they are."""
    try:
        pairs = parse_qsl(data.decode("latin-1"), keep_blank_values=True, encoding="latin-1", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise RequestEntityTooLarge from None
    first: Fields = {}
    for name, value in pairs:
        first.setdefault(name, value)
    declared = known_charset(request.mimetype_params.get("charset") or first.get("blog_charset", ""))
    return {_text(name, declared): _text(value, declared) for name, value in first.items()}


def _text(stand_in: str, declared: str) -> str:
    """UTF-8 if it is that, whatever the client declares; else what it declares."""
    raw = stand_in.encode("latin-1")
    for charset in ("utf-8", declared):
        with suppress(UnicodeDecodeError):
            return raw.decode(charset)
    return raw.decode("utf-8", "replace")

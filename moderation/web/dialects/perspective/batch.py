"""Many calls in one: `multipart/mixed` of whole HTTP requests, as Google's clients send a batch.

Each part is answered as if it had come alone, with its own key, count and error.
"""

import re
import secrets
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from urllib.parse import urlsplit

from flask import Response, current_app, g, request
from werkzeug.exceptions import NotFound
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.test import EnvironBuilder

from moderation.domain.errors import InvalidRequest
from moderation.web.access import open_to_all
from moderation.web.dialects.lenient import read_body
from moderation.web.dialects.perspective.errors import refuse
from moderation.web.dialects.perspective.views import BATCH, DIALECT, blueprint
from moderation.web.services import services

MAX_PARTS = 1_000  # as many as Google's client for Python takes
MAX_STRANGERS = 10  # calls without a good key; then nobody looks any further, and the last refusal stands for the rest
_PASSED_ON = ("Content-Type", "Content-Encoding", "X-Goog-Api-Key", "Authorization")
_BLANK_LINE = re.compile(rb"(?<=\n)\r?\n")  # PHP's client mixes both ends of lines


@blueprint.post(BATCH, strict_slashes=False)
@open_to_all  # each part brings a key
def batch() -> Response:
    """Answer every part, in order."""
    limit, boundary = services().settings.max_batch_bytes, f"batch_{secrets.token_hex(16)}"
    told, strangers, answer = [], 0, None
    for part in _parts(read_body(limit)):
        if answer is None or strangers < MAX_STRANGERS:
            answer, is_known = _answer(part)
            strangers += not is_known
        told.append(_told(part, answer, boundary))
    return Response(
        b"".join([*told, f"--{boundary}--\r\n".encode()]), content_type=f"multipart/mixed; boundary={boundary}"
    )


def _parts(body: bytes) -> list[Message]:
    """The parts of *body*.

    Raises:
        InvalidRequest: it has none, or too many.
    """
    head = f"Content-Type: {request.headers.get('Content-Type', '')}\r\n\r\n"
    try:
        parts = BytesParser().parsebytes(head.encode("latin-1", "replace") + body).get_payload()
    except RecursionError:  # parts in parts in parts
        parts = None
    if not isinstance(parts, list) or not parts:
        raise InvalidRequest("Failed to parse batch request: it is no multipart/mixed with a boundary.")
    if len(parts) > MAX_PARTS:
        raise InvalidRequest(f"The batch has {len(parts)} calls; at most {MAX_PARTS} are taken.")
    return [part for part in parts if isinstance(part, Message)]


def _told(part: Message, answer: Response, boundary: str) -> bytes:
    """*answer* as a part of the whole answer. PHP's client knows it by `response-` before the part's own id."""
    named = " ".join(str(part.get("Content-ID", "")).split())
    own_id = "".join(letter for letter in named.strip("<>") if letter.isascii() and letter.isprintable())
    body = answer.get_data()
    head = [
        f"--{boundary}",
        "Content-Type: application/http",
        *([f"Content-ID: <response-{own_id}>"] if own_id else []),
        "",
        f"HTTP/1.1 {answer.status_code} {HTTP_STATUS_CODES.get(answer.status_code, 'Unknown')}",
        f"Content-Type: {answer.content_type}",
        *([f"Retry-After: {answer.headers['Retry-After']}"] if "Retry-After" in answer.headers else []),
        f"Content-Length: {len(body)}",
        "",
        "",
    ]
    return "\r\n".join(head).encode() + body + b"\r\n"


def _answer(part: Message) -> tuple[Response, bool]:
    """What the call in *part* would have been answered alone, and whether its caller is known.

    Calls of other dialects and pages are not found.
    """
    payload = part.get_payload(decode=True)
    line, _, rest = (payload if isinstance(payload, bytes) else b"").lstrip().partition(b"\n")
    method, target, *_ = [*line.decode("latin-1").split(), "", ""]
    head, *body = _BLANK_LINE.split(b"\n" + rest, maxsplit=1)
    try:
        address = urlsplit(target)
    except ValueError:
        return refuse(NotFound(), 404), False
    if not DIALECT.owns(address.path) or address.path.startswith(BATCH):
        return refuse(NotFound(), 404), False
    sent = BytesHeaderParser().parsebytes(head[1:])
    environ = EnvironBuilder(
        method=method,
        path=address.path,
        query_string=address.query,
        base_url=request.host_url,
        headers=[(name, "".join(str(sent[name]).splitlines())) for name in _PASSED_ON if name in sent],
        data=b"".join(body),
    ).get_environ()
    with current_app.app_context(), current_app.request_context(environ):
        return current_app.full_dispatch_request(), "site" in g

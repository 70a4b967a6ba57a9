"""Reading a request's body: bytes to JSON to a checked model, with an error for each way to go wrong."""

import hashlib
import json
from typing import Any, TypeVar, cast

from flask import request
from pydantic import BaseModel, ValidationError

from moderation.config import Settings
from moderation.domain.errors import FieldError, InvalidRequest
from moderation.web.schemas import BatchIn, CommentIn, ScoreBatchIn, ScoreIn

Model = TypeVar("Model", bound=BaseModel)

MAX_DEPTH = 32


def read_json(limit: int) -> tuple[Any, int]:
    """The request's body and its size.

    Raises:
        InvalidRequest: it is encoded, too large, not UTF-8, or not JSON; the detail says which.
    """
    body = read_bytes(limit)
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        detail = f"Byte {error.start} of the body is not UTF-8; encode the JSON as UTF-8."
        raise InvalidRequest(detail, code="body-not-utf-8") from None
    return parse_json(text), len(body)


def read_bytes(limit: int) -> bytes:
    """The request's body as it came.

    Raises:
        InvalidRequest: it is encoded, or too large.
    """
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"", "identity"}:
        raise InvalidRequest("Send the body without Content-Encoding.", code="content-encoding")
    body = request.get_data()
    if len(body) > limit:
        raise too_large(limit)
    return body


def parse_json(text: str) -> Any:
    """The document in *text*.

    Raises:
        InvalidRequest: it is not JSON, or nested too deep.
    """
    try:
        document = json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise InvalidRequest(f"The JSON is nested deeper than {MAX_DEPTH} levels.", code="body-not-json") from None
    except ValueError as error:
        where = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise InvalidRequest(f"The body is not JSON{where}.", code="body-not-json") from None
    if _depth(document) > MAX_DEPTH:
        raise InvalidRequest(f"The JSON is nested deeper than {MAX_DEPTH} levels.", code="body-not-json")
    return document


def too_large(limit: int) -> InvalidRequest:
    return InvalidRequest(f"The body may hold at most {limit} bytes.", code="body-too-large")


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _depth(document: Any) -> int:
    depth, level = 0, [document]
    while level and depth <= MAX_DEPTH:
        depth += 1
        level = [
            child
            for item in level
            for child in (item.values() if isinstance(item, dict) else item if isinstance(item, list) else ())
            if isinstance(child, dict | list)
        ]
    return depth


def digest(document: Any) -> bytes:
    """Equal for two bodies that say the same, whatever their spacing and order of fields."""
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).digest()


def check(model: type[Model], document: Any) -> Model:
    """The document as *model*.

    Raises:
        InvalidRequest: it is not; every fault has its place as a JSON pointer.
    """
    if not isinstance(document, dict):
        raise InvalidRequest("The body must be a JSON object.", code="body-not-an-object")
    try:
        return model.model_validate(document)
    except ValidationError as error:
        faults = [
            FieldError(_pointer(fault["loc"]), _what(fault["type"], fault["msg"]))
            for fault in error.errors(include_url=False, include_input=False, include_context=False)
        ]
    raise InvalidRequest(f"{faults[0].pointer}: {faults[0].detail}.", code=_code(faults), errors=faults)


def check_length(text: str, limit: int, pointer: str) -> None:
    """Refuse a comment over *limit* bytes of UTF-8."""
    size = len(text.encode())
    if size > limit:
        detail = f"is {size} bytes of UTF-8; at most {limit} are taken"
        raise InvalidRequest(f"{pointer}: {detail}.", code="text-too-long", errors=[FieldError(pointer, detail)])


Item = TypeVar("Item", CommentIn, ScoreIn)


def read_comments(
    one: type[Item], many: type[BatchIn] | type[ScoreBatchIn], settings: Settings
) -> tuple[list[Item], bool, Any]:
    """The body as one *one*, or as a batch of them: the items, whether it is a batch, and the body itself.

    Raises:
        InvalidRequest: it is neither, or too large.
    """
    document, size = read_json(settings.max_batch_bytes)
    is_batch = isinstance(document, dict) and "comments" in document
    if not is_batch and size > settings.max_body_bytes:
        raise too_large(settings.max_body_bytes)
    # A batch of a kind holds items of that kind, which the types of Pydantic's models do not say.
    items = cast(list[Item], check(many, document).comments) if is_batch else [check(one, document)]
    for number, item in enumerate(items):
        check_length(item.text, settings.max_text_bytes, f"/comments/{number}/text" if is_batch else "/text")
    return items, is_batch, document


def _pointer(location: tuple[int | str, ...]) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)


def _what(kind: str, message: str) -> str:
    if kind == "missing":
        return "is missing"
    return message.removeprefix("Value error, ")


def _code(faults: list[FieldError]) -> str:
    """The code of the first fault: the two that every blog meets once have codes of their own."""
    first = faults[0]
    if first.pointer.endswith("/text") and first.detail == "is missing":
        return "text-missing"
    if first.pointer.endswith("/text") and first.detail == "must not be empty":
        return "text-empty"
    if first.pointer == "/comments":
        return "batch-size"
    return "invalid-request"

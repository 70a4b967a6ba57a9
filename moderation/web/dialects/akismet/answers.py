"""Akismet's answers: exact words without a line's end, since clients compare them."""

import json
from typing import Any

from flask import Response
from werkzeug.exceptions import HTTPException

from moderation.domain.comment import State
from moderation.domain.errors import InvalidRequest, ModerationError, NotSignedIn, RateLimited
from moderation.storage.tables import AkismetKey
from moderation.web.problems import request_id

THANKS = "Thanks for making the web a better place."
SPAM, HAM = "true", "false"

# Twice this after a check, WordPress' plugin approves by itself what nobody has told it of. So: as late as can be.
RECHECK_AFTER_S = 365 * 24 * 3600


def plain(words: str, status: int = 200) -> Response:
    return Response(words, status, content_type="text/plain; charset=utf-8")


def compact(document: Any) -> Response:
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Response(body, content_type="application/json; charset=utf-8")


def is_ham(state: State, key: AkismetKey) -> bool:
    """Whether a check answers `false`: also of a held comment, where the blog's plugin is known to wait then."""
    return state is State.PUBLISHED or (state is State.HELD and key.holds)


def verdict(state: State, key: AkismetKey, guid: str) -> Response:
    """The answer to a check of a comment in *state*."""
    response = plain(HAM if is_ham(state, key) else SPAM)
    response.headers["X-akismet-guid"] = guid
    if state is State.HELD and key.holds:
        response.headers["X-akismet-recheck-after"] = str(RECHECK_AFTER_S)
    if state in {State.REJECTED, State.SPAM} and key.discards:
        response.headers["X-akismet-pro-tip"] = "discard"
    return response


def refuse(error: Exception, status: int) -> Response:
    """An error in this protocol. A wrong key is `invalid` with status 200: clients compare the word.

    `X-akismet-debug-help` goes with errors alone, for some clients throw wherever they see it.
    """
    match error:
        case NotSignedIn():
            response = plain("invalid")
            is_missing = error.code == "credentials-missing"
            detail = "Send the key as api_key." if is_missing else "The key is not one of ours, or it has ended."
        case InvalidRequest():
            status = 413 if error.code in {"text-too-long", "body-too-large"} else status if status == 415 else 400
            response, detail = plain(_words(str(error)), status), str(error)
        case RateLimited():
            response, detail = plain(str(error), 429), str(error)
        case HTTPException() | ModerationError():
            detail = error.name if isinstance(error, HTTPException) else error.title
            response = plain(detail, status)
        case _:
            detail = f"The server had an error; it is in its log as {request_id()}."
            response = plain(detail, 500)
    response.headers["X-akismet-debug-help"] = _words(detail)
    if status == 429 or status >= 500:
        # WordPress' plugin then waits for a moderator; it asks again by itself.
        response.headers["X-akismet-error"] = str(status)
    return response


def _words(detail: str) -> str:
    """One line of plain ASCII, as a header can carry it."""
    return " ".join(detail.encode("ascii", "replace").decode().split())

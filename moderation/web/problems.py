"""Errors as the outside sees them: problem details (RFC 9457) for programs, a page for people."""

import uuid
from http import HTTPStatus
from typing import Any

import sqlalchemy as sa
import structlog
from flask import Flask, Response, g, jsonify, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, SecurityError

from moderation.domain import errors
from moderation.domain.words import N_
from moderation.web import dialect
from moderation.web.error_page import error_page, form_expired
from moderation.web.translation import gettext

log = structlog.get_logger(__name__)

STATUS: dict[type[errors.ModerationError], int] = {
    errors.InvalidRequest: 422,
    errors.KeyReused: 422,
    errors.NotSignedIn: 401,
    errors.NotAllowed: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.RateLimited: 429,
}

# Codes whose status is not that of their class.
STATUS_OF_CODE = {
    "body-not-json": 400,
    "body-not-utf-8": 400,
    "body-too-large": 413,
    "content-encoding": 415,
    "unknown-site": 404,
    "cross-site-request": 403,
}

# A database that is gone, locked or full, and a connection to it that none is left of.
DATABASE_AWAY = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError)
RETRY_AFTER_S = 5

HTTP_CODES = {
    400: ("bad-request", N_("The request cannot be understood")),
    404: ("not-found", N_("There is no such thing here")),
    405: ("method-not-allowed", N_("This address does not take that method")),
    413: ("body-too-large", N_("The body is too large")),
    415: ("unsupported-media-type", N_("The body's type is not supported")),
}


def install(app: Flask) -> None:
    app.register_error_handler(errors.ModerationError, handle_ours)
    app.register_error_handler(CSRFError, form_expired)
    app.register_error_handler(HTTPException, handle_http)
    app.register_error_handler(Exception, handle_unexpected)


def speaks_json() -> bool:
    """Whether a program is asking; everything outside the API is pages for people."""
    return request.path.startswith("/v1/") or request.path in {"/healthz", "/readyz", "/metrics", "/openapi.json"}


def request_id() -> str:
    if "request_id" not in g:
        g.request_id = uuid.uuid4().hex
    return str(g.request_id)


def problem(code: str, title: str, status: int, detail: str, **extra: Any) -> Response:
    """A problem document. Its `type` is a URN, the same on every installation."""
    body = {
        "type": f"urn:moderation:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": f"urn:request:{request_id()}",
        **extra,
    }
    response = jsonify(body)
    response.status_code = status
    response.content_type = "application/problem+json"
    return response


def status_of(error: errors.ModerationError) -> int:
    if error.code in STATUS_OF_CODE:
        return STATUS_OF_CODE[error.code]
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 400)


def handle_ours(error: errors.ModerationError) -> Response:
    status = status_of(error)
    response = _in_dialect(error, status)
    if response is None:
        response = _ours(error, status)
    if isinstance(error, errors.StillRunning):
        response.headers["Retry-After"] = "1"
    if isinstance(error, errors.RateLimited):
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def _in_dialect(error: Exception, status: int) -> Response | None:
    """The answer as the dialect of this path words it; None under our own paths."""
    spoken = dialect.of_request()
    return spoken.refuse(error, status) if spoken else None


def _ours(error: errors.ModerationError, status: int) -> Response:
    if not speaks_json():
        return error_page(status, gettext(error.title), error.said(gettext))
    extra: dict[str, Any] = {}
    if isinstance(error, errors.InvalidRequest) and error.errors:
        extra["errors"] = [{"pointer": item.pointer, "detail": item.detail} for item in error.errors]
    response = problem(error.code, error.title, status, str(error), **extra)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def handle_http(error: HTTPException) -> Response:
    status = error.code or 500
    code, title = HTTP_CODES.get(status, ("http-error", HTTPStatus(status).phrase))
    response = _in_dialect(error, status)
    if response is None and isinstance(error, SecurityError):
        response = _wrong_host(status)
    if response is None:
        is_json = speaks_json()
        response = (
            problem(code, title, status, _detail(status))
            if is_json
            else error_page(status, gettext(title), _hint(status))
        )
    if status == 405:
        response.headers["Allow"] = ", ".join(sorted(getattr(error, "valid_methods", None) or []))
    return response


def handle_unexpected(error: Exception) -> Response:
    # The message may quote a comment, so only the error's kind and place are logged.
    trace, place = error.__traceback__, ""
    while trace is not None:
        place, trace = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}", trace.tb_next
    log.error("request_failed", error=type(error).__name__, at=place, request_id=request_id())
    if isinstance(error, DATABASE_AWAY):
        return _database_unavailable(error)
    if (response := _in_dialect(error, 500)) is not None:
        return response
    # Programs are answered in English always, so for them this is not translated.
    title = gettext("Something went wrong here")
    detail = gettext("It is in the service's log as %(id)s. Nothing was lost.", id=request_id())
    if not speaks_json():
        return error_page(500, title, detail)
    return problem("internal-error", title, 500, detail)


def _database_unavailable(error: Exception) -> Response:
    """Whether a commit that broke off was kept, nobody knows here; asking again is safe either way."""
    title = gettext("The database cannot be reached")
    detail = gettext(
        "It is gone, busy or full, which may pass: send the request again. What was done is not done twice."
    )
    response = _in_dialect(error, 503)
    if response is None:
        is_json = speaks_json()
        response = problem("database-unavailable", title, 503, detail) if is_json else error_page(503, title, detail)
    response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def _detail(status: int) -> str:
    if status == 405:
        return f"{request.method} is not answered here; see /openapi.json."
    return "See /openapi.json for what there is."


def _hint(status: int) -> str:
    """What a person can do about it."""
    if status == 404:
        return str(gettext("Perhaps the address was cut off on the way, or what stood here is gone."))
    return ""


def _wrong_host(status: int) -> Response:
    """To a host name that is not ours. A page cannot be made: it has no address to link to."""
    title = "This service does not answer to that host name"
    detail = "It answers to the one in PUBLIC_BASE_URL, and to those in TRUSTED_HOSTS."
    if speaks_json():
        return problem("host-not-trusted", title, status, detail)
    return Response(f"{title}. {detail}\n", status, content_type="text/plain; charset=utf-8")

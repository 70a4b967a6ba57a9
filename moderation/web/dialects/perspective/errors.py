"""Errors as the Comment Analyzer words them; its clients compare the messages."""

import json
from dataclasses import dataclass, field
from typing import Any

from flask import Response

from moderation.domain.errors import InvalidRequest, ModerationError, RateLimited

_ANALYZER = "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"
_ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
_SERVICE = "commentanalyzer.googleapis.com"

# google.rpc.Code by HTTP status; of the other 4xx Google's own mapping makes FAILED_PRECONDITION.
_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
_BAD_KEY = "API key not valid. Please pass a valid API key."
_NO_KEY = (
    "Method doesn't allow unregistered callers (callers without established identity). "
    "Please use API Key or other form of API consumer identity to call this API."
)
_QUOTA = (
    "Quota exceeded for quota metric 'Analysis requests (AnalyzeComment)' and limit "
    "'Analysis requests (AnalyzeComment) per minute' of service 'commentanalyzer.googleapis.com' for consumer "
    "'this key'."
)
_MESSAGE = {
    404: "The requested URL was not found on this server.",
    405: "This method is not answered here; send a POST.",
    413: "Request payload size exceeds the limit.",
    500: "Internal error encountered.",
}


@dataclass(eq=False)
class AnalyzerError(ModerationError):
    """`code` is the errorType; `more` stands beside it in the details."""

    more: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False)
class NotScored(ModerationError):
    """Scoring failed or was too late, and a score is never invented."""

    code: str = "not-scored"


def render(document: dict[str, Any], status: int = 200) -> Response:
    """JSON as Google prints it."""
    body = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    return Response(body, status, content_type="application/json; charset=UTF-8")


def refuse(error: Exception, status: int) -> Response:
    """Any error under the dialect's paths."""
    if isinstance(error, AnalyzerError):
        details = [{"@type": _ANALYZER, "errorType": error.code, **error.more}]
        return _error(400, str(error), details)
    if isinstance(error, NotScored):
        return _error(503, "The service is currently unavailable.")
    if isinstance(error, RateLimited):
        return _error(429, _QUOTA, [_info("RATE_LIMIT_EXCEEDED")])
    match getattr(error, "code", None):
        case "api-key-invalid":
            return _error(400, _BAD_KEY, [_info("API_KEY_INVALID")])
        case "credentials-missing":
            return _error(403, _NO_KEY)
        case "body-not-json" | "body-not-utf-8":
            return _error(400, f"Invalid JSON payload received. {error}")
        case "body-too-large":
            return _error(413, _MESSAGE[413])
    if isinstance(error, InvalidRequest):
        return _error(415 if status == 415 else 400, str(error))
    return _error(status, _MESSAGE.get(status) or str(error))


def _error(code: int, message: str, details: list[dict[str, Any]] | None = None) -> Response:
    fallback = "FAILED_PRECONDITION" if code < 500 else "INTERNAL"
    error: dict[str, Any] = {"code": code, "message": message, "status": _STATUS.get(code, fallback)}
    return render({"error": error | ({"details": details} if details else {})}, code)


def _info(reason: str) -> dict[str, Any]:
    return {"@type": _ERROR_INFO, "reason": reason, "domain": "googleapis.com", "metadata": {"service": _SERVICE}}

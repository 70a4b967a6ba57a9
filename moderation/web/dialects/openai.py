"""OpenAI's moderation endpoint: thirteen categories, of which we score four and say so of the rest."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from moderation.domain.comment import Action
from moderation.domain.errors import FieldError, InvalidRequest, NotAllowed, NotSignedIn, RateLimited
from moderation.domain.policy import Policy, decide
from moderation.domain.reading import IDENTITY_ATTACK, INSULT, SEVERE_TOXICITY, SEXUALLY_EXPLICIT, THREAT, TOXICITY
from moderation.scoring import Assessment, Request
from moderation.storage.policies import current_policy
from moderation.web.access import caller_of_key, for_dialect, for_scoring_keys
from moderation.web.dialect import Caller, Dialect
from moderation.web.dialects.lenient import read_document
from moderation.web.problems import request_id
from moderation.web.schemas import MAX_BATCH, storable
from moderation.web.services import services

blueprint = Blueprint("openai", __name__)

DEFAULT_MODEL = "omni-moderation-latest"
VERSION = "2020-10-01"  # of the API, as its own servers put it into the header

# A category's score is the highest of its attributes'; one without attributes is not scored here.
CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "harassment": (TOXICITY, SEVERE_TOXICITY, INSULT),
    "harassment/threatening": (THREAT,),
    "hate": (IDENTITY_ATTACK,),
    "hate/threatening": (),
    "illicit": (),
    "illicit/violent": (),
    "self-harm": (),
    "self-harm/intent": (),
    "self-harm/instructions": (),
    "sexual": (SEXUALLY_EXPLICIT,),
    "sexual/minors": (),
    "violence": (),
    "violence/graphic": (),
}


# The second path is for clients that were told the host alone.
@blueprint.post("/v1/moderations", strict_slashes=False)
@blueprint.post("/moderations", strict_slashes=False)
@for_dialect
@for_scoring_keys
def moderate() -> Response:
    """Classify texts by the site's policy; nothing is stored."""
    document = read_document(services().settings.max_batch_bytes)
    if not isinstance(document, dict):
        raise InvalidRequest("The body must be a JSON object.", code="invalid_type")
    texts = read_input(document.get("input"), services().settings.max_text_bytes)
    with services().database.read() as session:
        policy = current_policy(session, g.site)
    found = services().scorer.assess(policy, [Request(text) for text in texts], for_scores=True)
    model = document.get("model")
    return jsonify(
        {
            "id": f"modr-{request_id()}",
            "model": storable(model) if isinstance(model, str) and model else DEFAULT_MODEL,
            "results": [result(policy, assessment) for assessment in found],
        }
    )


@blueprint.after_app_request
def add_headers(response: Response) -> Response:
    """What the SDKs and their users look for; `x-request-id` is on every answer anyway."""
    if not DIALECT.owns(request.path):
        return response
    response.headers["openai-version"] = VERSION
    left = services().dialect_calls.left(g.counted_as) if "counted_as" in g else None
    if left is not None:
        response.headers["x-ratelimit-limit-requests"] = str(left.limit)
        response.headers["x-ratelimit-remaining-requests"] = str(left.remaining)
        response.headers["x-ratelimit-reset-requests"] = f"{left.reset_s}s"
    return response


def read_input(given: Any, max_bytes: int) -> list[str]:
    """The texts to classify: one for a text or for the parts of one message, N for N texts.

    Raises:
        InvalidRequest: there is no text in it, or one that is too long.
    """
    if given is None:
        raise _refusal("Missing required parameter: 'input'.", "missing_required_parameter")
    items = given if isinstance(given, list) else [given]
    if not items:
        raise _refusal("Invalid 'input': empty array. Expected at least one text.", "empty_array")
    if len(items) > MAX_BATCH:
        detail = f"Invalid 'input': array too long. Expected at most {MAX_BATCH} items, but got {len(items)}."
        raise _refusal(detail, "array_above_max_length")
    is_parts = isinstance(items[0], dict)
    texts = [_text_of_parts(items)] if is_parts else items
    for number, text in enumerate(texts):
        name = f"input[{number}]" if isinstance(given, list) and not is_parts else "input"
        _check(text, name, max_bytes)
    return [storable(text) for text in texts]


def _text_of_parts(parts: list[Any]) -> str:
    """The texts among the parts, one below the other. Images are not looked at; alone, they are refused."""
    for number, part in enumerate(parts):
        if not isinstance(part, dict) or not isinstance(part.get("text", ""), str):
            raise _refusal(f"Invalid type for 'input[{number}]': expected a part.", "invalid_type", f"input[{number}]")
    texts = [part["text"] for part in parts if "text" in part]
    if not texts:
        raise _refusal("Invalid 'input': no text in it. This service classifies text, not images.", "no_text")
    return "\n".join(texts)


def _check(text: Any, name: str, max_bytes: int) -> None:
    if not isinstance(text, str):
        raise _refusal(f"Invalid type for '{name}': expected a string.", "invalid_type", name)
    if not text.strip():
        raise _refusal(f"Invalid '{name}': empty string. Expected at least one character.", "empty_string", name)
    size = len(storable(text).encode())
    if size > max_bytes:
        detail = f"Invalid '{name}': string too long. Expected at most {max_bytes} bytes of UTF-8, but got {size}."
        raise _refusal(detail, "string_above_max_length", name)


def result(policy: Policy, found: Assessment) -> dict[str, Any]:
    """One text's answer. It is flagged when the site would not publish a comment that says it.

    A text that could not be scored is flagged too, with no category that applies.
    """
    scores = found.reading.scores if found.reading else {}
    known = {name: [each for each in attributes if each in scores] for name, attributes in CATEGORIES.items()}
    return {
        "flagged": decide(policy, found.reading, found.signals).action is not Action.PUBLISH,
        "categories": {
            name: any(_is_over(policy, each, scores[each]) for each in attributes) for name, attributes in known.items()
        },
        "category_scores": {
            name: max((round(scores[each], 6) for each in attributes), default=0.0)
            for name, attributes in known.items()
        },
        "category_applied_input_types": {name: ["text"] if attributes else [] for name, attributes in known.items()},
    }


def _is_over(policy: Policy, attribute: str, score: float) -> bool:
    return attribute in policy.bands and policy.bands[attribute].action(score) is not Action.PUBLISH


def caller() -> Caller:
    """Whose key it is: `Authorization: Bearer`, or `api-key` as Azure's clients send it."""
    sent = request.authorization
    bearer = sent.token if sent is not None and sent.type == "bearer" else None
    return caller_of_key(bearer or request.headers.get("api-key", ""))


def refuse(error: Exception, status: int) -> Response:
    """The error as the SDKs read it: they choose the exception by the status."""
    kind, param, code = "invalid_request_error", None, None
    match error:
        case NotSignedIn(code="credentials-missing"):
            detail = "You didn't provide an API key. Send the site's key: Authorization: Bearer YOUR_KEY."
        case NotSignedIn():
            detail, code = "Incorrect API key provided. See the site's settings for its keys.", "invalid_api_key"
        case NotAllowed():
            detail = str(error)
        case RateLimited():
            detail, kind, code = str(error), "requests", "rate_limit_exceeded"
        case InvalidRequest():
            status, detail = status if status in {413, 415} else 400, str(error)
            param = error.errors[0].pointer if error.errors else None
            code = None if "-" in error.code else error.code
        case HTTPException(code=404):
            detail = f"Invalid URL ({request.method} {request.path})"
        case HTTPException(code=405):
            detail, code = f"Not allowed to {request.method} on {request.path}.", "method_not_supported"
        case HTTPException() if status < 500:
            detail = error.name
        case _:
            detail, kind = f"The server had an error; it is in its log as {request_id()}.", "server_error"
    response = jsonify({"error": {"message": detail, "type": kind, "param": param, "code": code}})
    response.status_code = status
    return response


def _refusal(detail: str, code: str, name: str = "input") -> InvalidRequest:
    return InvalidRequest(detail, code=code, errors=[FieldError(name, detail)])


DIALECT = Dialect(blueprint, paths=("/v1/moderations", "/moderations"), caller=caller, refuse=refuse)

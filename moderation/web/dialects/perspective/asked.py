"""What a client asks for, read leniently and refused in the Comment Analyzer's words."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moderation.domain.errors import InvalidRequest
from moderation.domain.reading import ATTRIBUTES, SEXUALLY_EXPLICIT, SPAM, Context
from moderation.web.dialects.lenient import field, flag, number, text
from moderation.web.dialects.perspective.errors import AnalyzerError

# Every name that is answered, and the attribute it is answered with.
NAMES: Mapping[str, str] = {name: name for name in ATTRIBUTES} | {
    f"{name}_EXPERIMENTAL": name for name in ATTRIBUTES if name not in {SEXUALLY_EXPLICIT, SPAM}
}
_TEXT_TYPES = ("TEXT_TYPE_UNSPECIFIED", "PLAIN_TEXT", "HTML")  # in the order of their numbers
_SCORE_TYPES = ("SCORE_TYPE_UNSPECIFIED", "PROBABILITY", "STD_DEV_SCORE", "PERCENTILE", "RAW")
_BOTH_CONTEXTS = "Context can have either entries or article_and_parent_comment, but both fields were populated."


@dataclass(frozen=True, slots=True)
class Asked:
    """An AnalyzeComment request. `attributes`: requested name and the score from which on it is shown."""

    text: str
    attributes: Mapping[str, float]
    context: Context
    languages: tuple[str, ...]
    client_token: str
    by_sentence: bool
    drops_unsupported: bool


@dataclass(frozen=True, slots=True)
class Suggested:
    """A SuggestCommentScore request: `scores` by our attributes, 0 to 1."""

    text: str
    scores: Mapping[str, float]
    comment_id: str
    languages: tuple[str, ...]
    client_token: str
    keeps_nothing: bool


def read_suggestion(document: Any, max_bytes: int) -> Suggested:
    """The suggestion in *document*.

    Raises:
        InvalidRequest, AnalyzerError: it is none; the message says why.
    """
    return Suggested(
        comment_text(document, max_bytes),
        _suggested_scores(document),
        comment_id(document),
        languages(document),
        text(field(document, "clientToken")),
        flag(field(document, "doNotStore")),
    )


def _suggested_scores(document: Any) -> dict[str, float]:
    suggested = field(document, "attributeScores")
    if not isinstance(suggested, dict) or not suggested:
        raise _invalid("Missing attribute_scores")
    return {_known(name): _suggested_score(name, scores) for name, scores in suggested.items()}


def _suggested_score(name: str, scores: Any) -> float:
    summary, spans = field(scores, "summaryScore"), field(scores, "spanScores")
    check_score_type(name, field(summary, "type"))
    for span in spans if isinstance(spans, list) else []:
        if number(field(span, "begin")) is None or number(field(span, "end")) is None:
            raise _invalid(f"A span score of attribute {name} needs both begin and end")
    value = number(field(summary, "value"))
    if value is None or not 0 <= value <= 1:
        raise _invalid(f"The summary score of attribute {name} must be a number from 0 to 1")
    return value


def read_analyze(document: Any, max_bytes: int) -> Asked:
    """The request in *document*.

    Raises:
        InvalidRequest, AnalyzerError: it is none; the message says why.
    """
    comment, drops = comment_text(document, max_bytes), flag(field(document, "dropUnsupportedAttributes"))
    return Asked(
        comment,
        _attributes(document, drops_unknown=drops),
        read_context(document),
        languages(document),
        text(field(document, "clientToken")),
        flag(field(document, "spanAnnotations")),
        drops,
    )


def comment_text(document: Any, max_bytes: int) -> str:
    """The comment, never empty and at most *max_bytes* of UTF-8."""
    if not isinstance(document, dict):
        raise InvalidRequest("Invalid JSON payload received. The body must be a JSON object.")
    comment = field(document, "comment")
    if isinstance(comment, str):
        comment = {"text": comment}
    found = text(field(comment, "text"))
    if not found.strip():
        raise AnalyzerError("Comment must be non-empty.", "COMMENT_EMPTY")
    if len(found.encode()) > max_bytes:
        raise AnalyzerError("Comment text too long.", "COMMENT_TOO_LONG")
    match _enum(field(comment, "type"), _TEXT_TYPES):
        case None:
            raise _invalid("Unknown text type")
        case "HTML":
            raise _invalid("Currently, only 'PLAIN_TEXT' comments are supported")
    return found


def _attributes(document: Any, *, drops_unknown: bool) -> dict[str, float]:
    asked = field(document, "requestedAttributes")
    if isinstance(asked, list):
        asked = {name: {} for name in asked if isinstance(name, str)}
    if not isinstance(asked, dict) or not asked:
        raise AnalyzerError("Missing requested_attributes", "NO_REQUESTED_ATTRIBUTES")
    wanted = {name: options for name, options in asked.items() if name in NAMES or not drops_unknown}
    return {name: _threshold(name, options) for name, options in wanted.items()}


def _threshold(name: str, options: Any) -> float:
    _known(name)
    check_score_type(name, field(options, "scoreType"))
    threshold = field(options, "scoreThreshold")
    if threshold is None:
        return 0.0
    found = number(threshold)
    if found is None:
        raise InvalidRequest(f"Invalid value at 'requested_attributes[{name}].score_threshold': it must be a number.")
    return found


def _known(name: str) -> str:
    """The attribute that *name* is answered with."""
    if name not in NAMES:
        raise _invalid(f"Unknown requested attribute: {text(name)}")
    return NAMES[name]


def check_score_type(name: str, value: Any) -> None:
    """Refuse every type but a probability."""
    kind = _enum(value, _SCORE_TYPES)
    if kind not in {"SCORE_TYPE_UNSPECIFIED", "PROBABILITY"}:
        raise _invalid(f"Requested score type {kind or text(value)} is not supported by attribute {name}")


def read_context(document: Any) -> Context:
    """What the comment was written under, for the readers."""
    context = field(document, "context")
    entries, pair = field(context, "entries"), field(context, "articleAndParentComment")
    if entries and pair:
        raise _invalid(_BOTH_CONTEXTS)
    if pair:
        return Context(article=_entry(field(pair, "article")), parent=_entry(field(pair, "parentComment")))
    said = [_entry(entry) for entry in entries] if isinstance(entries, list) else []
    return Context(article="\n\n".join(words for words in said if words and coral_ids(words) is None))


def coral_ids(entry: str) -> dict[str, str] | None:
    """The ids that Coral puts into a context entry as JSON; None for every other text."""
    if not entry.startswith("{"):
        return None
    try:
        found = json.loads(entry)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or "Coral_comment_id" not in found:
        return None
    return {name: text(value) for name, value in found.items()}


def comment_id(document: Any) -> str:
    """The blog's own id of the comment, where a context entry names it as Coral does."""
    entries = field(field(document, "context"), "entries")
    for entry in entries if isinstance(entries, list) else []:
        if (ids := coral_ids(_entry(entry))) is not None:
            return ids["Coral_comment_id"][:200]
    return ""


def languages(document: Any) -> tuple[str, ...]:
    """The languages that the client names, as it writes them."""
    named = field(document, "languages")
    named = named if isinstance(named, list) else [named]
    return tuple(code for code in (text(item).strip() for item in named) if code)


def _entry(value: Any) -> str:
    return text(value if isinstance(value, str) else field(value, "text"))


def _enum(value: Any, names: tuple[str, ...]) -> str | None:
    """The name that *value* stands for, also by its number; None if there is none."""
    if value is None or value == "":
        return names[0]
    if isinstance(value, int) and not isinstance(value, bool):
        return names[value] if 0 <= value < len(names) else None
    name = text(value).strip().upper()
    return name if name in names else None


def _invalid(message: str) -> AnalyzerError:
    return AnalyzerError(message, "INVALID_REQUEST")

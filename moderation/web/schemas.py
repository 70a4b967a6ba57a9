"""What the API takes and answers, as Pydantic models; `/openapi.json` is made from these."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeVar, cast

from flask import request
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from moderation.config import Settings
from moderation.domain import comment as values
from moderation.domain.errors import FieldError, InvalidRequest
from moderation.domain.reading import ATTRIBUTES

Model = TypeVar("Model", bound=BaseModel)

MAX_BATCH = 100
MAX_DEPTH = 32


def storable(value: Any) -> Any:
    """NUL and broken surrogates, which no database takes, become U+FFFD; every offset stays true."""
    if not isinstance(value, str):
        return value
    whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\x00", "\ufffd")


def _present(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be empty")
    return value


def _aware(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value


def _empty_for_null(value: Any) -> Any:
    return "" if value is None else storable(value)


Text = Annotated[str, BeforeValidator(_empty_for_null)]
Short = Annotated[str, Field(max_length=300), BeforeValidator(_empty_for_null)]
Address = Annotated[str, Field(max_length=2000), BeforeValidator(_empty_for_null)]
Id = Annotated[
    str,
    Field(min_length=1, max_length=200, description="The blog's own id; a number is taken as text."),
    BeforeValidator(storable),
]
Time = Annotated[datetime, AfterValidator(_aware)]


class Schema(BaseModel):
    """Unknown fields are ignored, so that a blog may send more than we know."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class ArticleIn(Schema):
    id: Id
    url: Address = ""
    title: Short = ""
    text: Annotated[Text | None, Field(description="Sent once and kept; later comments name the article by id.")] = None


class ParentIn(Schema):
    id: Id
    text: Text = ""


class AuthorIn(Schema):
    id: Annotated[str, Field(max_length=200), BeforeValidator(_empty_for_null)] = ""
    name: Short = ""
    email: Annotated[str, Field(max_length=320), BeforeValidator(_empty_for_null)] = ""
    url: Address = ""
    ip: Annotated[str, Field(max_length=64), BeforeValidator(_empty_for_null)] = ""


class CommentIn(Schema):
    """A new comment, or a new text of one that is known by its id."""

    id: Id
    text: Annotated[
        str,
        Field(description="Plain text, at most 20,480 bytes of UTF-8."),
        BeforeValidator(storable),
        AfterValidator(_present),
    ]
    language: Annotated[str, Field(max_length=35), BeforeValidator(_empty_for_null)] = ""
    created_at: Time | None = None
    permalink: Address = ""
    article: ArticleIn | None = None
    parent: ParentIn | None = None
    author: AuthorIn | None = None

    def as_submission(self) -> values.Submission:
        return values.Submission(
            id=self.id,
            text=self.text,
            language=self.language,
            created_at=self.created_at,
            permalink=self.permalink,
            article=values.Article(**dict(self.article)) if self.article else None,
            parent=values.Parent(**dict(self.parent)) if self.parent else None,
            author=values.Author(**dict(self.author)) if self.author else None,
        )


class BatchIn(Schema):
    comments: Annotated[list[CommentIn], Field(min_length=1, max_length=MAX_BATCH)]


class ScoreContext(Schema):
    id: Text = ""
    title: Text = ""
    text: Text = ""


class ScoreIn(Schema):
    """A text to score; nothing of it is stored."""

    id: Annotated[str | None, Field(description="Comes back in the answer.")] = None
    text: Annotated[str, BeforeValidator(storable), AfterValidator(_present)]
    language: Annotated[str, Field(max_length=35), BeforeValidator(_empty_for_null)] = ""
    article: ScoreContext | None = None
    parent: ScoreContext | None = None


class ScoreBatchIn(Schema):
    comments: Annotated[list[ScoreIn], Field(min_length=1, max_length=MAX_BATCH)]


class DecisionIn(Schema):
    """What the blog's own staff decided."""

    decision: Literal["publish", "reject", "spam"]
    reason: Annotated[str, Field(max_length=2000), BeforeValidator(_empty_for_null)] = ""


class ReportIn(Schema):
    """A reader's complaint. A `reporter` (any id of the blog's) counts once."""

    reason: Annotated[str, Field(max_length=2000), BeforeValidator(_empty_for_null)] = ""
    reporter: Annotated[str, Field(max_length=200), BeforeValidator(_empty_for_null)] = ""


class Reason(Schema):
    code: Annotated[str, Field(description="Stable; the message may change.")]
    source: Literal["classifier", "rule", "system", "history", "report", "person"]
    action: Literal["publish", "hold", "reject", "spam", "erase"]
    message: str
    attribute: str | None = None
    score: float | None = None
    threshold: float | None = None
    rule: str | None = None
    value: str | None = None


Scores = Annotated[
    dict[str, float], Field(description="Calibrated probabilities by attribute: " + ", ".join(ATTRIBUTES))
]
Spans = Annotated[
    list[tuple[int, int, str, float]],
    Field(description="[start, end, attribute, contribution] in characters of the text; positive raises."),
]


class ScoreOut(Schema):
    id: str | None = None
    decision: Literal["publish", "hold", "reject"]
    reasons: list[Reason]
    scores: Scores
    spans: Spans
    model: str | None
    policy_version: int | None


class CommentOut(Schema):
    id: str
    decision: Annotated[Literal["publish", "hold", "reject"], Field(description="What the blog does with it now.")]
    state: Literal["held", "published", "rejected", "spam", "erased"]
    version: Annotated[int, Field(description="Grows with each decision.")]
    decided_by: Literal["machine", "moderator", "blog"]
    reasons: list[Reason]
    scores: Scores
    spans: Spans
    model: str | None
    policy_version: int | None


class BatchOut(Schema):
    results: list[CommentOut]


class ScoreBatchOut(Schema):
    results: list[ScoreOut]


class HistoryItem(Schema):
    version: int
    decision: Literal["publish", "hold", "reject", "spam", "erase"]
    state_before: str | None
    decided_by: Literal["machine", "moderator", "blog"]
    moderator: str | None
    note: str
    undoes: int | None
    reasons: list[Reason]
    at: datetime


class CommentDetail(CommentOut):
    article_id: str | None
    created_at: datetime
    history: list[HistoryItem]


class CommentItem(Schema):
    id: str
    state: Literal["held", "published", "rejected", "spam", "erased"]
    version: int
    article_id: str | None
    reports: int
    created_at: datetime


class Page(Schema):
    items: list[CommentItem]
    next_cursor: str | None


class ProblemItem(Schema):
    pointer: str
    detail: str


class Problem(Schema):
    """RFC 9457. `type` is `urn:moderation:problem:<code>`, the same on every installation."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[ProblemItem] | None = None


def read_json(limit: int) -> tuple[Any, int]:
    """The request's body and its size.

    Raises:
        InvalidRequest: it is encoded, too large, not UTF-8, or not JSON; the detail says which.
    """
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"", "identity"}:
        raise InvalidRequest("Send the body without Content-Encoding.", code="content-encoding")
    body = request.get_data()
    if len(body) > limit:
        raise too_large(limit)
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        detail = f"Byte {error.start} of the body is not UTF-8; encode the JSON as UTF-8."
        raise InvalidRequest(detail, code="body-not-utf-8") from None
    try:
        document = json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise InvalidRequest(f"The JSON is nested deeper than {MAX_DEPTH} levels.", code="body-not-json") from None
    except ValueError as error:
        where = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise InvalidRequest(f"The body is not JSON{where}.", code="body-not-json") from None
    if _depth(document) > MAX_DEPTH:
        raise InvalidRequest(f"The JSON is nested deeper than {MAX_DEPTH} levels.", code="body-not-json")
    return document, len(body)


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

"""What the API takes and answers, as Pydantic models; `/openapi.json` is made from these."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from moderation.domain import comment as values
from moderation.domain.reading import ATTRIBUTES

MAX_BATCH = 100


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


def _cut(length: int) -> AfterValidator:
    """Cut, not refused: nobody keeps a comment from being looked at by giving it an endless name."""
    return AfterValidator(lambda value: value[:length])


Text = Annotated[str, BeforeValidator(_empty_for_null)]
Reference = Annotated[str, Field(max_length=200), BeforeValidator(_empty_for_null)]
Short = Annotated[str, Field(description="Cut at 300 characters."), BeforeValidator(_empty_for_null), _cut(300)]
Address = Annotated[str, Field(description="Cut at 2,000 characters."), BeforeValidator(_empty_for_null), _cut(2000)]
Note = Address
Email = Annotated[str, Field(description="Cut at 320 characters."), BeforeValidator(_empty_for_null), _cut(320)]
Ip = Annotated[str, Field(description="Cut at 64 characters."), BeforeValidator(_empty_for_null), _cut(64)]
Language = Annotated[str, Field(description="Cut at 35 characters."), BeforeValidator(_empty_for_null), _cut(35)]
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
    id: Reference = ""
    name: Short = ""
    email: Email = ""
    url: Address = ""
    ip: Ip = ""


class CommentIn(Schema):
    """A new comment, or a new text of one that is known by its id."""

    id: Id
    text: Annotated[
        str,
        Field(description="Plain text, at most 20,480 bytes of UTF-8."),
        BeforeValidator(storable),
        AfterValidator(_present),
    ]
    language: Language = ""
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
    language: Language = ""
    article: ScoreContext | None = None
    parent: ScoreContext | None = None


class ScoreBatchIn(Schema):
    comments: Annotated[list[ScoreIn], Field(min_length=1, max_length=MAX_BATCH)]


class DecisionIn(Schema):
    """What the blog's own staff decided."""

    decision: Literal["publish", "hold", "reject", "spam"]
    reason: Note = ""


class ReportIn(Schema):
    """A reader's complaint. A `reporter` (any id of the blog's) counts once."""

    reason: Note = ""
    reporter: Reference = ""


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


class Readers(Schema):
    careful: Annotated[
        Literal["off", "asked", "not_needed", "late", "failed"],
        Field(description="Unless it was asked, the scores are the quick reader's alone."),
    ]


class ScoreOut(Schema):
    id: str | None = None
    decision: Literal["publish", "hold", "reject"]
    reasons: list[Reason]
    scores: Scores
    spans: Spans
    model: str | None
    readers: Annotated[Readers | None, Field(description="null: not scored, or before there were two.")] = None
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
    readers: Annotated[Readers | None, Field(description="null: not scored, or before there were two.")] = None
    policy_version: int | None
    status_url: Annotated[
        str | None,
        Field(description="A page for the comment's author alone; null where the site has none."),
    ]
    dashboard_url: Annotated[
        str | None,
        Field(description="The comment's card in the dashboard, for moderators who sign in."),
    ]


class SiteOut(Schema):
    """The site whose key or signature it is."""

    site: Annotated[str, Field(description="Its short name.")]
    name: str
    webhook_url: Annotated[str | None, Field(description="Where events are sent; null: nowhere.")]
    webhook_disabled_at: Annotated[datetime | None, Field(description="Since when that address is given up.")]


class SiteTestOut(Schema):
    """What came of a test event."""

    delivered: bool
    status: Annotated[int | None, Field(description="What the blog answered; null: nothing.")]
    error: Annotated[str, Field(description="What was wrong; empty if it was delivered.")]


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


class AuthorData(Schema):
    """All that is kept of an author. Times are ISO 8601, in UTC; new fields may come."""

    site: str
    exported_at: str
    author: dict[str, Any]
    notes: list[dict[str, Any]]
    reports: list[dict[str, Any]]
    comments: list[dict[str, Any]]


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

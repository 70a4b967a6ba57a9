"""A site changes its policy: the document is checked whole, and becomes the next version."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from moderation.domain.errors import Conflict, FieldError, InvalidRequest
from moderation.domain.policy import DEFAULT_REASONS, Policy
from moderation.domain.reading import ATTRIBUTES
from moderation.storage import policies
from moderation.storage.engine import Database
from moderation.storage.tables import Site
from moderation.text.patterns import compile_pattern

MAX_WORDS, MAX_PATTERNS, MAX_REASONS = 5_000, 50, 30

Share = Annotated[float, Field(ge=0, le=1)]
Attribute = Literal[
    "TOXICITY",
    "SEVERE_TOXICITY",
    "INSULT",
    "PROFANITY",
    "THREAT",
    "IDENTITY_ATTACK",
    "SEXUALLY_EXPLICIT",
    "SPAM",
]


class _Strict(BaseModel):
    """A misspelt rule would be a rule that never fires, so unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class BandDocument(_Strict):
    hold: Share | None = None
    reject: Share | None = None


class RuleDocument(_Strict):
    match: Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")]
    action: Literal["hold", "reject"] = "hold"


class PresetDocument(_Strict):
    code: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,40}$")]
    text: Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")]


def _each_code_once(reasons: list[PresetDocument]) -> list[PresetDocument]:
    if len({preset.code for preset in reasons}) < len(reasons):
        raise ValueError("each code may stand in the list once")
    return reasons


class PolicyDocument(_Strict):
    """What a site may choose; what is left out is as in the default."""

    bands: dict[Attribute, BandDocument] = {}
    words: Annotated[list[RuleDocument], Field(max_length=MAX_WORDS)] = []
    patterns: Annotated[list[RuleDocument], Field(max_length=MAX_PATTERNS)] = []
    max_links: Annotated[int, Field(ge=0)] | None = Policy().max_links
    repeats: Annotated[int, Field(ge=0)] | None = Policy().repeats
    repeat_hours: Annotated[int, Field(ge=1, le=24 * 365)] = Policy().repeat_hours
    languages: list[Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]+)*$")]] = list(Policy().languages)
    unsupported_language: Literal["hold", "publish", "reject"] = "hold"
    hold_after_reports: Annotated[int, Field(ge=1)] | None = Policy().hold_after_reports
    blocked_authors: Literal["hold", "reject"] = "reject"
    reasons: Annotated[list[PresetDocument], Field(max_length=MAX_REASONS), AfterValidator(_each_code_once)] = [
        PresetDocument(code=preset.code, text=preset.text) for preset in DEFAULT_REASONS
    ]
    skip_reason: bool = True


def current(database: Database, site: Site) -> tuple[dict[str, Any], int]:
    """The site's policy as a document, and its version."""
    with database.read() as session:
        policy = policies.current_policy(session, site)
    return policies.to_document(policy), policy.version


def change(database: Database, site: Site, document: Any, *, seen_version: int | None = None) -> int:
    """Make *document* the site's policy; the new version.

    Raises:
        InvalidRequest: it is no policy; every fault has its place.
        Conflict: it is no longer at *seen_version*.
    """
    try:
        checked = PolicyDocument.model_validate(document)
    except ValidationError as error:
        faults = [
            FieldError("/" + "/".join(map(str, fault["loc"])), fault["msg"])
            for fault in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        detail = "; ".join(f"{fault.pointer}: {fault.detail}" for fault in faults)
        raise InvalidRequest(detail, code="policy-invalid", errors=faults) from error
    for rule in checked.patterns:
        compile_pattern(rule.match)
    chosen = {**checked.model_dump(), "bands": _whole_bands(checked.bands)}
    with database.write() as session:
        row = session.get_one(Site, site.id, with_for_update=True)
        if seen_version is not None and row.policy_version != seen_version:
            raise Conflict("Somebody changed the policy meanwhile. Load the page again.", code="policy-changed")
        return policies.save_policy(session, row, policies.from_document(chosen, 0)).version


def _whole_bands(bands: dict[Attribute, BandDocument]) -> dict[str, Any]:
    """Attributes that the document leaves out keep their default band."""
    default = policies.to_document(Policy())["bands"]
    given: dict[str, Any] = {name: band.model_dump() for name, band in bands.items()}
    return {name: given.get(name, default[name]) for name in ATTRIBUTES}

"""A site changes its policy: the document is checked whole, and becomes the next version."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from moderation.domain.errors import FieldError, InvalidRequest
from moderation.domain.policy import Policy
from moderation.domain.reading import ATTRIBUTES
from moderation.storage import policies
from moderation.storage.engine import Database
from moderation.storage.tables import Site
from moderation.text.patterns import compile_pattern

MAX_WORDS, MAX_PATTERNS = 5_000, 50

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


def current(database: Database, site: Site) -> tuple[dict[str, Any], int]:
    """The site's policy as a document, and its version."""
    with database.read() as session:
        policy = policies.current_policy(session, site)
    return policies.to_document(policy), policy.version


def change(database: Database, site: Site, document: Any) -> int:
    """Make *document* the site's policy; the new version.

    Raises:
        InvalidRequest: it is no policy; every fault has its place.
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
        return policies.save_policy(session, row, policies.from_document(chosen, 0)).version


def _whole_bands(bands: dict[Attribute, BandDocument]) -> dict[str, Any]:
    """Attributes that the document leaves out keep their default band."""
    default = policies.to_document(Policy())["bands"]
    given: dict[str, Any] = {name: band.model_dump() for name, band in bands.items()}
    return {name: given.get(name, default[name]) for name in ATTRIBUTES}

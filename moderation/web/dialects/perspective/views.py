"""`comments:analyze` and its neighbours, by the service's own verbs."""

from typing import Any

from flask import Blueprint, Response, g, request

from moderation import labelling
from moderation.domain.policy import Policy
from moderation.domain.reading import Reading
from moderation.scoring import Request
from moderation.storage.types import utc_now
from moderation.text.language import is_supported, unsupported_language
from moderation.text.sentences import Utf16, sentences
from moderation.web.access import caller_of_key, for_dialect, for_scoring_keys, open_to_all
from moderation.web.dialect import Caller, Dialect
from moderation.web.dialects.lenient import read_document
from moderation.web.dialects.perspective.asked import NAMES, Asked, read_analyze, read_suggestion
from moderation.web.dialects.perspective.discovery import document
from moderation.web.dialects.perspective.errors import AnalyzerError, NotScored, refuse, render
from moderation.web.services import services

blueprint = Blueprint("perspective", __name__)

# Coral gives up after 0.8 s and publishes; after half of this nobody waits for the careful reader any more.
WITHIN_S = 0.6
LANGUAGES = ("en",)  # of the readers
# Nothing is decided here, and what rules find has no place in the format.
_SCORES_ONLY = Policy(bands={}, languages=(), words=(), patterns=(), max_links=None)
BATCH = "/batch"  # as the discovery document says
MAX_SENTENCES = 30  # with more, neighbours share a span: each is read on its own


def caller() -> Caller:
    """By `?key=`, or one of the headers that carry a key."""
    named = next(filter(None, request.args.getlist("key")), None) or request.headers.get("X-Goog-Api-Key")
    if not named and request.authorization is not None and request.authorization.type == "bearer":
        named = request.authorization.token
    return caller_of_key((named or "").strip())


DIALECT = Dialect(
    blueprint,
    ("/v1alpha1", "/$discovery", "/discovery", "/comments:analyze", "/comments:suggestscore", BATCH),
    caller,
    refuse,
)


# The second path is for clients that were told the host alone.
@blueprint.post("/v1alpha1/comments:analyze", strict_slashes=False)
@blueprint.post("/comments:analyze", strict_slashes=False)
@for_dialect
@for_scoring_keys
def analyze() -> Response:
    """Score a comment; nothing is stored."""
    settings = services().settings
    asked = read_analyze(read_document(settings.max_body_bytes), settings.max_text_bytes)
    detected = detect(asked.text)
    attributes = _supported(asked, detected)
    answer: dict[str, Any] = {"attributeScores": _attribute_scores(asked, attributes) if attributes else {}}
    answer |= {"languages": list(asked.languages) or [detected], "detectedLanguages": [detected]}
    if asked.client_token:
        answer["clientToken"] = asked.client_token
    return render(answer)


@blueprint.post("/v1alpha1/comments:suggestscore", strict_slashes=False)
@blueprint.post("/comments:suggestscore", strict_slashes=False)
@for_dialect
def suggest_score() -> Response:
    """Keep what the scores should have been, as labels of the site."""
    settings = services().settings
    suggested = read_suggestion(read_document(settings.max_body_bytes), settings.max_text_bytes)
    if not suggested.keeps_nothing:
        labelling.suggest_scores(
            services().database,
            g.site,
            suggested.text,
            suggested.scores,
            now=utc_now(),
            external_id=suggested.comment_id,
            language=suggested.languages[0][:35] if suggested.languages else "",
        )
    answer: dict[str, Any] = {}
    if suggested.client_token:
        answer["clientToken"] = suggested.client_token
    if suggested.languages:
        answer["requestedLanguages"] = list(suggested.languages)
        answer["detectedLanguages"] = [detect(suggested.text)]
    return render(answer)


@blueprint.get("/$discovery/rest", strict_slashes=False)
@blueprint.get("/discovery/v1/apis/commentanalyzer/v1alpha1/rest", strict_slashes=False)
@open_to_all
def discovery() -> Response:
    """Without a key: it holds nothing but addresses."""
    return render(document(services().settings.public_base_url))


def detect(text: str) -> str:
    """The language of *text*: one of ours, unless it is surely none of them."""
    return unsupported_language(text, LANGUAGES) or LANGUAGES[0]


def _supported(asked: Asked, detected: str) -> dict[str, float]:
    """The attributes to score: all of them, or none if the language is not ours.

    Raises:
        AnalyzerError: it is not, and the client did not ask to drop them.
    """
    kind, found = ("requestedLanguages", asked.languages) if asked.languages else ("detectedLanguages", (detected,))
    if any(is_supported(code, LANGUAGES) for code in found):
        return dict(asked.attributes)
    if asked.drops_unsupported:
        return {}
    first = next(iter(asked.attributes))
    code = "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"
    more = {"languageNotSupportedByAttributeError": {"attribute": first, kind: list(found)}}
    raise AnalyzerError(f"Attribute {first} does not support request languages: {', '.join(found)}", code, more=more)


def _attribute_scores(asked: Asked, attributes: dict[str, float]) -> dict[str, Any]:
    places = sentences(asked.text, MAX_SENTENCES) if asked.by_sentence else []
    parts = [asked.text[start:end] for start, end in places] if len(places) > 1 else []
    whole, *each = _readings([asked.text, *parts], asked)
    units, shown = Utf16(asked.text), {}
    for name, threshold in attributes.items():
        score = _score(whole, name)
        if score["value"] < threshold:
            continue
        spans = [
            {"begin": units[start], "end": units[end], "score": _score(reading, name)}
            for (start, end), reading in zip(places, each, strict=False)
        ]
        spans = spans or [{"begin": 0, "end": units[len(asked.text)], "score": score}]
        shown[name] = {"summaryScore": score, "spanScores": spans}
    return shown


def _readings(texts: list[str], asked: Asked) -> list[Reading]:
    """Each text under the comment's context.

    Raises:
        NotScored: one of them could not be read in time.
    """
    requests, wanted = [Request(text, asked.context) for text in texts], {NAMES[name] for name in asked.attributes}
    assessments = services().scorer.assess(_SCORES_ONLY, requests, for_scores=wanted, within_s=WITHIN_S)
    readings = [found.reading for found in assessments]
    if None in readings:
        raise NotScored
    return [reading for reading in readings if reading is not None]


def _score(reading: Reading, name: str) -> dict[str, Any]:
    return {"value": round(float(reading.scores[NAMES[name]]), 8), "type": "PROBABILITY"}

"""Coral's external moderation phase: it asks before it publishes, and goes on as it likes when nobody answers."""

import hashlib
import hmac
from typing import Any

from flask import Blueprint, Response, g, jsonify, request

from moderation.domain.comment import Action
from moderation.domain.decision import Verdict
from moderation.domain.errors import InvalidRequest, NotSignedIn
from moderation.domain.policy import Policy, decide
from moderation.domain.reading import SPAM, Context
from moderation.scoring import Assessment, Request
from moderation.storage import comments, coral, sites
from moderation.storage.policies import current_policy
from moderation.storage.secrets import decrypt
from moderation.storage.types import utc_now
from moderation.text.markup import plain_text
from moderation.web.access import UNNAMED_SITES, for_dialect
from moderation.web.dialect import Caller, Dialect
from moderation.web.dialects.lenient import field, read_document, text
from moderation.web.services import services

blueprint = Blueprint("coral", __name__)

MAX_SIGNATURES = 10  # in one header, where a rotation needs two
SPAM_REASONS = {SPAM.lower(), "too_many_links", "repeated_text"}
# What each decision may be told as; the first is the default.
STATUSES = {
    Action.PUBLISH: ("NONE", "APPROVED"),
    Action.HOLD: ("SYSTEM_WITHHELD", "PREMOD"),
    Action.REJECT: ("REJECTED", "SYSTEM_WITHHELD", "PREMOD"),
}


def caller() -> Caller:
    """The site whose secret the body is signed with; `?site=` names it where there are many."""
    named = [part.strip().removeprefix("sha256=") for part in request.headers.get("X-Coral-Signature", "").split(",")]
    signatures = [signature.lower().encode() for signature in named if signature][:MAX_SIGNATURES]
    if not signatures:
        raise NotSignedIn("Sign the request: X-Coral-Signature is missing.", code="credentials-missing")
    slug = request.args.get("site")
    with services().database.read() as session:
        site = sites.site_by_slug(session, slug) if slug is not None else None
        candidates = coral.secrets_in_use(session, utc_now(), site) if slug is None or site else []
    body = request.get_data()
    for candidate in candidates[:UNNAMED_SITES]:
        secret = decrypt(candidate.secret, services().settings.secret_key)
        expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()
        if any(hmac.compare_digest(expected, signature) for signature in signatures):
            return Caller(candidate.site, f"coral:{candidate.site.id}")
    raise NotSignedIn("No secret of a site here signs this body.", code="signature-invalid")


def refuse(error: Exception, status: int) -> Response:
    """Coral reads the status alone; the words are for whoever looks."""
    detail = str(error) if status < 500 and str(error) else "Something went wrong here; it is in the service's log."
    response = jsonify({"error": detail})
    response.status_code = 400 if status == 422 else status
    return response


DIALECT = Dialect(blueprint, ("/coral",), caller, refuse)


@blueprint.post("/coral/phase", strict_slashes=False)
@for_dialect
def phase() -> Response:
    """Decide on a new or edited comment. Coral sends no id of it, so it is not stored: Coral's own queue holds it."""
    settings = services().settings
    document = read_document(settings.max_body_bytes)
    statuses = {action: _status(action) for action in STATUSES}
    body = field(field(document, "comment"), "body")
    if not isinstance(body, str):
        raise InvalidRequest("comment.body must be a text.")
    words = plain_text(text(body))
    if not words.strip():
        return Response(status=204)  # a picture alone
    verdict = _verdict(words, field(field(document, "story"), "id"), settings.max_text_bytes)
    status = statuses[verdict.action]
    if status == "NONE":
        return Response(status=204)
    actions = [] if verdict.action is Action.PUBLISH else [{"actionType": "FLAG", "reason": _reason(verdict)}]
    return jsonify({"status": status, "actions": actions, "tags": []})


def _verdict(words: str, story_id: Any, max_bytes: int) -> Verdict:
    """By the site's policy, under the story's article if the site has sent it; what is too long is held unread."""
    with services().database.read() as session:
        policy = current_policy(session, g.site)
        article = comments.find_article(session, g.site.id, text(story_id)[:200]) if story_id else None
    context = Context(article.title, article.text) if article else Context()
    found = _assess(policy, Request(words, context)) if len(words.encode()) <= max_bytes else Assessment(None, ())
    return decide(policy, found.reading, found.signals)


def _assess(policy: Policy, asked: Request) -> Assessment:
    [found] = services().scorer.assess(policy, [asked])
    return found


def _status(action: Action) -> str:
    """What Coral is told for *action*: `?hold=PREMOD` in the phase's address chooses another than the default."""
    allowed = STATUSES[action]
    chosen = request.args.get(action.value, allowed[0]).upper()
    if chosen not in allowed:
        raise InvalidRequest(f"?{action.value}= must be one of {', '.join(allowed)}.")
    return chosen


def _reason(verdict: Verdict) -> str:
    first = verdict.reasons[0].code if verdict.reasons else ""
    return "COMMENT_DETECTED_SPAM" if first in SPAM_REASONS else "COMMENT_DETECTED_TOXIC"

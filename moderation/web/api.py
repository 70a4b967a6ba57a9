"""The API for blogs: comments in, verdicts out."""

import base64
import binascii
import uuid
from typing import Any

from flask import Blueprint, Response, g, jsonify, request, url_for

from moderation import author_data, erasure, intake, reports, review
from moderation.domain.comment import Action, Actor, State
from moderation.domain.decision import receipt
from moderation.domain.errors import InvalidRequest, NotFound, RateLimited
from moderation.domain.policy import decide
from moderation.domain.reading import Context
from moderation.recording import describe, readers
from moderation.scoring import Assessment, Request
from moderation.storage import authors, comments
from moderation.storage.audit import Who
from moderation.storage.policies import current_policy
from moderation.storage.tables import Author, Comment, Decision
from moderation.storage.types import utc_now
from moderation.web import bodies, schemas
from moderation.web.access import for_scoring_keys, for_sites
from moderation.web.services import services
from moderation.web.status.pages import with_links
from moderation.webhooks.testing import send_test

blueprint = Blueprint("api", __name__, url_prefix="/v1")

PAGE_SIZE, MAX_PAGE_SIZE = 50, 200


@blueprint.post("/comments")
@for_sites
def create_comment() -> tuple[Response, int]:
    """Decide on a comment, or on a batch of at most 100."""
    items, is_batch, document = bodies.read_comments(schemas.CommentIn, schemas.BatchIn, services().settings)
    answer = intake.submit(
        services().database,
        services().scorer,
        g.site,
        [item.as_submission() for item in items],
        now=utc_now(),
        request_key=_request_key(document),
    )
    ids = answer.ids or _ids_of(answer.results)
    results = [with_links(g.site, result, ids.get(result["id"])) for result in answer.results]
    body = {"results": results} if is_batch else results[0]
    response = jsonify(body)
    if answer.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response, 201 if answer.created and not is_batch else 200


def _request_key(document: Any) -> intake.RequestKey | None:
    """`Idempotency-Key` (quoted, as its draft has it, or not), else `webhook-id`."""
    key, kind = request.headers.get("Idempotency-Key", "").strip().strip('"'), "key"
    if not key:
        key, kind = request.headers.get("webhook-id", "").strip(), "webhook-id"
    if not key:
        return None
    if len(key) > 255:
        raise InvalidRequest("An idempotency key has at most 255 characters.", code="idempotency-key-invalid")
    return intake.RequestKey(f"{kind}:{key}", bodies.digest(document))


def _ids_of(results: list[dict[str, Any]]) -> dict[str, uuid.UUID]:
    """Looked up anew for an answer that is repeated: what it is about may be erased by now."""
    with services().database.read() as session:
        return comments.ids_of(session, g.site.id, [result["id"] for result in results])


@blueprint.get("/comments")
@for_sites
def list_comments() -> Response:
    """A page of the site's comments, newest first."""
    state = _state(request.args.get("state"))
    limit = _limit(request.args.get("limit"))
    before = _cursor(request.args.get("cursor"))
    with services().database.read() as session:
        rows = comments.list_comments(session, g.site.id, state=state, before=before, limit=limit + 1)
        items = [_item(row) for row in rows[:limit]]
    cursor = _encode_cursor(rows[limit - 1].id) if len(rows) > limit else None
    response = jsonify({"items": items, "next_cursor": cursor})
    if cursor:
        address = url_for("api.list_comments", state=state, limit=limit, cursor=cursor)
        response.headers["Link"] = f'<{address}>; rel="next"'
    return response


@blueprint.get("/comments/<own_id:comment_id>")
@for_sites
def show_comment(comment_id: str) -> Response:
    """A comment's state, reasons and history."""
    with services().database.read() as session:
        comment = comments.find_comment(session, g.site.id, comment_id)
        if comment is None:
            raise NotFound("This site has no comment with this id.")
        history = comments.history(session, comment)
        described = with_links(g.site, describe(comment, history[-1]), comment.id)
    versions = {decision.id: decision.version for decision in history}
    return jsonify(
        {
            **described,
            "article_id": comment.article.external_id if comment.article else None,
            "created_at": _time(comment.created_at),
            "history": [_history_item(decision, versions) for decision in history],
        }
    )


@blueprint.delete("/comments/<own_id:comment_id>")
@for_sites
def erase_comment(comment_id: str) -> tuple[str, int]:
    """Erase a comment: text, author and all copies."""
    erasure.erase(services().database, g.site, comment_id, now=utc_now())
    return "", 204


@blueprint.delete("/authors/<own_id:author_id>")
@for_sites
def erase_author(author_id: str) -> tuple[str, int]:
    """Erase an author: all their comments, and every copy."""
    who = Who(Actor.BLOG.value)
    erasure.erase_author(services().database, _author(author_id), who=who, now=utc_now())
    return "", 204


@blueprint.get("/authors/<own_id:author_id>")
@for_sites
def export_author(author_id: str) -> Response:
    """Everything that is kept of an author."""
    who = Who(Actor.BLOG.value)
    return jsonify(author_data.export(services().database, _author(author_id), who=who, now=utc_now()))


def _author(name: str) -> Author:
    with services().database.read() as session:
        found = authors.of_site(session, g.site.id, name) if name.isprintable() else None
    if found is None:
        raise NotFound("This site knows no author by this id or address.")
    return found


@blueprint.post("/comments/<own_id:comment_id>/decision")
@for_sites
def decide_comment(comment_id: str) -> Response:
    """Tell what the blog's own staff decided."""
    document, _ = bodies.read_json(services().settings.max_body_bytes)
    body = bodies.check(schemas.DecisionIn, document)
    comment, decision = review.decide_at_blog(
        services().database,
        g.site,
        comment_id,
        action=Action(body.decision),
        note=body.reason,
        now=utc_now(),
    )
    return jsonify(with_links(g.site, describe(comment, decision), comment.id))


@blueprint.post("/comments/<own_id:comment_id>/reports")
@for_sites
def report_comment(comment_id: str) -> tuple[Response, int]:
    """Pass on a reader's report."""
    document, _ = bodies.read_json(services().settings.max_body_bytes)
    body = bodies.check(schemas.ReportIn, document)
    answer = reports.report(
        services().database,
        g.site,
        comment_id,
        reporter=body.reporter or None,
        reason=body.reason,
        now=utc_now(),
    )
    return jsonify(with_links(g.site, answer, _ids_of([answer]).get(comment_id))), 201


@blueprint.get("/site")
@for_sites
def show_site() -> Response:
    """Whose key or signature this is, and where its events go: what a client needs to test its settings."""
    site = g.site
    return jsonify(
        {
            "site": site.slug,
            "name": site.name,
            "webhook_url": site.webhook_url,
            "webhook_disabled_at": _time(site.webhook_disabled_at) if site.webhook_disabled_at else None,
        }
    )


@blueprint.post("/site/test")
@for_sites
def test_site() -> Response:
    """Send the site a test event now, and say what its webhook answered."""
    wait_s = services().site_tests.wait_s(str(g.site.id))
    if wait_s:
        raise RateLimited(retry_after_s=wait_s)
    settings = services().settings
    outcome = send_test(g.site, secret_key=settings.secret_key, networks=settings.webhook_networks, now=utc_now())
    return jsonify({"delivered": not outcome.error, "status": outcome.status, "error": outcome.error})


@blueprint.post("/score")
@for_sites
@for_scoring_keys
def score() -> Response:
    """Score one text, or a batch of at most 100; nothing is stored."""
    items, is_batch, _ = bodies.read_comments(schemas.ScoreIn, schemas.ScoreBatchIn, services().settings)
    results = _scores(items)
    return jsonify({"results": results} if is_batch else results[0])


def _scores(items: list[schemas.ScoreIn]) -> list[dict[str, Any]]:
    with services().database.read() as session:
        policy = current_policy(session, g.site)
    assessments = services().scorer.assess(policy, [_score_request(item) for item in items], for_scores=True)
    return [_score_answer(item, policy, found) for item, found in zip(items, assessments, strict=True)]


def _score_request(item: schemas.ScoreIn) -> Request:
    article, parent = item.article or schemas.ScoreContext(), item.parent or schemas.ScoreContext()
    return Request(item.text, Context(article.title, article.text, parent.text), item.language)


def _score_answer(item: schemas.ScoreIn, policy: Any, found: Assessment) -> dict[str, Any]:
    verdict = decide(policy, found.reading, found.signals)
    whole = receipt(verdict, found.reading, found.signals, policy.version)
    whole["readers"] = readers(whole)
    shown = {name: whole[name] for name in schemas.ScoreOut.model_fields if name in whole}
    return {**({"id": item.id} if item.id is not None else {}), "decision": verdict.action.value, **shown}


def _state(value: str | None) -> State | None:
    if not value:
        return None
    try:
        return State(value)
    except ValueError:
        names = ", ".join(state.value for state in State)
        raise InvalidRequest(f"state must be one of {names}.", code="state-unknown") from None


def _limit(value: str | None) -> int:
    if value is None:
        return PAGE_SIZE
    if not value.isascii() or not value.isdigit() or not 1 <= int(value[:9]) <= MAX_PAGE_SIZE:
        raise InvalidRequest(f"limit must be 1 to {MAX_PAGE_SIZE}.", code="limit-invalid")
    return int(value)


def _encode_cursor(comment_id: uuid.UUID) -> str:
    return base64.urlsafe_b64encode(comment_id.bytes).decode().rstrip("=")


def _cursor(value: str | None) -> uuid.UUID | None:
    if not value:
        return None
    try:
        return uuid.UUID(bytes=base64.urlsafe_b64decode(value + "=="))
    except (ValueError, binascii.Error):
        detail = "cursor must be a next_cursor of an earlier page."
        raise InvalidRequest(detail, code="cursor-invalid") from None


def _item(comment: Comment) -> dict[str, Any]:
    return {
        "id": comment.external_id,
        "state": comment.state.value,
        "version": comment.version,
        "article_id": comment.article.external_id if comment.article else None,
        "reports": comment.open_reports,
        "created_at": _time(comment.created_at),
    }


def _history_item(decision: Decision, versions: dict[uuid.UUID, int]) -> dict[str, Any]:
    return {
        "version": decision.version,
        "decision": decision.action.value,
        "state_before": decision.state_before.value if decision.state_before else None,
        "decided_by": decision.actor.value,
        "moderator": decision.moderator.name if decision.moderator else None,
        "note": decision.note,
        "undoes": versions.get(decision.undoes) if decision.undoes else None,
        "reasons": decision.receipt.get("reasons", []),
        "at": _time(decision.created_at),
    }


def _time(value: Any) -> str:
    return str(value.isoformat().replace("+00:00", "Z"))

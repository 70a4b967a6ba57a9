"""The commenter's page: what happened to a comment, why, and one objection. Its link is all that opens it."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy.orm as so
import structlog
from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from moderation import appeals
from moderation.domain.comment import RESULT, Action, Actor, State
from moderation.domain.errors import Conflict, InvalidRequest, NotFound
from moderation.storage import appeals as stored_appeals
from moderation.storage import comments
from moderation.storage.secrets import comment_of_token, status_token
from moderation.storage.tables import Appeal, Comment, Decision, Site, StatusPage
from moderation.storage.types import utc_now
from moderation.web import schemas
from moderation.web.access import open_to_all
from moderation.web.card.cards import web_address
from moderation.web.same_origin import refuse_cross_origin
from moderation.web.services import services
from moderation.web.status import words as status_words
from moderation.web.times import When, when
from moderation.web.translation import gettext, lazy_gettext

# Without the form's token: whoever can make the request knows the link, and could have sent it themselves.
blueprint = Blueprint("status", __name__)
blueprint.before_request(refuse_cross_origin)

log = structlog.get_logger(__name__)

RETRY_AFTER_S = 3_600
TOO_OFTEN = lazy_gettext(
    "That is a lot of objections in a short time. Your words are still here; please send them in an hour."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of an objection; `granted` is None while it waits."""

    sent: When
    granted: bool | None
    at: When | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A comment as its author sees it. Its text is not in it: a link can be passed on, and would publish it."""

    site: str
    article: str
    article_url: str
    when: When
    state: State
    headline: str
    sentence: str
    who: str
    reasons: list[str]
    note: str
    appeal: Answer | None
    may_appeal: bool


@blueprint.get("/status/<token>")
@open_to_all
def show(token: str) -> ResponseReturnValue:
    """What happened to the comment of this link."""
    return _page(token)


@blueprint.post("/status/<token>")
@open_to_all
def object_to_it(token: str) -> ResponseReturnValue:
    """Take the commenter's objection, once."""
    comment_id = comment_of_token(token, services().settings.secret_key)
    if comment_id is None:
        return _page(token)
    text = words_of_form("text")
    if not services().objections.may_try(request.remote_addr or ""):
        log.warning("appeal_throttled")
        return _page(token, message=TOO_OFTEN, text=text, code=429)
    try:
        appeals.appeal(services().database, comment_id=comment_id, text=text, now=utc_now())
    except InvalidRequest as error:
        return _page(token, message=error.said(gettext), text=text, code=422)
    except (Conflict, NotFound):
        pass  # sent twice, or decided meanwhile: the page says how it stands
    return redirect(url_for("status.show", token=token, _anchor="objection"), 303)


def words_of_form(name: str) -> str:
    """What somebody typed, as a database can hold it, each line end counted as one character."""
    return str(schemas.storable(request.form.get(name, ""))).replace("\r\n", "\n").strip()


def with_links(site: Site, result: dict[str, Any], comment_id: uuid.UUID | None) -> dict[str, Any]:
    """The answer about a comment of *site* with its links; `status_url` is null where the site has no such page."""
    if comment_id is None:
        return {**result, "status_url": None, "dashboard_url": None}
    settings = services().settings
    has_page = site.status_page is not StatusPage.NONE
    return {
        **result,
        "status_url": f"{settings.public_base_url}/status/{status_token(comment_id, settings.secret_key)}"
        if has_page
        else None,
        "dashboard_url": f"{settings.public_base_url}/comments/{comment_id}",
    }


def _page(token: str, *, message: str = "", text: str = "", code: int = 200) -> Response:
    comment_id, now = comment_of_token(token, services().settings.secret_key), utc_now()
    with services().database.read() as session:
        found = _status(session, comment_id, now) if comment_id else None
    page = render_template(
        "status.html", status=found, token=token, message=message, text=text, longest=appeals.MAX_TEXT
    )
    response = make_response(page, code if found else 404)
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    if code == 429:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def _status(session: so.Session, comment_id: uuid.UUID, now: datetime) -> Status | None:
    """None also where the site has no such pages: the link then says no more than a made-up one."""
    comment = session.get(Comment, comment_id, options=[so.joinedload(Comment.article)])
    site = session.get(Site, comment.site_id) if comment else None
    if comment is None or site is None or site.status_page is StatusPage.NONE:
        return None
    decision = status_words.told(comments.history(session, comment), now)
    state, appeal = RESULT[decision.action], stored_appeals.of_comment(session, comment.id)
    headline, sentence = status_words.HEADLINES[state]
    explains = site.status_page is StatusPage.REASON and state is not State.ERASED
    return Status(
        site=site.name,
        article=comment.article.title if comment.article else "",
        article_url=web_address(comment.article.url if comment.article else ""),
        when=when(comment.created_at, now),
        state=state,
        headline=headline,
        sentence=sentence,
        who=status_words.DECIDED_BY[decision.actor] if explains else "",
        reasons=status_words.why(decision) if explains else [],
        note=_note(decision, appeal) if explains else "",
        appeal=_answer(appeal, now) if appeal else None,
        may_appeal=state in appeals.REFUSED and appeal is None,
    )


def _note(decision: Decision, appeal: Appeal | None) -> str:
    """A moderator's words for the commenter; those to an owner, and the answer to an objection, stand elsewhere."""
    is_answer = appeal is not None and appeal.decision_id == decision.id
    is_for_them = decision.actor is Actor.MODERATOR and not decision.escalates and not is_answer
    return decision.note if is_for_them else ""


def _answer(appeal: Appeal, now: datetime) -> Answer:
    sent, decision = when(appeal.created_at, now), appeal.decision
    if decision is None or appeal.answered_at is None or status_words.may_vanish(decision, now):
        return Answer(sent=sent, granted=None, at=None, text="")
    granted = decision.action is Action.PUBLISH
    return Answer(sent=sent, granted=granted, at=when(appeal.answered_at, now), text=appeal.answer)

"""The moderators' pages: the queue, what readers reported, what was decided, what was not delivered."""

import uuid
from typing import TypeVar
from urllib.parse import parse_qsl, urlsplit

import sqlalchemy.orm as so
from flask import Blueprint, flash, g, redirect, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from moderation import review
from moderation.domain.comment import Actor
from moderation.domain.errors import AlreadyDecided, Claimed, InvalidRequest, NotAllowed, NotFound
from moderation.storage import comments, outbox
from moderation.storage.tables import Comment, Decision, Event
from moderation.storage.types import utc_now
from moderation.web import cursors
from moderation.web.access import decidable_sites, for_moderators, readable_sites
from moderation.web.batches.choosing import blueprint as choosing
from moderation.web.batches.pages import blueprint as batches
from moderation.web.card import masking
from moderation.web.card.cards import STATES, make_cards, make_line
from moderation.web.card.eyes import excerpts
from moderation.web.card.marking import plain
from moderation.web.dashboard import author_rights, authors, conversation, live, receipts, search
from moderation.web.dashboard.desk import blueprint as desk
from moderation.web.dashboard.desk import claim_if_open, decide_so, note_sight, read_choice
from moderation.web.dashboard.frame import eyes, page
from moderation.web.dashboard.lists import PAGE_SIZE, queue_page
from moderation.web.dashboard.mine import mine
from moderation.web.dashboard.narrowing import read_wish
from moderation.web.dashboard.shelves import SHELF_OF_PATH, SHELVES, Shelf
from moderation.web.numbers import taking
from moderation.web.same_origin import local_path, refuse_cross_origin
from moderation.web.services import services
from moderation.web.times import calendar_day, exact, when
from moderation.web.translation import gettext

blueprint = Blueprint("dashboard", __name__)
parts = (
    desk,
    authors.blueprint,
    author_rights.blueprint,
    conversation.blueprint,
    receipts.blueprint,
    choosing,
    batches,
    search.blueprint,
    live.blueprint,
)
for part in parts:
    blueprint.register_blueprint(part)
blueprint.before_request(refuse_cross_origin)

Row = TypeVar("Row", Comment, Decision, Event)

# The Content-Security-Policy holds, and no page is kept in the browser's storage. An unchanged answer (304) stays.
HTMX_CONFIG = {
    "allowEval": False,
    "allowScriptTags": False,
    "includeIndicatorStyles": False,
    "selfRequestsOnly": True,
    "historyCacheSize": 0,
    "responseHandling": [
        {"code": "[23]04", "swap": False},
        {"code": "[23]..", "swap": True},
        {"code": "[45]..", "swap": False, "error": True},
    ],
}


@blueprint.record_once
def _keep_pages_small(state: BlueprintSetupState) -> None:
    state.app.jinja_env.trim_blocks = state.app.jinja_env.lstrip_blocks = True
    state.app.jinja_env.globals["htmx_config"] = HTMX_CONFIG
    state.app.jinja_env.globals["mine"] = mine


blueprint.add_app_template_filter(masking.shown, "pieces")
blueprint.add_app_template_filter(masking.covered, "covered")
blueprint.add_app_template_filter(plain, "plain")
# `_()` takes its words for markup with places to fill, and an owner's own reason is neither.
blueprint.add_app_template_filter(gettext, "translated")
blueprint.add_app_template_filter(exact, "exact")
blueprint.add_app_template_filter(calendar_day, "calendar_day")
blueprint.add_app_template_filter(taking, "taking")


@blueprint.get("/", defaults={"name": "held"})
@blueprint.get(f"/<any({','.join(map(repr, SHELF_OF_PATH))}):name>")
@for_moderators
def queue(name: str) -> str:
    """One of the queues."""
    with services().database.read() as session:
        shelf = SHELF_OF_PATH[name]
        return queue_page(session, shelf, read_wish(shelf, request.args))


@blueprint.get("/comments/<uuid:comment_id>")
@for_moderators
def comment(comment_id: uuid.UUID) -> str:
    """One comment, whole, with everything that was decided about it. Whoever opens it has it for some minutes."""
    claim_if_open(comment_id)
    with services().database.read() as session:
        row = _found(comments.find_card(session, readable_sites(), comment_id))
    note_sight(row)
    with services().database.read() as session:
        looking = eyes()
        card = make_cards(session, [row], looking, shown=None)[0]
        history = [make_line(item, row.version, looking) for item in comments.history(session, row)]
        back = request.args.get("back")
        return page(
            "comment.html",
            session,
            card=card,
            history=history[::-1],
            conversation=conversation.make_conversation(session, row, looking),
            back=local_path(back) if back else "",
        )


@blueprint.get("/decided")
@for_moderators
def decided() -> str:
    """What moderators decided, newest first."""
    before = cursors.read_id(request.args.get("after"))
    with services().database.read() as session:
        rows = comments.decided_by_people(session, readable_sites(), before=before, limit=PAGE_SIZE + 1)
        shown, looking = rows[:PAGE_SIZE], eyes()
        following = cursors.of_id(shown[-1].id) if len(rows) > PAGE_SIZE else None
        lines = [(make_line(row, row.comment.version, looking), row.comment) for row in shown]
        return page(
            "decided.html",
            session,
            lines=lines,
            words=excerpts(session, [row.comment for row in shown], looking),
            following=following,
            is_first=before is None,
        )


@blueprint.post("/comments/<uuid:comment_id>/decision")
@for_moderators
def decide(comment_id: uuid.UUID) -> ResponseReturnValue:
    """Approve, reject, mark as spam or escalate, as the form's button says."""
    choice, seen_version = read_choice(request.form), request.form.get("version", type=int)
    if choice is None or seen_version is None:
        raise InvalidRequest("The form has no known decision in it. Go back and load the page again.")
    with services().database.read() as session:
        row = _decidable(comments.find_card(session, readable_sites(), comment_id))
    note_sight(row)
    try:
        decision = decide_so(g.moderator, decidable_sites(), comment_id, seen_version, choice)
    except (AlreadyDecided, Claimed) as error:
        return _came_second(comment_id, error)
    except InvalidRequest as error:
        flash(error.said(gettext), "note")
        return redirect(url_for("dashboard.comment", comment_id=comment_id), 303)
    flash(str(decision.id), "decision")
    return redirect(local_path(request.form.get("back")), 303)


@blueprint.post("/decisions/<uuid:decision_id>/undo")
@for_moderators
def undo(decision_id: uuid.UUID) -> ResponseReturnValue:
    """Take a decision back."""
    with services().database.read() as session:
        undone = _decidable(comments.find_decision(session, readable_sites(), decision_id))
    try:
        decision = review.undo(
            services().database,
            moderator=g.moderator,
            site_ids=decidable_sites(),
            decision_id=decision_id,
            now=utc_now(),
        )
    except (AlreadyDecided, Claimed) as error:
        return _came_second(undone.comment_id, error)
    flash(str(decision.id), "decision")
    return redirect(local_path(request.form.get("back")), 303)


@blueprint.get("/deliveries")
@for_moderators
def deliveries() -> str:
    """Events that a blog has not been told, newest first."""
    before = cursors.read_id(request.args.get("after"))
    with services().database.read() as session:
        rows = outbox.undelivered(session, readable_sites(), before=before, limit=PAGE_SIZE + 1)
        shown, looking = rows[:PAGE_SIZE], eyes()
        following = cursors.of_id(shown[-1].id) if len(rows) > PAGE_SIZE else None
        attempts = outbox.attempts_of(session, shown)
        events = [
            {
                "row": event,
                "site": looking.site(event.site_id),
                "when": when(event.created_at, looking.now),
                "attempts": [(item, when(item.created_at, looking.now)) for item in attempts.get(event.id, [])],
                "replay": event.site_id in looking.decidable,
            }
            for event in shown
        ]
        return page("deliveries.html", session, events=events, following=following, is_first=before is None)


@blueprint.post("/deliveries/<uuid:event_id>/replay")
@for_moderators
def replay(event_id: uuid.UUID) -> ResponseReturnValue:
    """Send an undelivered event again, with the same id."""
    with services().database.read() as session:
        _decidable(outbox.find_event(session, readable_sites(), event_id))
    with services().database.write() as session:
        started = outbox.replay(session, event_id, decidable_sites(), utc_now())
    flash(
        gettext("The event will be sent again now.") if started else gettext("The event is on its way already."), "note"
    )
    return redirect(local_path(request.form.get("back")), 303)


def _came_second(comment_id: uuid.UUID, error: AlreadyDecided | Claimed) -> tuple[str, int]:
    """The queue again, with the comment as somebody else left it on top."""
    with services().database.read() as session:
        row = _found(comments.find_card(session, readable_sites(), comment_id))
        first = error.said(gettext) if isinstance(error, Claimed) else _who_was_first(session, row)
        conflict = first, make_cards(session, [row], eyes())[0]
        shelf, args = _list_before(request.form.get("back"))
        return queue_page(session, shelf, read_wish(shelf, args), conflict=conflict, without=comment_id), 409


def _list_before(back: str | None) -> tuple[Shelf, dict[str, str]]:
    """The list that a form stood on, by the address that it leads back to; else the first of them."""
    parts = urlsplit(local_path(back))
    shelf = SHELF_OF_PATH.get(parts.path.strip("/") or "held")
    return (shelf, dict(parse_qsl(parts.query))) if shelf else (SHELVES[0], {})


def _who_was_first(session: so.Session, row: Comment) -> str:
    latest, state = comments.latest_decision(session, row), STATES[row.state]
    if latest.moderator_id == g.moderator.id:
        return str(gettext("You had decided this one already: %(state)s", state=state))
    if latest.moderator is not None:
        return str(gettext("%(name)s decided first: %(state)s", name=latest.moderator.name, state=state))
    if latest.actor is Actor.BLOG:
        return str(gettext("The blog's own staff decided first: %(state)s", state=state))
    return str(gettext("The comment has changed since you saw it: %(state)s", state=state))


def _found(row: Row | None) -> Row:
    if row is None:
        raise NotFound("There is nothing of this kind on your sites.")
    return row


def _decidable(row: Row | None) -> Row:
    """*row*, where the signed-in person may decide; 404 on other people's sites, 403 for a viewer.

    Raises:
        NotFound, NotAllowed: as above.
    """
    if _found(row).site_id not in decidable_sites():
        raise NotAllowed("On this site you may look, but not decide.")
    return _found(row)

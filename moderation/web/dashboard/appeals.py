"""The page of the open objections: what the commenters say, and the moderators' answers."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy.orm as so
from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from moderation import appeals
from moderation.deciding import MAX_NOTE
from moderation.domain.comment import Action
from moderation.domain.errors import Conflict, InvalidRequest, NotAllowed, NotFound
from moderation.domain.policy import Preset
from moderation.storage import appeals as stored_appeals
from moderation.storage import comments, queues
from moderation.storage.listing import Place, Queue, Sort
from moderation.storage.policies import current_policies
from moderation.storage.tables import Appeal, Comment
from moderation.storage.types import utc_now
from moderation.web import cursors
from moderation.web.access import decidable_sites, for_moderators, readable_sites
from moderation.web.card.cards import Card, make_cards
from moderation.web.dashboard.desk import note_sight
from moderation.web.dashboard.frame import eyes, page
from moderation.web.same_origin import refuse_cross_origin
from moderation.web.services import services
from moderation.web.status.pages import words_of_form
from moderation.web.times import When, when
from moderation.web.translation import gettext

blueprint = Blueprint("appeals", __name__)
blueprint.before_request(refuse_cross_origin)

PAGE_SIZE = 20

ANSWERS = {"publish": Action.PUBLISH, "reject": Action.REJECT, "spam": Action.SPAM}


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """An objection with its comment's card; `reason_code` is the one the comment was refused with."""

    card: Card
    text: str
    sent: When
    decidable: bool
    presets: tuple[Preset, ...]
    reason_code: str
    refusal: str  # the action that leaves the comment where it is


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer that could not be taken, and why."""

    comment_id: uuid.UUID
    message: str
    text: str
    reason_code: str


@blueprint.get("/appeals")
@for_moderators
def queue() -> str:
    """Open objections, the longest waiting first."""
    return _page()


@blueprint.post("/appeals/<uuid:comment_id>/answer")
@for_moderators
def answer(comment_id: uuid.UUID) -> ResponseReturnValue:
    """Publish the comment after all, or leave it where it is; its author reads the answer."""
    action, seen_version = ANSWERS.get(request.form.get("action", "")), request.form.get("version", type=int)
    if action is None or seen_version is None:
        raise InvalidRequest("The form has no known answer in it. Go back and load the page again.")
    note_sight(_decidable(comment_id))
    text, reason_code = words_of_form("text"), request.form.get("reason", "")
    try:
        decision = appeals.answer(
            services().database,
            moderator=g.moderator,
            site_ids=decidable_sites(),
            comment_id=comment_id,
            seen_version=seen_version,
            action=action,
            text=text,
            reason_code="" if action is Action.PUBLISH else reason_code,
            now=utc_now(),
        )
    except InvalidRequest as error:
        return _page(Draft(comment_id, error.said(gettext), text, reason_code)), 422
    except (Conflict, NotFound) as error:
        return _page(Draft(comment_id, error.said(gettext), text, reason_code)), 409
    flash(str(decision.id), "decision")
    return redirect(url_for("appeals.queue", _anchor="list"), 303)


def _decidable(comment_id: uuid.UUID) -> Comment:
    with services().database.read() as session:
        row = comments.find_card(session, readable_sites(), comment_id)
    if row is None:
        raise NotFound("There is nothing of this kind on your sites.")
    if row.site_id not in decidable_sites():
        raise NotAllowed("On this site you may look, but not decide.")
    return row


def _page(draft: Draft | None = None) -> str:
    after = cursors.read_risk(request.args.get("after"))
    with services().database.read() as session:
        found = queues.read_queue(
            session,
            readable_sites(),
            Queue.APPEALS,
            sort=Sort.OLDEST,
            after=Place(*after) if after else None,
            limit=PAGE_SIZE,
        )
        following = cursors.of_risk(found.following.risk, found.following.id) if found.following else None
        objections = _objections(session, found.comments)
        return page(
            "appeals.html",
            session,
            objections=objections,
            draft=draft,
            is_lost=draft is not None and draft.comment_id not in {item.card.id for item in objections},
            longest=MAX_NOTE,
            first=url_for("appeals.queue") if after else None,
            following=url_for("appeals.queue", after=following) if following else None,
        )


def _objections(session: so.Session, rows: Sequence[Comment]) -> list[Objection]:
    found, looking = stored_appeals.of_comments(session, rows), eyes()
    policies = current_policies(session, {row.site_id for row in rows})
    return [
        _objection(
            row, card, found[row.id], policies[row.site_id].reasons, sent=when(found[row.id].created_at, looking.now)
        )
        for row, card in zip(rows, make_cards(session, rows, looking), strict=True)
    ]


def _objection(row: Comment, card: Card, appeal: Appeal, presets: tuple[Preset, ...], *, sent: When) -> Objection:
    refusal = {"spam": Action.SPAM}.get(row.state.value, Action.REJECT)
    return Objection(
        card=replace(card, choices=[]),
        text=appeal.text,
        sent=sent,
        decidable=row.site_id in decidable_sites() and not card.taken_by,
        presets=presets,
        reason_code=card.reason_code,
        refusal=refusal.value,
    )

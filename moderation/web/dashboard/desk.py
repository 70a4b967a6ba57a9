"""What a moderator does with a card besides looking: have it to themselves, choose, leave a note."""

import uuid
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import datetime

from flask import Blueprint, flash, g, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from moderation import claims, notes, review, wellbeing
from moderation.deciding import ESCALATE, PERSON_ACTIONS, Choice
from moderation.domain.comment import Action, State
from moderation.domain.errors import Claimed, InvalidRequest, NotAllowed, NotFound
from moderation.storage import comments
from moderation.storage.tables import Comment, Decision, Moderator
from moderation.storage.types import utc_now
from moderation.web.access import decidable_sites, for_moderators, readable_sites
from moderation.web.dashboard import skipping
from moderation.web.same_origin import local_path
from moderation.web.services import services
from moderation.web.translation import gettext

blueprint = Blueprint("desk", __name__)

ACTIONS = {action.value: action for action in PERSON_ACTIONS}


def read_choice(form: Mapping[str, str]) -> Choice | None:
    """What the button, the list of reasons and the field of a card say; None for a button of nobody's."""
    pressed, note = form.get("action", ""), form.get("note", "").strip()
    if pressed == "escalate":
        return Choice(ESCALATE.action, note=note, escalates=True)
    action = ACTIONS.get(pressed)
    if action is None:
        return None
    reason = "" if action is Action.PUBLISH else form.get("reason", "")
    return Choice(action, reason_code=reason, note=note)


def decide_so(
    moderator: Moderator, site_ids: Collection[uuid.UUID], comment_id: uuid.UUID, seen_version: int, choice: Choice
) -> Decision:
    """Decide, or ask an owner to."""
    if choice.escalates:
        return review.escalate(
            services().database,
            moderator=moderator,
            site_ids=site_ids,
            comment_id=comment_id,
            seen_version=seen_version,
            note=choice.note,
            now=utc_now(),
        )
    return review.decide(
        services().database,
        moderator=moderator,
        site_ids=site_ids,
        comment_id=comment_id,
        seen_version=seen_version,
        action=choice.action,
        reason_code=choice.reason_code,
        note=choice.note,
        now=utc_now(),
    )


def claim_if_open(comment_id: uuid.UUID) -> None:
    """Take a comment that waits for a decision, if one may decide it and nobody else has it."""
    with services().database.read() as session:
        row = comments.find_card(session, decidable_sites(), comment_id)
    if row is not None and _waits(row):
        with suppress(Claimed, NotFound):  # the card says who has it
            _take(comment_id)


def _take(comment_id: uuid.UUID) -> datetime:
    return claims.take(
        services().database, moderator=g.moderator, site_ids=decidable_sites(), comment_id=comment_id, now=utc_now()
    )


def note_sight(row: Comment) -> None:
    """Count a comment among what the signed-in person has read today, if it is hard to read."""
    wellbeing.saw(services().database, g.moderator, [row], utc_now())


def note_sights(comment_ids: Collection[uuid.UUID]) -> None:
    """The same for what was read in a list or a sample before it was decided."""
    with services().database.read() as session:
        rows = comments.find_cards(session, readable_sites(), list(comment_ids)) if comment_ids else []
    if rows:
        wellbeing.saw(services().database, g.moderator, rows, utc_now())


def _waits(row: Comment) -> bool:
    return row.state is State.HELD or (row.state is State.PUBLISHED and row.open_reports > 0)


@blueprint.post("/comments/<uuid:comment_id>/claim")
@for_moderators
def claim(comment_id: uuid.UUID) -> ResponseReturnValue:
    """Have a card to oneself, asked for by the script when the card gets the focus."""
    note_sight(_must_be_decidable(comment_id))
    try:
        until = _take(comment_id)
    except Claimed as error:
        return jsonify(says=error.said(gettext)), 409
    return jsonify(until=until.isoformat())


@blueprint.post("/comments/<uuid:comment_id>/release")
@for_moderators
def release(comment_id: uuid.UUID) -> ResponseReturnValue:
    """Leave a card to others."""
    _must_be_decidable(comment_id)
    claims.release(services().database, moderator=g.moderator, comment_id=comment_id)
    return "", 204


@blueprint.post("/comments/<uuid:comment_id>/skip")
@for_moderators
def skip(comment_id: uuid.UUID) -> ResponseReturnValue:
    """Put a card behind the others for oneself, and leave it to everybody else."""
    _must_be_decidable(comment_id)
    claims.release(services().database, moderator=g.moderator, comment_id=comment_id)
    place = skipping.skip(comment_id)
    flash(f"{comment_id} {'' if place is None else place}", "skip")
    return redirect(local_path(request.form.get("back")), 303)


@blueprint.post("/skipped/<uuid:comment_id>/take-back")
@for_moderators
def take_skip_back(comment_id: uuid.UUID) -> ResponseReturnValue:
    """Let one skipped card stand where it stood."""
    skipping.take_back(comment_id, request.form.get("place", type=int))
    flash(gettext("Taken back: the comment stands where it stood."), "note")
    return redirect(local_path(request.form.get("back")), 303)


@blueprint.post("/skipped/bring-back")
@for_moderators
def bring_back() -> ResponseReturnValue:
    """Let skipped cards stand where they stood."""
    skipping.bring_back()
    return redirect(local_path(request.form.get("back")), 303)


@blueprint.post("/comments/<uuid:comment_id>/notes")
@for_moderators
def add_note(comment_id: uuid.UUID) -> ResponseReturnValue:
    """Leave the other moderators a word."""
    _must_be_decidable(comment_id)
    try:
        notes.add(
            services().database,
            moderator=g.moderator,
            site_ids=decidable_sites(),
            text=request.form.get("text", ""),
            comment_id=comment_id,
            now=utc_now(),
        )
    except InvalidRequest as error:
        flash(error.said(gettext), "note")
    return redirect(local_path(request.form.get("back")), 303)


def _must_be_decidable(comment_id: uuid.UUID) -> Comment:
    with services().database.read() as session:
        row = comments.find_card(session, readable_sites(), comment_id)
    if row is None:
        raise NotFound("There is nothing of this kind on your sites.")
    if row.site_id not in decidable_sites():
        raise NotAllowed("On this site you may look, but not decide.")
    return row

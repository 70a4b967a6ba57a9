"""Batches: the proof before one is done, how far it is, taking it back, and the log of all of them."""

import threading
import uuid
from contextlib import suppress
from typing import Any

import sqlalchemy.orm as so
import structlog
from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from moderation import batches, proof
from moderation.batch_work import carry_on
from moderation.batches import Stage
from moderation.domain.comment import Action
from moderation.domain.errors import Conflict, InvalidRequest, NotFound
from moderation.storage import comments
from moderation.storage.engine import Database
from moderation.storage.policies import current_policy
from moderation.storage.tables import Batch, Site
from moderation.storage.types import utc_now
from moderation.web import cursors
from moderation.web.access import decidable_sites, for_moderators, readable_sites, site_names
from moderation.web.batches import words
from moderation.web.batches.choosing import address_of, must_decide
from moderation.web.card.cards import make_cards, make_line
from moderation.web.card.eyes import excerpts
from moderation.web.dashboard.desk import ACTIONS, note_sights
from moderation.web.dashboard.frame import eyes, page
from moderation.web.dashboard.lists import PAGE_SIZE
from moderation.web.same_origin import local_path
from moderation.web.services import services
from moderation.web.times import when
from moderation.web.translation import gettext

log = structlog.get_logger(__name__)

blueprint = Blueprint("batches", __name__)

AT_ONCE_S = 1.0  # as long as a request may take; a longer batch goes on after the answer


@blueprint.get("/batches")
@for_moderators
def past() -> str:
    """What was decided in batches, newest first."""
    before = cursors.read_id(request.args.get("after"))
    with services().database.read() as session:
        rows = batches.history(session, readable_sites(), before=before, limit=PAGE_SIZE + 1)
        shown = rows[:PAGE_SIZE]
        following = cursors.of_id(shown[-1].id) if len(rows) > PAGE_SIZE else None
        lines = [_facts(session, batch) for batch in shown]
        return page("batches.html", session, lines=lines, following=following, is_first=before is None)


@blueprint.get("/batches/<uuid:batch_id>")
@for_moderators
def show(batch_id: uuid.UUID) -> str:
    """One batch: its sample before it is done, then how far it is, then what came of it."""
    with services().database.read() as session:
        batch = _found(session, batch_id)
        if batches.stage(batch) is Stage.DRAWN:
            return _drawn_page(session, batch)
        before = cursors.read_id(request.args.get("after"))
        rows = batches.decisions(session, batch, before=before, limit=PAGE_SIZE + 1)
        shown, looking = rows[:PAGE_SIZE], eyes()
        return page(
            "batch.html",
            session,
            **_facts(session, batch),
            lines=[(make_line(row, row.comment.version, looking), row.comment) for row in shown],
            words=excerpts(session, [row.comment for row in shown], looking),
            following=cursors.of_id(rows[PAGE_SIZE - 1].id) if len(rows) > PAGE_SIZE else None,
            is_first=before is None,
        )


@blueprint.post("/batches/<uuid:batch_id>/sample")
@for_moderators
def judge(batch_id: uuid.UUID) -> ResponseReturnValue:
    """Keep what was said of the sampled comments."""
    _keep_verdicts(batch_id)
    return redirect(url_for("dashboard.batches.show", batch_id=batch_id, _anchor="proof"), 303)


@blueprint.post("/batches/<uuid:batch_id>/start")
@for_moderators
def start(batch_id: uuid.UUID) -> ResponseReturnValue:
    """Let it be done. What was judged since the page was loaded comes with the form and counts."""
    form = request.form
    try:
        _keep_verdicts(batch_id)
        batches.start(
            services().database,
            moderator=g.moderator,
            site_ids=decidable_sites(),
            batch_id=batch_id,
            reason_code=form.get("reason", ""),
            note=form.get("note", "").strip(),
            instead=ACTIONS.get(form.get("instead", "")),
            is_sure=form.get("sure") == "yes",
            now=utc_now(),
        )
    except InvalidRequest as error:
        flash(error.said(gettext), "note")
        return redirect(url_for("dashboard.batches.show", batch_id=batch_id), 303)
    except Conflict:
        pass  # pressed twice: it is under way
    else:
        if _work(batch_id):
            flash(str(batch_id), "batch")
    return redirect(url_for("dashboard.batches.show", batch_id=batch_id), 303)


@blueprint.post("/batches/<uuid:batch_id>/resume")
@for_moderators
def resume(batch_id: uuid.UUID) -> ResponseReturnValue:
    """Go on with a batch that the end of the service has stopped."""
    with services().database.read() as session:
        must_decide(_found(session, batch_id).site_id)
    batches.resume(services().database, site_ids=decidable_sites(), batch_id=batch_id, now=utc_now())
    _work(batch_id)
    return redirect(url_for("dashboard.batches.show", batch_id=batch_id), 303)


@blueprint.post("/batches/<uuid:batch_id>/undo")
@for_moderators
def undo(batch_id: uuid.UUID) -> ResponseReturnValue:
    """Take a whole batch back."""
    with services().database.read() as session:
        must_decide(_found(session, batch_id).site_id)
    try:
        batches.undo(
            services().database,
            moderator=g.moderator,
            site_ids=decidable_sites(),
            batch_id=batch_id,
            now=utc_now(),
        )
    except Conflict as error:
        flash(error.said(gettext), "note")
    else:
        _work(batch_id)
        flash(str(batch_id), "batch")
    return redirect(local_path(request.form.get("back")), 303)


def _keep_verdicts(batch_id: uuid.UUID) -> None:
    """Write down what the form says of the sampled comments; nothing, once the batch is started."""
    said = {name.removeprefix("v-"): value for name, value in request.form.items() if name.startswith("v-")}
    with services().database.read() as session:
        batch = _found(session, batch_id)
    must_decide(batch.site_id)
    verdicts = {
        uuid.UUID(item["comment_id"]): {"bad": True, "fine": False}.get(said[item["comment_id"]])
        for item in batch.sample
        if item["comment_id"] in said
    }
    known = {uuid.UUID(item["comment_id"]) for item in batch.sample if item["bad"] is not None}
    note_sights([comment_id for comment_id, bad in verdicts.items() if bad is not None and comment_id not in known])
    with suppress(NotFound):  # started meanwhile
        proof.judge(services().database, moderator=g.moderator, batch_id=batch_id, verdicts=verdicts)


def _work(batch_id: uuid.UUID) -> bool:
    """Work on a batch for as long as the page may wait; whether that ended it. The rest is done after the answer."""
    database = services().database
    is_done = carry_on(database, batch_id, seconds=AT_ONCE_S)
    if not is_done:
        threading.Thread(target=_go_on, args=(database, batch_id), name="batch", daemon=True).start()
    return is_done


def _go_on(database: Database, batch_id: uuid.UUID) -> None:
    try:
        carry_on(database, batch_id)
    except SQLAlchemyError as error:  # whose message may hold what was being written
        log.error("batch_stopped", batch=str(batch_id), error=type(error).__name__)
    except Exception:
        log.exception("batch_stopped", batch=str(batch_id))  # its page says so, and offers to go on


def _drawn_page(session: so.Session, batch: Batch) -> str:
    ids = [uuid.UUID(item["comment_id"]) for item in batch.sample]
    rows = {row.id: row for row in comments.find_cards(session, [batch.site_id], ids)}
    there = [rows[comment_id] for comment_id in ids if comment_id in rows]
    cards = make_cards(session, there, eyes())
    bad = {item["comment_id"]: item["bad"] for item in batch.sample}
    shown = proof.proof_of(batch)
    return page(
        "batch_draw.html",
        session,
        **_facts(session, batch),
        proof=shown,
        elsewhere=address_of(batch) if proof.must_be_judged(batch) else None,
        ceiling=words.ceiling(shown.at_most),
        by_author=not proof.must_be_judged(batch),
        sample=[(card, rows[card.id].risk, bad[str(card.id)]) for card in cards],
        presets=current_policy(session, session.get_one(Site, batch.site_id)).reasons,
        needs_reason=not current_policy(session, session.get_one(Site, batch.site_id)).skip_reason,
        refuses=batch.action is not Action.PUBLISH,
    )


def _facts(session: so.Session, batch: Batch) -> dict[str, Any]:
    """What every page says of a batch."""
    now = utc_now()
    is_ours = batch.site_id in decidable_sites()
    stage = batches.stage(batch)
    return {
        "batch": batch,
        "stage": stage,
        "title": words.title_of(batch),
        "selection": words.selection_of(batch.query, words.names_of(session, batch.site_id, batch.query)),
        "counts": words.counts_of(batch),
        "sample_says": words.sample_of(batch),
        "site": site_names()[batch.site_id] if len(readable_sites()) > 1 else "",
        "at": when(batch.started_at or batch.created_at, now),
        "undone": when(batch.undone_at, now) if batch.undone_at else None,
        "reason": current_policy(session, session.get_one(Site, batch.site_id)).reason_text(batch.reason_code)
        or batch.reason_code,
        "is_moving": stage in (Stage.RUNNING, Stage.UNDOING) and not batches.has_stopped(batch, now),
        "can_resume": is_ours and batches.has_stopped(batch, now),
        "can_undo": is_ours and stage in (Stage.RUNNING, Stage.DONE) and batch.done > 0,
    }


def _found(session: so.Session, batch_id: uuid.UUID) -> Batch:
    batch = batches.find(session, readable_sites(), batch_id, g.moderator.id)
    if batch is None:
        raise NotFound("There is no such batch on your sites.")
    return batch

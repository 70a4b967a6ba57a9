"""The delivery log of a site: what its blog was told, when, with which answer; and telling it again."""

import uuid

import structlog
from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from moderation.domain.errors import NotFound
from moderation.storage import delivery_log, outbox
from moderation.storage.tables import EventState
from moderation.storage.types import utc_now
from moderation.web import cursors
from moderation.web.access import for_moderators
from moderation.web.dashboard.frame import page
from moderation.web.same_origin import refuse_cross_origin
from moderation.web.services import services
from moderation.web.settings.site import owned_site
from moderation.web.times import when
from moderation.web.translation import gettext as _
from moderation.web.translation import lazy_gettext, ngettext

blueprint = Blueprint("settings_deliveries", __name__, url_prefix="/settings/<slug>/deliveries")
blueprint.before_request(refuse_cross_origin)

logger = structlog.get_logger(__name__)

PAGE_SIZE = 30
COUNTED = 1_000
STATES = {
    EventState.PENDING: lazy_gettext("on the way"),
    EventState.DELIVERED: lazy_gettext("delivered"),
    EventState.FAILED: lazy_gettext("failed"),
    EventState.PARKED: lazy_gettext("without an address"),
}


@blueprint.get("")
@for_moderators
def log(slug: str) -> str:
    """The newest first; `?state=` narrows it to one state."""
    site, now = owned_site(slug), utc_now()
    asked = request.args.get("state", "")
    states = [EventState(asked)] if asked in set(EventState) else list(EventState)
    before = cursors.read_id(request.args.get("after"))
    with services().database.read() as session:
        rows = delivery_log.recent(session, site.id, states, before=before, limit=PAGE_SIZE + 1)
        shown = rows[:PAGE_SIZE]
        attempts = outbox.attempts_of(session, shown)
        return page(
            "settings_deliveries.html",
            session,
            site=site,
            asked=asked,
            states=STATES,
            counts={
                state: delivery_log.count(session, site.id, state, at_most=COUNTED)
                for state in (EventState.PENDING, EventState.FAILED, EventState.PARKED)
            },
            counted=COUNTED,
            events=[
                {
                    "row": row,
                    "words": STATES[row.state],
                    "written": when(row.created_at, now),
                    "attempts": [(attempt, when(attempt.created_at, now)) for attempt in attempts.get(row.id, [])],
                    "next": when(row.due_at, now) if row.state is EventState.PENDING else None,
                }
                for row in shown
            ],
            is_first=before is None,
            following=cursors.of_id(shown[-1].id) if len(rows) > PAGE_SIZE else None,
        )


@blueprint.post("/<uuid:event_id>/replay")
@for_moderators
def replay(slug: str, event_id: uuid.UUID) -> ResponseReturnValue:
    """Send one event again, with the same id, so that a blog that has had it can tell."""
    site = owned_site(slug)
    with services().database.write() as session:
        if outbox.find_event(session, [site.id], event_id) is None:
            raise NotFound("This site has no such event.")
        started = delivery_log.send_again(session, site.id, event_id, utc_now())
    logger.info("event_replayed", site=site.slug, event_id=str(event_id), moderator=str(g.moderator.id))
    flash(_("The event will be sent again now.") if started else _("The event is on its way already."), "note")
    return _back(slug)


@blueprint.post("/replay-failed")
@for_moderators
def replay_failed(slug: str) -> ResponseReturnValue:
    """Send everything again that failed."""
    site = owned_site(slug)
    with services().database.write() as session:
        count = delivery_log.send_failed_again(session, site.id, utc_now())
    logger.info("failed_events_replayed", site=site.slug, count=count, moderator=str(g.moderator.id))
    flash(ngettext("%(num)d event will be sent again now.", "%(num)d events will be sent again now.", count), "note")
    return _back(slug)


def _back(slug: str) -> ResponseReturnValue:
    state = request.form.get("state", "")
    return redirect(
        url_for("settings_deliveries.log", slug=slug, state=state if state in set(EventState) else None), 303
    )

"""An author as the site's people know them: comments, decisions, notes, and the standing that owners give."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy.orm as so
from flask import Blueprint, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString

from moderation import notes, standing
from moderation.domain.comment import Action, State
from moderation.domain.errors import InvalidRequest, NotAllowed, NotFound
from moderation.domain.standing import Standing, current
from moderation.storage import authors, queues
from moderation.storage.listing import Filters, Queue, Sort
from moderation.storage.policies import current_policy
from moderation.storage.tables import Author, Moderator, Site
from moderation.storage.types import utc_now
from moderation.web.access import decidable_sites, for_moderators, owned_sites, readable_sites
from moderation.web.card.cards import STANDINGS, STATES, Line, make_line
from moderation.web.card.eyes import Eyes
from moderation.web.dashboard.author_notes import ShownNote, make_notes
from moderation.web.dashboard.conversation import Turn, make_turns
from moderation.web.dashboard.fragments import in_part, page_or_part
from moderation.web.dashboard.frame import eyes
from moderation.web.services import services
from moderation.web.times import When, exact, when
from moderation.web.translation import gettext, lazy_gettext

blueprint = Blueprint("authors", __name__)

NEWEST = 8

PERIODS: Mapping[str, tuple[timedelta | None, LazyString]] = {
    "day": (timedelta(days=1), lazy_gettext("for a day")),
    "week": (timedelta(days=7), lazy_gettext("for a week")),
    "month": (timedelta(days=30), lazy_gettext("for 30 days")),
    "quarter": (timedelta(days=90), lazy_gettext("for 90 days")),
    "": (None, lazy_gettext("until somebody changes it")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stands:
    """The standing that counts now; `until` is empty where it has no end."""

    standing: Standing
    words: str
    until: str
    why: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """`refused` is the share of decided comments that were rejected or spam, None before any was decided."""

    id: uuid.UUID
    name: str
    known_as: str
    site: str
    url: str
    email: str
    comments: int
    is_whole: bool
    states: list[tuple[str, int]]
    refused: float | None
    decided: int
    first_seen: When
    stands: Stands | None
    newest: list[Turn]
    lines: list[tuple[Line, uuid.UUID]]
    notes: list[ShownNote]
    can_note: bool
    can_give: bool
    effects: list[tuple[str, str, str]]


@blueprint.get("/authors/<uuid:author_id>")
@for_moderators
def show(author_id: uuid.UUID) -> str:
    """The author as a page, or as what a drawer holds."""
    return _shown(author_id)


@blueprint.post("/authors/<uuid:author_id>/standing")
@for_moderators
def give_standing(author_id: uuid.UUID) -> ResponseReturnValue:
    """Trust, watch or block an author, or none of it any more."""
    if _find(author_id).site_id not in owned_sites():
        raise NotAllowed("Only an owner of the site gives an author a standing.")
    wanted, period = request.form.get("standing", ""), request.form.get("period", "")
    if wanted not in {"", *Standing} or period not in PERIODS:
        return _after(author_id, gettext("Choose a standing and how long it lasts."))
    lasts = PERIODS[period][0]
    now = utc_now()
    try:
        standing.change(
            services().database,
            moderator=g.moderator,
            site_ids=owned_sites(),
            author_id=author_id,
            standing=Standing(wanted) if wanted else None,
            until=now + lasts if lasts else None,
            why=request.form.get("why", "").strip(),
            now=now,
        )
    except InvalidRequest as error:
        return _after(author_id, error.said(gettext))
    return _after(author_id)


@blueprint.post("/authors/<uuid:author_id>/notes")
@for_moderators
def add_note(author_id: uuid.UUID) -> ResponseReturnValue:
    """Leave the other moderators a word about an author."""
    if _find(author_id).site_id not in decidable_sites():
        raise NotAllowed("On this site you may look, but not decide.")
    try:
        notes.add(
            services().database,
            moderator=g.moderator,
            site_ids=decidable_sites(),
            text=request.form.get("text", ""),
            author_id=author_id,
            now=utc_now(),
        )
    except InvalidRequest as error:
        return _after(author_id, error.said(gettext))
    return _after(author_id)


def _after(author_id: uuid.UUID, refused: str = "") -> ResponseReturnValue:
    """The author again. What was refused is said where it was asked for, and what was typed is still there."""
    if refused:
        page = _shown(author_id, refused=refused, draft=request.form)
        return page if in_part() else (page, 422)
    return _shown(author_id) if in_part() else redirect(url_for("dashboard.authors.show", author_id=author_id), 303)


def _find(author_id: uuid.UUID) -> Author:
    with services().database.read() as session:
        author = authors.find_author(session, readable_sites(), author_id)
    if author is None:
        raise NotFound("There is nothing of this kind on your sites.")
    return author


def _shown(author_id: uuid.UUID, *, refused: str = "", draft: Mapping[str, str] | None = None) -> str:
    author = _find(author_id)
    with services().database.read() as session:
        return page_or_part(
            "author",
            session,
            person=make_person(session, author, eyes()),
            periods=[(name, words) for name, (_, words) in PERIODS.items()],
            refused=refused,
            draft=draft or {},
        )


def make_person(session: so.Session, author: Author, looking: Eyes) -> Person:
    profile = authors.profile(session, author)
    shown = [state for state in STATES if profile.states.get(state)]
    refused = sum(profile.states.get(state, 0) for state in (State.REJECTED, State.SPAM))
    return Person(
        id=author.id,
        name=author.name,
        known_as=author.external_id.removeprefix("id:") if author.external_id.startswith("id:") else "",
        site=looking.site(author.site_id),
        url=author.url,
        email=author.email if author.site_id in owned_sites() else "",
        comments=profile.comments,
        is_whole=profile.is_whole,
        states=[(STATES[state], profile.states[state]) for state in shown],
        refused=profile.rejection_rate,
        decided=refused + profile.states.get(State.PUBLISHED, 0),
        first_seen=when(author.created_at, looking.now),
        stands=_stands(session, author, looking.now),
        newest=_newest(session, author, looking),
        lines=[
            (make_line(item, item.comment.version, looking), item.comment_id)
            for item in authors.decisions_about(session, author)
        ],
        notes=make_notes(session, author, looking.now),
        can_note=author.site_id in looking.decidable,
        can_give=author.site_id in owned_sites(),
        effects=_effects(session, author),
    )


def _stands(session: so.Session, author: Author, now: datetime) -> Stands | None:
    given = current(author.standing, author.standing_until, now)
    if given is None:
        return None
    giver = session.get(Moderator, author.standing_by) if author.standing_by else None
    return Stands(
        standing=given,
        words=str(STANDINGS[given]),
        until=exact(author.standing_until) if author.standing_until else "",
        why=author.standing_why,
        by=giver.name if giver else "",
    )


def _newest(session: so.Session, author: Author, looking: Eyes) -> list[Turn]:
    found = queues.read_queue(
        session, [author.site_id], Queue.ALL, filters=Filters(author_id=author.id), sort=Sort.NEWEST, limit=NEWEST
    )
    return make_turns(session, found.comments, looking, with_article=True)


def _effects(session: so.Session, author: Author) -> list[tuple[str, str, str]]:
    """What each standing does on this site: its value, its name, its effect."""
    policy = current_policy(session, session.get_one(Site, author.site_id))
    if policy.blocked_authors is Action.REJECT:
        blocked = gettext("everything is rejected")
    else:
        blocked = gettext("everything is held")
    effects: Sequence[tuple[Any, str]] = (
        (Standing.TRUSTED, gettext("what only its score would hold is published")),
        (Standing.WATCHED, gettext("everything is held")),
        (Standing.BLOCKED, blocked),
    )
    return [(given.value, str(STANDINGS[given]), effect) for given, effect in effects]

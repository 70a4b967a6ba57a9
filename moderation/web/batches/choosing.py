"""Which comments a batch is of: a part of a queue by its score, all of an author's, or the ones ticked on a page."""

import uuid
from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy.orm as so
from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from moderation import batches, proof
from moderation.deciding import PERSON_ACTIONS, check
from moderation.domain.comment import Action
from moderation.domain.errors import InvalidRequest, NotAllowed, NotFound
from moderation.storage import authors, comments
from moderation.storage.histograms import histogram
from moderation.storage.listing import Filters, Queue
from moderation.storage.marks import Matter
from moderation.storage.policies import current_policy
from moderation.storage.tables import Batch, Site
from moderation.storage.types import utc_now
from moderation.web.access import decidable_sites, for_moderators, readable_sites, site_names
from moderation.web.batches import words
from moderation.web.batches.range import BINS, Range, bars, read_range, usual
from moderation.web.dashboard.desk import ACTIONS, note_sights, read_choice
from moderation.web.dashboard.frame import page
from moderation.web.dashboard.narrowing import CODES, Wish, address, read_wish
from moderation.web.dashboard.shelves import SHELF_OF_PATH, SHELVES, Shelf
from moderation.web.same_origin import local_path
from moderation.web.services import services
from moderation.web.translation import gettext

blueprint = Blueprint("choosing", __name__)

MOST_SELECTED = 200
MOST_DRAWN = 100_000  # of a longer queue, the riskiest

# No score of theirs, or a person's question, says what to do with them.
ONE_BY_ONE = ("not_scored", Matter.ESCALATED.value, Matter.APPEAL.value)

# What of an author's comments is meant.
OF_AUTHOR = {
    "held": (Queue.HELD,),
    "published": (Queue.PUBLISHED,),
    "held-and-published": (Queue.HELD, Queue.PUBLISHED),
}

# The queues that can be chosen from.
PATHS = f"/<any({','.join(repr(shelf.path) for shelf in SHELVES if shelf.by_score)}):name>/batch"


@blueprint.get(PATHS)
@for_moderators
def by_score(name: str) -> str:
    """A queue over the score, to choose a part of it."""
    shelf, wish = SHELF_OF_PATH[name], read_wish(SHELF_OF_PATH[name], request.args)
    with services().database.read() as session:
        names = site_names()
        site_id = _site_of(wish, names)
        filters = _filters(wish.found(session, shelf))
        counts, is_cut = histogram(session, site_id, shelf.queue, filters=filters, bins=BINS, at_most=MOST_DRAWN)
        chosen = read_range(request.args, usual(counts))
        drawn = bars(counts, chosen)
        return page(
            "batch_range.html",
            session,
            shelf=shelf,
            bars=drawn,
            chosen=chosen,
            inside=sum(bar.count for bar in drawn if bar.is_inside),
            total=sum(counts),
            is_cut=is_cut,
            most=proof.MAX_COMMENTS,
            sample=proof.SAMPLE,
            actions=_actions(shelf) if site_id in decidable_sites() else [],
            narrowed=_narrowed(session, wish, site_id),
            back=address(shelf, wish),
            sites=sorted(names.items(), key=lambda item: item[1]) if len(names) > 1 else [],
            site_id=site_id,
            to=_own_address(shelf, wish, site_id),
        )


@blueprint.post(PATHS)
@for_moderators
def choose(name: str) -> ResponseReturnValue:
    """Move the handles, or draw a sample of what is between them."""
    shelf, wish = SHELF_OF_PATH[name], read_wish(SHELF_OF_PATH[name], request.args)
    chosen = read_range(request.form, Range(0, 100))
    site_id = _site_of(wish, site_names())
    here = _own_address(shelf, wish, site_id, chosen)
    action = ACTIONS.get(request.form.get("action", ""))
    if action is None:
        return redirect(here, 303)
    return _draw(site_id, proof.RANGE, (shelf.queue,), chosen.narrow(_filters(wish)), action, here)


@blueprint.post("/authors/<uuid:author_id>/batch")
@for_moderators
def of_author(author_id: uuid.UUID) -> ResponseReturnValue:
    """Count all comments of an author and draw some of them, to see before they are decided."""
    wanted, action = OF_AUTHOR.get(request.form.get("what", "")), ACTIONS.get(request.form.get("action", ""))
    if wanted is None or action is None:
        raise InvalidRequest("The form has no known decision in it. Go back and load the page again.")
    with services().database.read() as session:
        author = authors.find_author(session, readable_sites(), author_id)
    if author is None:
        raise NotFound("There is nothing of this kind on your sites.")
    back = local_path(request.form.get("back"))
    return _draw(author.site_id, proof.AUTHOR, wanted, Filters(author_id=author_id), action, back)


@blueprint.post("/batches/selected")
@for_moderators
def selected() -> ResponseReturnValue:
    """Decide the comments that were ticked on a page."""
    choice, back = read_choice(request.form), local_path(request.form.get("back"))
    if choice is None or choice.escalates:
        raise InvalidRequest("The form has no known decision in it. Go back and load the page again.")
    ticked = _ticked(request.form.getlist("chosen"))
    if not ticked:
        flash(gettext("Select some comments first."), "note")
        return redirect(back, 303)
    with services().database.read() as session:
        by_site = comments.by_site(session, readable_sites(), list(ticked))
        for site_id in by_site:
            must_decide(site_id)
            try:
                check(choice, current_policy(session, session.get_one(Site, site_id)))
            except InvalidRequest as error:
                flash(error.said(gettext), "note")
                return redirect(back, 303)
        rows = {site_id: session.get_one(Site, site_id) for site_id in by_site}
    note_sights([comment_id for ids in by_site.values() for comment_id in ids])
    for site_id, ids in by_site.items():
        batch = batches.decide(
            services().database,
            moderator=g.moderator,
            site=rows[site_id],
            chosen=[(comment_id, ticked[comment_id]) for comment_id in ids],
            choice=choice,
            query={"way": proof.SELECTED},
            now=utc_now(),
        )
        flash(str(batch.id), "batch")
    return redirect(back, 303)


def _draw(
    site_id: uuid.UUID, way: str, wanted: Sequence[Queue], filters: Filters, action: Action, back: str
) -> ResponseReturnValue:
    must_decide(site_id)
    with services().database.read() as session:
        site = session.get_one(Site, site_id)
    try:
        batch = proof.draw(
            services().database,
            moderator=g.moderator,
            site=site,
            way=way,
            wanted=wanted,
            filters=filters,
            action=action,
            now=utc_now(),
        )
    except InvalidRequest as error:
        flash(error.said(gettext), "note")
        return redirect(back, 303)
    return redirect(url_for("dashboard.batches.show", batch_id=batch.id), 303)


def _actions(shelf: Shelf) -> list[Action]:
    """What can be done with all that is in a queue; to leave reported comments where they are, closes the reports."""
    states = {Queue.PUBLISHED: Action.PUBLISH, Queue.REJECTED: Action.REJECT, Queue.SPAM: Action.SPAM}
    return [action for action in PERSON_ACTIONS if action is not states.get(shelf.queue)]


def _site_of(wish: Wish, names: dict[uuid.UUID, str]) -> uuid.UUID:
    """A batch is of one site: the one that was asked for, else the first."""
    if wish.site_id is not None:
        return wish.site_id
    if not names:
        raise NotFound("There is no site for you yet.")
    return min(names, key=lambda site_id: names[site_id])


def _own_address(shelf: Shelf, wish: Wish, site_id: uuid.UUID, chosen: Range | None = None) -> str:
    wish = replace(wish, sort=shelf.sort, site_id=site_id if len(readable_sites()) > 1 else None)
    here = address(shelf, wish, endpoint="dashboard.choosing.by_score")
    return here if chosen is None else f"{here}{'&' if '?' in here else '?'}from={chosen.low}&to={chosen.high}"


def _narrowed(session: so.Session, wish: Wish, site_id: uuid.UUID) -> str:
    """What the queue is narrowed to, in words."""
    query = proof.describe(proof.RANGE, (), wish.asked)
    return words.selection_of(query, words.names_of(session, site_id, query))


def address_of(batch: Batch) -> str:
    """The page on which a part of a queue was chosen, as it was then."""
    query = batch.query
    shelf = next(shelf for shelf in SHELVES if shelf.queue == query["queues"][0])
    codes, articles = query.get("reasons", []), query.get("article_ids", [])
    args = {
        "attribute": next((code for code in codes if code in CODES), ""),
        "reason": next((code for code in codes if code not in CODES), ""),
        "article": articles[0] if articles else "",
    }
    ends = round(query.get("risk_from", 0.0) * 100), round(query.get("risk_to", 1.0) * 100)
    return _own_address(shelf, read_wish(shelf, args), batch.site_id, Range(*ends))


def _filters(wish: Wish) -> Filters:
    """What the queue is narrowed to, without what a person has to see to one by one."""
    return replace(wish.filters, without_reasons=(*wish.filters.without_reasons, *ONE_BY_ONE))


def _ticked(values: Sequence[str]) -> dict[uuid.UUID, int]:
    """The ticked comments with the version that was seen."""
    if len(values) > MOST_SELECTED:
        raise InvalidRequest("Select %(most)d comments at most.", values={"most": MOST_SELECTED})
    try:
        pairs = [value.split(":", 1) for value in values]
        return {uuid.UUID(comment_id): int(version) for comment_id, version in pairs}
    except ValueError:
        raise InvalidRequest("The form is not one of ours. Go back and load the page again.") from None


def must_decide(site_id: uuid.UUID) -> None:
    if site_id not in decidable_sites():
        raise NotAllowed("On this site you may look, but not decide.")

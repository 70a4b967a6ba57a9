"""Search over all comments of the reader's sites, in one box; it says how far it has looked."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy.orm as so
from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from moderation.storage import authors, few, queues
from moderation.storage import search as stored
from moderation.storage.listing import Filters, Place, Sort
from moderation.storage.types import time_of_uuid7, utc_now
from moderation.web import cursors
from moderation.web.access import for_moderators, readable_sites, site_names
from moderation.web.card.cards import make_cards
from moderation.web.card.marking import label_of
from moderation.web.dashboard.frame import eyes, page
from moderation.web.dashboard.lists import PAGE_SIZE
from moderation.web.dashboard.narrowing import CODES, REASONS, SORTS, Field
from moderation.web.dashboard.query import FIELDS, STATES, BadQuery, Query, parse, spelt
from moderation.web.services import services
from moderation.web.times import exact, zone
from moderation.web.translation import gettext as _

blueprint = Blueprint("search", __name__)

MOST_ARTICLES = 20


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a search looks, and for what; `notes` are what its reader should know about that."""

    site_ids: Sequence[uuid.UUID]
    filters: Filters
    notes: Sequence[str] = ()


@blueprint.get("/search")
@for_moderators
def show() -> ResponseReturnValue:
    """A page of what was found; without a search, what one can ask for."""
    line, wanted = request.args.get("q", ""), request.args.get("sort", "")
    sort = Sort(wanted) if wanted in list(Sort) else Sort.NEWEST
    with services().database.read() as session:
        try:
            query = parse(line, today=utc_now().astimezone(zone()).date(), reasons=_reasons())
            scope = _scope(session, query)
        except BadQuery as error:
            return _page(session, line, sort, refused=str(error)), 422
        if not line.strip():
            return _page(session, line, sort)
        return _results(session, line, query, scope, sort)


def _results(session: so.Session, line: str, query: Query, scope: Scope, sort: Sort) -> str:
    after = cursors.read_risk(request.args.get("after"))
    hits = few.hits(session, scope.site_ids, query.queue, scope.filters)
    found = queues.read_queue(
        session,
        scope.site_ids,
        query.queue,
        filters=replace(scope.filters, hits=hits),
        sort=sort,
        after=Place(*after) if after else None,
        limit=PAGE_SIZE,
    )
    following = cursors.of_risk(found.following.risk, found.following.id) if found.following else None
    return _page(
        session,
        line,
        sort,
        asked=True,
        notes=scope.notes,
        cards=make_cards(session, found.comments, eyes()),
        looked_to=_looked_to(found.scanned_to, sort) if found.scanned_to and found.following else "",
        first=_address(line, sort) if after else None,
        following=_address(line, sort, following) if following else None,
    )


def _page(session: so.Session, line: str, sort: Sort, **values: Any) -> str:
    options = [(item.value, str(label)) for item, label in SORTS.items()]
    examples = {
        "reasons": [label_of(name) for name in CODES.values()] + [str(label) for label in REASONS.values()],
        "states": list(STATES),
        "fields": FIELDS,
    }
    field = Field("sort", _("Order"), sort.value, options)
    return page("search.html", session, q=line, sort_field=field, examples=examples, **values)


def _scope(session: so.Session, query: Query) -> Scope:
    """The rows that a query names by their names.

    Raises:
        BadQuery: nothing of the reader's is called so.
    """
    site_ids, notes = readable_sites(), []
    if query.site:
        names = site_names()
        site_ids = [site_id for site_id, name in names.items() if query.site.casefold() in name.casefold()]
        if not site_ids:
            raise BadQuery(_("None of your sites is called “%(name)s”.", name=query.site))
    articles = stored.find_articles(session, site_ids, query.article, limit=MOST_ARTICLES) if query.article else []
    if query.article and not articles:
        raise BadQuery(_("No article has “%(words)s” in its title.", words=query.article))
    if len(articles) == MOST_ARTICLES:
        notes.append(_("Many articles fit; these are the %(most)s newest of them.", most=MOST_ARTICLES))
    author = authors.known_as(session, site_ids, query.author) if query.author else None
    filters = Filters(
        words=query.words,
        author_id=author.id if author else None,
        author_name="" if author else query.author,
        article_ids=tuple(article.id for article in articles),
        reasons=query.reasons,
        since=_start(query.since) if query.since else None,
        until=_start(query.until + timedelta(days=1)) if query.until and query.until < date.max else None,
    )
    return Scope(site_ids, filters, notes)


def _start(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone())


def _reasons() -> dict[str, str]:
    """The code of each reason, under what the pages call it and under itself."""
    named = {spelt(label_of(name)): code for code, name in CODES.items()}
    named |= {spelt(str(label)): code for code, label in REASONS.items()}
    named |= {spelt(code): code for code in (*CODES, *REASONS)}
    return named


def _looked_to(place: Place, sort: Sort) -> str:
    """How far a list was looked through that goes on behind *place*."""
    if sort is Sort.RISK:
        words = _("Looked through everything down to a risk of %(percent)s %%.", percent=round(place.risk * 100))
    elif sort is Sort.NEWEST:
        words = _("Looked through everything back to %(time)s.", time=exact(time_of_uuid7(place.id)))
    else:
        words = _("Looked through everything up to %(time)s.", time=exact(time_of_uuid7(place.id)))
    return str(words)


def _address(line: str, sort: Sort, after: str | None = None) -> str:
    return url_for("dashboard.search.show", q=line, sort=sort.value if sort is not Sort.NEWEST else None, after=after)

"""The page of charts, its figures as files, and the lists behind them."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import quote

from flask import Blueprint, Response, g, request, url_for

from moderation.domain.errors import NotFound
from moderation.storage import behind as stored
from moderation.storage import insight as figures
from moderation.storage.insight import Window
from moderation.storage.tallies import start_of
from moderation.storage.types import utc_now
from moderation.web import cursors
from moderation.web.access import for_moderators, readable_sites
from moderation.web.card.cards import make_line
from moderation.web.card.eyes import excerpts
from moderation.web.csv_files import Cell, csv_file
from moderation.web.dashboard.frame import eyes, page
from moderation.web.dashboard.narrowing import Field, site_field
from moderation.web.insight.all_panels import panels
from moderation.web.insight.behind import asked_for, unknown
from moderation.web.insight.panels import Link, cells
from moderation.web.insight.periods import DAYS, Period, period
from moderation.web.services import services
from moderation.web.times import exact, zone
from moderation.web.translation import gettext, ngettext

blueprint = Blueprint("insight", __name__)

PAGE_SIZE = 20
STAMP = "%Y-%m-%dT%HZ"
NAMES = ("comments", "decisions", "hours", "machine", "wait", "agreement", "reasons", "articles", "pace")


@blueprint.get("/insight")
@for_moderators
def insight() -> str:
    """All figures of a period."""
    chosen, site_id, now = _period(), _site(), utc_now()
    with services().database.read() as session:
        found = figures.read(session, _sites(site_id), chosen.window, moderator_id=g.moderator.id, now=now)
        return page(
            "insight.html",
            session,
            panels=panels(found, chosen, _links(chosen.window, site_id)),
            period=chosen,
            ends=(exact(chosen.window.since), exact(min(chosen.window.until, now))),
            choices=_choices(chosen.days, site_id),
            missing_from=exact(found.until) if found.until < min(now, chosen.window.until) else "",
            address={"days": chosen.days, "site": site_id},
        )


@blueprint.get(f"/insight/<any({', '.join(NAMES)}):name>.csv")
@for_moderators
def download(name: str) -> Response:
    """One figure as a file."""
    chosen, site_id, now = _period(), _site(), utc_now()
    if name == "articles":
        return csv_file("insight-articles", _all_articles(_sites(site_id), chosen.window, now))
    with services().database.read() as session:
        found = figures.read(session, _sites(site_id), chosen.window, moderator_id=g.moderator.id, now=now)
    for panel in panels(found, chosen, lambda *_, **__: ""):
        if panel.name == name:
            return csv_file(f"insight-{name}", cells(panel))
    raise NotFound("There is no such figure.")


def _all_articles(site_ids: list[uuid.UUID], window: Window, now: datetime) -> Iterator[list[Cell]]:
    yield [gettext("article"), gettext("address"), gettext("held")]
    with services().database.read() as session:
        for article, number in figures.all_held(session, site_ids, window, now=now):
            yield [article.title or article.external_id, article.url, number]


@blueprint.get("/insight/comments")
@for_moderators
def comments() -> str:
    """The comments behind a figure, newest first."""
    site_id, now, hour = _site(), utc_now(), request.args.get("hour", type=int)
    usual = period(7, zone(), now).window
    window = Window(_time("since", usual.since), _time("until", usual.until))
    if window.until <= window.since or (window.until - window.since).days > max(DAYS) + 1:
        raise unknown()
    with services().database.read() as session:
        wish = asked_for(session, _sites(site_id), request.args.get("figure", "arrived"), request.args.get("key", ""))
        found = stored.behind(
            session,
            _sites(site_id),
            window,
            wish.figure,
            before=cursors.read_id(request.args.get("after")),
            limit=PAGE_SIZE,
            now=now,
            hours=None if hour is None else _hours_of_day(window, hour),
        )
        looking = eyes()
        rows = stored.read_decisions(session, found.decisions)
        return page(
            "insight_comments.html",
            session,
            wish=wish,
            ends=(exact(window.since), exact(min(window.until, now))),
            hour=hour,
            lines=[(make_line(row, row.comment.version, looking), row.comment) for row in rows],
            words=excerpts(session, [row.comment for row in rows], looking),
            first=_here(None) if request.args.get("after") else None,
            following=_here(cursors.of_id(found.following)) if found.following else None,
        )


def _here(after: str | None) -> str:
    """The present list, from a place on."""
    narrowed = {name: request.args.get(name) for name in ("figure", "key", "since", "until", "hour", "site")}
    return url_for("insight.comments", _external=False, after=after, **narrowed)


def _period() -> Period:
    days = request.args.get("days", 7, type=int)
    return period(days if days in DAYS else 7, zone(), utc_now())


def _site() -> uuid.UUID | None:
    """The site that is asked for; one that is not theirs is as good as none."""
    try:
        site_id = uuid.UUID(request.args.get("site", ""))
    except ValueError:
        return None
    return site_id if site_id in readable_sites() else None


def _sites(site_id: uuid.UUID | None) -> list[uuid.UUID]:
    return [site_id] if site_id else readable_sites()


def _time(name: str, usual: datetime) -> datetime:
    if name not in request.args:
        return usual
    try:
        return datetime.strptime(request.args[name], STAMP).replace(tzinfo=UTC)
    except ValueError:
        raise unknown() from None


@lru_cache(maxsize=4_096)  # each end of a slot stands in a dozen links
def _stamp(at: datetime) -> str:
    return f"{at.isoformat()[:13]}Z"  # as STAMP, but quick


def _hours_of_day(window: Window, hour: int) -> set[int]:
    return {each for each in range(*window.hours) if start_of(each).astimezone(zone()).hour == hour}


def _links(window: Window, site_id: uuid.UUID | None) -> Link:
    """How the figures of a period lead to their comments."""

    address, of_site = url_for("insight.comments"), f"&site={site_id}" if site_id else ""

    def link(
        figure: str,
        *,
        key: str = "",
        hour: int | None = None,
        since: datetime = window.since,
        until: datetime = window.until,
    ) -> str:
        # Without `url_for`, which is slow for the many hundred links of a page.
        narrowed = (f"&key={quote(key)}" if key else "") + (f"&hour={hour}" if hour is not None else "")
        return f"{address}?figure={figure}{narrowed}&since={_stamp(since)}&until={_stamp(until)}{of_site}"

    return link


def _choices(days: int, site_id: uuid.UUID | None) -> list[Field]:
    """What the page is of: a length of time, and a site where there are several."""
    lengths = [(str(n), gettext("24 hours") if n == 1 else ngettext("%(num)d day", "%(num)d days", n)) for n in DAYS]
    return [Field("days", gettext("Time"), str(days), lengths), *site_field(site_id)]

"""Which comments stand behind a figure, as the address says it, and how the page calls them."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy.orm as so
from flask import g

from moderation.domain.comment import Action, Actor
from moderation.domain.errors import InvalidRequest, NotFound
from moderation.storage import behind
from moderation.storage.behind import Figure, opinions_of
from moderation.storage.person_decisions import BANDS
from moderation.web.insight.rankings import name_of_reason
from moderation.web.insight.shares import WAITS, band_name, wait_class, wait_names
from moderation.web.translation import gettext

LONGEST = 400  # no wait has a bucket beyond


@dataclass(frozen=True, slots=True)
class Wish:
    figure: Figure
    title: str


def asked_for(session: so.Session, site_ids: Collection[uuid.UUID], figure: str, key: str) -> Wish:
    """What the address of a list asks for. One's own pace is that of whoever is signed in.

    Raises:
        InvalidRequest: no figure of ours leads there.
        NotFound: the article is of no site of theirs.
    """
    match figure:
        case "arrived" if not key or key in list(Action):
            return Wish(Figure("arrived", frozenset({key} if key else ())), _arrived(key))
        case "decided" if key in list(Actor):
            return Wish(Figure("decided", frozenset({key})), _decided(key))
        case "people":
            people = frozenset({Actor.MODERATOR.value, Actor.BLOG.value})
            return Wish(Figure("decided", people), gettext("Decided by people"))
        case "reason" if key:
            return Wish(Figure("reason", frozenset({key})), name_of_reason(key))
        case "held":
            return _of_article(session, site_ids, key)
        case "wait" if key in map(str, range(len(WAITS))):
            buckets = frozenset(str(bucket) for bucket in range(LONGEST) if wait_class(bucket) == int(key))
            return Wish(Figure("wait", buckets), gettext("Waited %(time)s", time=wait_names()[int(key)][0]))
        case "band":
            return _of_band(key)
        case "own":
            return Wish(Figure("own", frozenset({g.moderator.id.hex})), gettext("Decided by you"))
    raise unknown()


def unknown() -> InvalidRequest:
    return InvalidRequest(
        "This list is of no figure of ours. Open it from the page with the charts.", code="figure-unknown"
    )


def _arrived(key: str) -> str:
    titles = {
        "publish": gettext("Published by the machine"),
        "hold": gettext("Held by the machine"),
        "reject": gettext("Rejected by the machine"),
    }
    return str(titles.get(key, gettext("Comments that came")))


def _decided(key: str) -> str:
    titles = {
        "machine": gettext("Decided by the machine"),
        "moderator": gettext("Decided by moderators"),
        "blog": gettext("Decided by the blog’s own staff"),
    }
    return str(titles[key])


def _of_article(session: so.Session, site_ids: Collection[uuid.UUID], key: str) -> Wish:
    try:
        article_id = uuid.UUID(key)
    except ValueError:
        raise unknown() from None
    title = behind.title_of(session, site_ids, article_id)
    if title is None:
        raise NotFound("There is no such article on your sites.")
    return Wish(Figure("held", frozenset({article_id.hex})), gettext("Held under “%(title)s”", title=title))


def _of_band(key: str) -> Wish:
    band, _, differ = key.partition("-")
    if band not in map(str, range(BANDS)) or differ not in {"", "differ"}:
        raise unknown()
    name = band_name(int(band))
    if differ:
        return Wish(opinions_of(int(band), agreeing=False), gettext("Decided against a score of %(band)s", band=name))
    return Wish(opinions_of(int(band)), gettext("Decided with a score of %(band)s", band=name))

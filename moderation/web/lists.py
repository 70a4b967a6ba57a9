"""A page of a queue: the address says which, in which order and narrowed to what."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy.orm as so
from flask import request, url_for

from moderation.storage import queues, sites
from moderation.storage.listing import Filters, Place, Sort
from moderation.web import cursors
from moderation.web.access import readable_sites
from moderation.web.cards import Card, make_cards
from moderation.web.frame import eyes, page
from moderation.web.marking import LABELS
from moderation.web.shelves import Shelf

PAGE_SIZE = 20

SORTS = {
    Sort.RISK: "Highest risk first",
    Sort.NEWEST: "Newest first",
    Sort.OLDEST: "Oldest first",
}
# What the machine gives as its reason, and how the list of filters calls it.
REASONS = {name.lower(): label.capitalize() for name, label in LABELS.items()} | {
    "listed_word": "Listed word",
    "pattern": "Pattern",
    "too_many_links": "Many links",
    "repeated_text": "Repeated text",
    "language_unsupported": "Other language",
    "edited_after_decision": "Edited after a decision",
    "author_watched": "Watched author",
    "author_blocked": "Blocked author",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What the reader of a queue asked for. A site that is not theirs is as good as none."""

    sort: Sort
    reason: str
    site_id: uuid.UUID | None

    @property
    def site_ids(self) -> list[uuid.UUID]:
        return [self.site_id] if self.site_id else readable_sites()

    @property
    def filters(self) -> Filters:
        return Filters(reasons=(self.reason,) if self.reason else ())

    @property
    def is_narrow(self) -> bool:
        return bool(self.reason or self.site_id)


def read_wish(shelf: Shelf) -> Wish:
    sort, site_id = request.args.get("sort", ""), _uuid(request.args.get("site", ""))
    return Wish(
        sort=Sort(sort) if sort in list(Sort) else shelf.sort,
        reason=request.args.get("reason", ""),
        site_id=site_id if site_id in readable_sites() else None,
    )


def queue_page(
    session: so.Session, shelf: Shelf, *, conflict: tuple[str, Card] | None = None, without: uuid.UUID | None = None
) -> str:
    """A page of the queue as the address wants it; a conflict stands on top of its first page."""
    wish, after = read_wish(shelf), cursors.read_risk(request.args.get("after"))
    found = queues.read_queue(
        session,
        wish.site_ids,
        shelf.queue,
        filters=wish.filters,
        sort=wish.sort,
        after=Place(*after) if after else None,
        limit=PAGE_SIZE,
    )
    rows = [row for row in found.comments if row.id != without]
    return page(
        "queue.html",
        session,
        shelf=shelf,
        cards=make_cards(session, rows, eyes(session)),
        wish=wish,
        choices=_choices(session, wish),
        first=None if after is None else address(shelf, wish),
        following=address(shelf, wish, found.following) if found.following else None,
        conflict=conflict,
    )


def address(shelf: Shelf, wish: Wish, after: Place | None = None) -> str:
    """The address of a list from a place on, as short as it can be."""
    return url_for(
        "dashboard.queue",
        name=shelf.path,
        sort=wish.sort.value if wish.sort is not shelf.sort else None,
        reason=wish.reason or None,
        site=wish.site_id,
        after=cursors.of_risk(after.risk, after.id) if after else None,
    )


def _choices(session: so.Session, wish: Wish) -> list[tuple[str, str, str, Sequence[tuple[str, str]]]]:
    """The fields to narrow a list with: name, label, present value, options."""
    fields: list[tuple[str, str, str, Sequence[tuple[str, str]]]] = [
        ("sort", "Order", wish.sort.value, [(sort.value, label) for sort, label in SORTS.items()]),
        ("reason", "Reason", wish.reason, [("", "Any reason"), *_known_reasons(wish.reason)]),
    ]
    names: dict[Any, str] = sites.site_names(session, readable_sites())
    if len(names) > 1:
        some = sorted(((str(site_id), name) for site_id, name in names.items()), key=lambda item: item[1])
        fields.append(("site", "Site", str(wish.site_id or ""), [("", "All sites"), *some]))
    return fields


def _known_reasons(present: str) -> list[tuple[str, str]]:
    """The usual reasons, and the present one also when it is a rarer one."""
    rare = [(present, present)] if present and present not in REASONS else []
    return [*REASONS.items(), *rare]


def _uuid(word: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(word)
    except ValueError:
        return None

"""A page of a queue: what is in it, what came last because it was skipped, and what its reader leaves to others."""

import uuid
from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy.orm as so
from flask import request

from moderation.storage import queues
from moderation.storage.listing import Place, Sort
from moderation.storage.tables import Comment
from moderation.web import cursors
from moderation.web.card.cards import Card, make_cards
from moderation.web.dashboard import live, skipping
from moderation.web.dashboard.frame import eyes, page
from moderation.web.dashboard.mine import mine
from moderation.web.dashboard.narrowing import Wish, address, fields, read_wish
from moderation.web.dashboard.shelves import Shelf
from moderation.web.dashboard.spreading import spread

PAGE_SIZE = 20


def queue_page(
    session: so.Session,
    shelf: Shelf,
    wish: Wish,
    *,
    conflict: tuple[str, Card] | None = None,
    without: uuid.UUID | None = None,
) -> str:
    """A page of the queue; a conflict stands on top of its first page."""
    wish = wish.found(session, shelf)
    after = cursors.read_risk(request.args.get("after"))
    late = skipping.skipped() if shelf.waits else ()
    found = queues.read_queue(
        session,
        wish.site_ids,
        shelf.queue,
        filters=replace(wish.filters, without_ids=late),
        sort=wish.sort,
        after=Place(*after) if after else None,
        limit=PAGE_SIZE,
    )
    rows = [row for row in found.comments if row.id != without]
    behind = [] if found.following else _behind(session, shelf, wish, late)
    looking = eyes()
    cards = make_cards(session, rows, looking)
    if mine().spread_hard and wish.sort is Sort.RISK:
        cards = spread(cards)
    return page(
        "queue.html",
        session,
        shelf=shelf,
        cards=cards,
        behind=make_cards(session, [row for row in behind if row.id != without], looking),
        spared=queues.count_any(
            session,
            wish.site_ids,
            shelf.queue,
            wish.left_to_others,
            filters=replace(wish.filters, without_reasons=()),
        ),
        wish=wish,
        live=live.now(session, shelf, wish, looking.now),
        fields=fields(session, shelf, wish),
        first=None if after is None else address(shelf, wish),
        following=address(shelf, wish, found.following) if found.following else None,
        whole=address(shelf, read_wish(shelf, {})),
        conflict=conflict,
        by_score=address(shelf, wish, endpoint="dashboard.choosing.by_score") if shelf.by_score else None,
    )


def _behind(session: so.Session, shelf: Shelf, wish: Wish, late: Sequence[uuid.UUID]) -> Sequence[Comment]:
    """What was skipped and still belongs here, the first skipped first."""
    if not late:
        return []
    only = replace(wish.filters, only_ids=tuple(late))
    rows = queues.read_queue(session, wish.site_ids, shelf.queue, filters=only, limit=len(late)).comments
    return sorted(rows, key=lambda row: late.index(row.id))

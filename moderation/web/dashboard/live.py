"""What became of a list since its page was made, asked for by the page itself: how many are new, and who has what."""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy.orm as so
from flask import Blueprint, Response, g, render_template, request

from moderation.storage import moderators, queues
from moderation.storage.listing import Place
from moderation.storage.types import first_uuid7, utc_now
from moderation.web.access import for_moderators, passive
from moderation.web.dashboard.narrowing import Wish, address, read_wish
from moderation.web.dashboard.shelves import SHELF_OF_PATH, Shelf
from moderation.web.services import services
from moderation.web.translation import gettext

blueprint = Blueprint("live", __name__)


@dataclass(frozen=True, slots=True)
class Live:
    """`ask` is where the page asks again, with `etag`; `first` leads to the list as it is by now.

    `taken` says of each comment that somebody else has open who that is.
    """

    new: int
    taken: Mapping[str, str]
    ask: str
    first: str

    @property
    def etag(self) -> str:
        return hashlib.sha256(repr((self.new, sorted(self.taken.items()))).encode()).hexdigest()[:32]


@blueprint.get(f"/news/<any({','.join(map(repr, SHELF_OF_PATH))}):name>")
@for_moderators
@passive
def news(name: str) -> Response:
    """304 unless there is something to say. `seen` is the newest comment that the page knew, `had` how many."""
    shelf = SHELF_OF_PATH[name]
    wish = read_wish(shelf, request.args)
    seen, had = request.args.get("seen", type=uuid.UUID), request.args.get("had", type=int)
    with services().database.read() as session:
        found = _since(session, shelf, wish.found(session, shelf), seen or first_uuid7(utc_now()), had or 0)
    response = Response(render_template("live.html", live=found))
    response.set_etag(found.etag)
    return response.make_conditional(request)  # type: ignore[return-value]


def now(session: so.Session, shelf: Shelf, wish: Wish, at: datetime) -> Live:
    """Of a page that is being made: nothing is new yet."""
    newest, had = queues.newest_and_count(session, wish.site_ids, shelf.queue, wish.filters)
    return Live(0, _taken(session, wish, at), *_addresses(shelf, wish, newest or first_uuid7(at), had))


def _since(session: so.Session, shelf: Shelf, wish: Wish, seen: uuid.UUID, had: int) -> Live:
    """Newer comments are counted, and older ones that came in (a reader reported them) by how much the list grew."""
    behind = Place(0.0, seen)
    newer = queues.count(session, wish.site_ids, shelf.queue, filters=wish.filters, after=behind)
    grown = queues.count(session, wish.site_ids, shelf.queue, filters=wish.filters) - had
    return Live(max(newer, grown, 0), _taken(session, wish, utc_now()), *_addresses(shelf, wish, seen, had))


def _addresses(shelf: Shelf, wish: Wish, seen: uuid.UUID, had: int) -> tuple[str, str]:
    return address(shelf, wish, endpoint="dashboard.live.news", seen=seen.hex, had=had), address(shelf, wish)


def _taken(session: so.Session, wish: Wish, at: datetime) -> dict[str, str]:
    claims = queues.live_claims(session, wish.site_ids, at)
    others = {comment_id: who for comment_id, (who, _) in claims.items() if who != g.moderator.id}
    names = moderators.names(session, set(others.values()))
    return {
        f"c-{comment_id}": gettext("%(name)s is looking at this comment just now.", name=names[who])
        for comment_id, who in others.items()
    }

"""What surrounds every page of the dashboard: navigation with counts, and news of the last action."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy.orm as so
from flask import g, get_flashed_messages, render_template, request, url_for

from moderation import batches, preferences, wellbeing
from moderation.batches import Stage
from moderation.domain.comment import Action, State
from moderation.storage import comments, outbox, queues
from moderation.storage.listing import EVERYTHING, Filters, Queue
from moderation.storage.tables import Decision
from moderation.storage.types import utc_now
from moderation.web.access import decidable_sites, readable_sites, site_names
from moderation.web.batches import words as batch_words
from moderation.web.card.cards import make_line
from moderation.web.card.eyes import Eyes
from moderation.web.dashboard.keys import Key, keys_of
from moderation.web.dashboard.mine import mine
from moderation.web.dashboard.shelves import SHELVES
from moderation.web.same_origin import local_path
from moderation.web.times import zone
from moderation.web.translation import gettext, lazy_gettext
from moderation.wellbeing import Sights

COUNTED = 1_000  # a moderator needs to know that it is many, not how many

NAME = "\0"  # stands in a sentence where the author's name will be
SENTENCES = {
    Action.PUBLISH: lazy_gettext("Approved the comment by %(name)s."),
    Action.REJECT: lazy_gettext("Rejected the comment by %(name)s."),
    Action.SPAM: lazy_gettext("Marked the comment by %(name)s as spam."),
    Action.HOLD: lazy_gettext("Held the comment by %(name)s."),
}
BACK = {
    Action.PUBLISH: lazy_gettext("Taken back: the comment by %(name)s is published again."),
    Action.REJECT: lazy_gettext("Taken back: the comment by %(name)s is rejected again."),
    Action.SPAM: lazy_gettext("Taken back: the comment by %(name)s is marked as spam again."),
    Action.HOLD: lazy_gettext("Taken back: the comment by %(name)s is held again."),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A page to go to: its address, its name, how much waits there, and what the script's keys call it."""

    url: str
    name: str
    count: str = ""
    does: str = ""


@dataclass(frozen=True, slots=True)
class News:
    """What was just done, in a sentence around an author's name; `undo` is the decision, `batch` or `skip` (of a
    comment, which had a `place` among the skipped, if it was one) to take back, and `anchor` where the comment then
    stands in the list. The blog `is_untold` for some seconds.
    """

    before: str
    author: str = ""
    after: str = ""
    undo: uuid.UUID | None = None
    batch: uuid.UUID | None = None
    skip: uuid.UUID | None = None
    place: str = ""
    anchor: str = ""
    is_untold: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    queues: list[Place]
    places: list[Place]
    news: list[News]
    moderator: str
    sights: Sights
    keys: tuple[Key, ...]


def eyes() -> Eyes:
    """The signed-in person's."""
    mine = preferences.read(g.moderator)
    return Eyes(
        site_names(),
        decidable_sites(),
        utc_now(),
        g.moderator.id,
        mask=mine.mask,
        opted_out=mine.opted_out,
    )


def page(template: str, session: so.Session, *, here: str = "", **values: Any) -> str:
    """*template* in its frame. *here* is where its forms lead back to, unless that is the page itself."""
    left = _left(session)
    frame = Frame(
        _queues(left), _places(session, left), _news(session), g.moderator.name, _sights(session), keys_of(mine())
    )
    return render_template(template, frame=frame, here=here or _here(), **values)


def _here() -> str:
    back = request.full_path.rstrip("?") if request.method == "GET" else local_path(request.form.get("back"))
    return back.partition("#")[0]


def _sights(session: so.Session) -> Sights:
    return wellbeing.sights(session, g.moderator.id, utc_now(), zone())


def _left(session: so.Session) -> dict[Queue, int]:
    """How much waits for somebody. Nothing else is counted: a number says what is left to do."""
    spared = tuple(name.lower() for name in mine().opted_out)
    mine_to_do = Filters(without_reasons=spared, asker_id=g.moderator.id)
    wanted = [(shelf.queue, mine_to_do) for shelf in SHELVES if shelf.waits]
    wanted.append((Queue.APPEALS, EVERYTHING))
    counts = queues.count_each(session, readable_sites(), wanted, at_most=COUNTED)
    return {queue: number for (queue, _), number in zip(wanted, counts, strict=True)}


def _queues(left: Mapping[Queue, int]) -> list[Place]:
    return [
        Place(
            url_for("dashboard.queue", name=shelf.path),
            shelf.title,
            _short(left.get(shelf.queue, 0)),
            f"queue-{shelf.path}",
        )
        for shelf in SHELVES
    ]


def _places(session: so.Session, left: Mapping[Queue, int]) -> list[Place]:
    undelivered = outbox.count_undelivered(session, readable_sites(), at_most=COUNTED)
    return [
        Place(url_for("dashboard.search.show"), gettext("Search"), does="search"),
        Place(url_for("appeals.queue"), gettext("Appeals"), _short(left[Queue.APPEALS])),
        Place(url_for("dashboard.decided"), gettext("Decided")),
        Place(url_for("dashboard.batches.past"), gettext("Batches")),
        Place(url_for("insight.insight"), gettext("Insight")),
        Place(url_for("dashboard.deliveries"), gettext("Deliveries"), _short(undelivered)),
    ]


def _short(count: int) -> str:
    return f"{COUNTED // 1000}k+" if count >= COUNTED else str(count or "")


def _news(session: so.Session) -> list[News]:
    """Flashed messages: a decision is flashed by its id, so that its Undo is only offered while it stands."""
    news = []
    flashed = cast(list[tuple[str, str]], get_flashed_messages(with_categories=True))
    for category, message in flashed:
        if category == "batch":
            news += _news_of_batch(session, uuid.UUID(message))
        elif category == "skip":
            comment_id, place = message.split(" ")
            # Without the author's name, for which the database would have to be asked.
            said = gettext("Skipped: the comment comes last for you.")
            news.append(News(said, skip=uuid.UUID(comment_id), place=place, anchor=f"c-{comment_id}"))
        elif category != "decision":
            news.append(News(message))
        elif decision := comments.find_decision(session, readable_sites(), uuid.UUID(message)):
            news.append(_news_of(decision, eyes()))
    return news


def _news_of_batch(session: so.Session, batch_id: uuid.UUID) -> list[News]:
    batch = batches.find(session, readable_sites(), batch_id, g.moderator.id)
    if batch is None:
        return []
    can_undo = batches.stage(batch) in (Stage.RUNNING, Stage.DONE) and batch.site_id in decidable_sites()
    return [News(batch_words.news_of(batch), batch=batch.id if can_undo and batch.done else None, is_untold=can_undo)]


def _news_of(decision: Decision, who: Eyes) -> News:
    if decision.undoes:
        sentence = BACK[decision.action]
    elif decision.escalates:
        sentence = lazy_gettext("Escalated the comment by %(name)s.")
    elif decision.action is Action.PUBLISH and decision.state_before is State.PUBLISHED:
        sentence = lazy_gettext("Kept the comment by %(name)s.")
    else:
        sentence = SENTENCES[decision.action]
    before, _, after = str(sentence % {"name": NAME}).partition(NAME)
    can_undo = make_line(decision, decision.comment.version, who).undo
    return News(
        before.rstrip(),
        decision.comment.author_name or gettext("somebody"),
        after,
        undo=decision.id if can_undo else None,
        anchor=f"c-{decision.comment_id}",
        is_untold=can_undo and not decision.undoes,
    )

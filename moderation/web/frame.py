"""What surrounds every page of the dashboard: navigation with counts, and news of the last action."""

import uuid
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy.orm as so
from flask import g, get_flashed_messages, render_template, request

from moderation.domain.comment import RESULT, Action, State
from moderation.storage import comments, outbox, sites
from moderation.storage.tables import Decision
from moderation.storage.types import utc_now
from moderation.web.access import decidable_sites, readable_sites
from moderation.web.cards import STATES, Eyes, make_line
from moderation.web.keys import KEYS, Key

COUNTED = 1_000  # a moderator needs to know that it is many, not how many

SENTENCES = {
    Action.PUBLISH: ("Approved the comment by", "."),
    Action.REJECT: ("Rejected the comment by", "."),
    Action.SPAM: ("Marked the comment by", " as spam."),
    Action.HOLD: ("Held the comment by", "."),
}


@dataclass(frozen=True, slots=True)
class Place:
    endpoint: str
    name: str
    count: str


@dataclass(frozen=True, slots=True)
class News:
    """What was just done, in a sentence around an author's name; `undo` is the decision to take back,
    and `anchor` where its comment then stands in the list.
    """

    before: str
    author: str = ""
    after: str = ""
    undo: uuid.UUID | None = None
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    places: list[Place]
    news: list[News]
    moderator: str
    keys: tuple[Key, ...] = KEYS


def eyes(session: so.Session) -> Eyes:
    """The signed-in person's."""
    return Eyes(sites.site_names(session, readable_sites()), decidable_sites(), utc_now())


def page(template: str, session: so.Session, **values: Any) -> str:
    """*template* in its frame. `here` is where its forms lead back to."""
    frame = Frame(_places(session), _news(session), g.moderator.name)
    here = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return render_template(template, frame=frame, here=here, **values)


def _places(session: so.Session) -> list[Place]:
    mine = readable_sites()
    held = comments.count_held(session, mine, at_most=COUNTED)
    reported = comments.count_reported(session, mine, at_most=COUNTED)
    undelivered = outbox.count_undelivered(session, mine, at_most=COUNTED)
    return [
        Place("dashboard.queue", "Queue", _short(held)),
        Place("dashboard.reported", "Reported", _short(reported)),
        Place("dashboard.decided", "Decided", ""),
        Place("dashboard.deliveries", "Deliveries", _short(undelivered)),
    ]


def _short(count: int) -> str:
    return f"{COUNTED - 1}+" if count >= COUNTED else str(count or "")


def _news(session: so.Session) -> list[News]:
    """Flashed messages: a decision is flashed by its id, so that its Undo is only offered while it stands."""
    news = []
    flashed = cast(list[tuple[str, str]], get_flashed_messages(with_categories=True))
    for category, message in flashed:
        if category != "decision":
            news.append(News(message))
        elif decision := comments.find_decision(session, readable_sites(), uuid.UUID(message)):
            news.append(_news_of(decision, eyes(session)))
    return news


def _news_of(decision: Decision, who: Eyes) -> News:
    before, after = SENTENCES[decision.action]
    if decision.undoes:
        before, after = "Taken back: the comment by", f" is {STATES[RESULT[decision.action]]} again."
    elif decision.action is Action.PUBLISH and decision.state_before is State.PUBLISHED:
        before = "Kept the comment by"
    can_undo = make_line(decision, decision.comment.version, who).undo
    return News(
        before,
        decision.comment.author_name or "somebody",
        after,
        undo=decision.id if can_undo else None,
        anchor=f"c-{decision.comment_id}",
    )

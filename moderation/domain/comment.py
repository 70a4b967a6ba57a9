"""The states of a comment, the actions that move it, and the one table of legal moves."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from moderation.domain.errors import IllegalTransition
from moderation.domain.words import N_


class State(StrEnum):
    HELD = N_("held")
    PUBLISHED = N_("published")
    REJECTED = N_("rejected")
    SPAM = N_("spam")
    ERASED = N_("erased")


class Action(StrEnum):
    HOLD = N_("hold")
    PUBLISH = N_("publish")
    REJECT = N_("reject")
    SPAM = N_("spam")
    ERASE = N_("erase")


class Actor(StrEnum):
    """Who decided: our policy, a moderator in the dashboard, or the blog's own staff over the API."""

    MACHINE = "machine"
    MODERATOR = "moderator"
    BLOG = "blog"


RESULT: dict[Action, State] = {
    Action.HOLD: State.HELD,
    Action.PUBLISH: State.PUBLISHED,
    Action.REJECT: State.REJECTED,
    Action.SPAM: State.SPAM,
    Action.ERASE: State.ERASED,
}

# Every move there is. A state leads to itself where a decision can confirm it (an edit that is held again,
# a moderator who agrees with the machine). Nothing leaves `erased`.
TRANSITIONS: dict[State, frozenset[State]] = {
    state: frozenset() if state is State.ERASED else frozenset(State) for state in State
}


def next_state(state: State, action: Action) -> State:
    """The state that *action* leads to from *state*.

    Raises:
        IllegalTransition: the table has no such move.
    """
    target = RESULT[action]
    if target not in TRANSITIONS[state]:
        raise IllegalTransition(state=state, action=action)
    return target


@dataclass(frozen=True, slots=True)
class Article:
    id: str
    url: str = ""
    title: str = ""
    text: str | None = None  # None: not sent this time, keep what is stored


@dataclass(frozen=True, slots=True)
class Parent:
    id: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a comment, as far as the blog says; every field may be empty."""

    id: str = ""
    name: str = ""
    email: str = ""
    url: str = ""
    ip: str = ""


@dataclass(frozen=True, slots=True)
class Submission:
    """One comment as the blog sent it; `id` is the blog's own. `vouched_for`: it knows the author as one of its own."""

    id: str
    text: str
    language: str = ""
    created_at: datetime | None = None
    permalink: str = ""
    article: Article | None = None
    parent: Parent | None = None
    author: Author | None = None
    vouched_for: bool = False

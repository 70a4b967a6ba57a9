"""What a commenter reads about their comment: the state, who decided, and why, in words made for them.

No score, no listed word and no moderator's name is in it: they would teach how to slip past, or whom to blame.
"""

from collections.abc import Sequence
from datetime import datetime

from moderation.domain.comment import Action, Actor, State
from moderation.recording import UNDO_WINDOW
from moderation.storage.tables import Decision

HEADLINES = {
    State.HELD: ("Your comment is waiting", "A person will read it before it appears."),
    State.PUBLISHED: ("Your comment is published", "Everybody can read it."),
    State.REJECTED: ("Your comment was not published", ""),
    State.SPAM: ("Your comment was taken for spam", "It was not published."),
    State.ERASED: ("Your comment was deleted", "Its text and your name are no longer kept here."),
}

DECIDED_BY = {
    Actor.MACHINE: "Decided by an automatic check.",
    Actor.MODERATOR: "Decided by a moderator.",
    Actor.BLOG: "Decided by the blog’s own staff.",
}

PLAIN = {
    "toxicity": "It reads as rude, in a way that makes people leave a conversation.",
    "severe_toxicity": "It reads as very hateful or aggressive.",
    "insult": "It seems to insult somebody.",
    "profanity": "It seems to swear or to use obscene words.",
    "threat": "It seems to threaten somebody or to wish them harm.",
    "identity_attack": "It seems to attack people for who they are.",
    "sexually_explicit": "It seems to be sexually explicit.",
    "spam": "It looks like advertising or spam.",
    "not_scored": "It could not be checked automatically, so a person has to look.",
    "listed_word": "It has a word in it that this site looks at closely.",
    "pattern": "It has something in it that this site looks at closely.",
    "too_many_links": "It has more links than this site allows.",
    "repeated_text": "The same text was sent before.",
    "language_unsupported": "It is in a language that cannot be checked automatically here.",
    "empty_text": "It has no text.",
    "text_too_long": "It is too long to be checked automatically.",
    "reported": "Readers asked for a second look.",
    "edited_after_decision": "It was changed after a person had decided about it.",
    "author_watched": "On this site a person reads what you write before it appears.",
    "author_blocked": "This site takes no comments from you at the moment.",
}


def told(history: Sequence[Decision], now: datetime) -> Decision:
    """The decision of *history* that the outside knows: not one taken back, nor one that still may be, unseen."""
    taken_back = set()
    for decision in reversed(history):
        if decision.id in taken_back:
            continue
        if decision.undoes is not None:
            taken_back.add(decision.undoes)
        elif not may_vanish(decision, now):
            return decision
    return history[0]


def may_vanish(decision: Decision, now: datetime) -> bool:
    """Whether it is so young that undoing it would leave no trace at the blog."""
    return decision.actor is Actor.MODERATOR and now - decision.created_at < UNDO_WINDOW


def why(decision: Decision) -> list[str]:
    """The reasons that led to *decision*; none for a published comment, which needs none."""
    if decision.action in {Action.PUBLISH, Action.ERASE}:
        return []
    found = [_words(reason) for reason in decision.receipt.get("reasons", []) if reason["action"] == decision.action]
    return list(dict.fromkeys(words for words in found if words))


def _words(reason: dict[str, str]) -> str:
    if reason["code"] == "moderator_decision":
        return reason.get("value", "")  # the text of the site's own list, as it was then
    return PLAIN.get(reason["code"], "")

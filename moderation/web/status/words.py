"""What a commenter reads about their comment: the state, who decided, and why, in words made for them.

No score, no listed word and no moderator's name is in it: they would teach how to slip past, or whom to blame.
"""

from collections.abc import Sequence
from datetime import datetime

from moderation.domain.comment import Action, Actor, State
from moderation.recording import UNDO_WINDOW
from moderation.storage.tables import Decision
from moderation.web.translation import gettext
from moderation.web.translation import lazy_gettext as _

HEADLINES = {
    State.HELD: (_("Your comment is waiting"), _("A person will read it before it appears.")),
    State.PUBLISHED: (_("Your comment is published"), _("Everybody can read it.")),
    State.REJECTED: (_("Your comment was not published"), ""),
    State.SPAM: (_("Your comment was taken for spam"), _("It was not published.")),
    State.ERASED: (_("Your comment was deleted"), _("Its text and your name are no longer kept here.")),
}

DECIDED_BY = {
    Actor.MACHINE: _("Decided by an automatic check."),
    Actor.MODERATOR: _("Decided by a moderator."),
    Actor.BLOG: _("Decided by the blog’s own staff."),
}

PLAIN = {
    "toxicity": _("It reads as rude, in a way that makes people leave a conversation."),
    "severe_toxicity": _("It reads as very hateful or aggressive."),
    "insult": _("It seems to insult somebody."),
    "profanity": _("It seems to swear or to use obscene words."),
    "threat": _("It seems to threaten somebody or to wish them harm."),
    "identity_attack": _("It seems to attack people for who they are."),
    "sexually_explicit": _("It seems to be sexually explicit."),
    "spam": _("It looks like advertising or spam."),
    "not_scored": _("It could not be checked automatically, so a person has to look."),
    "listed_word": _("It has a word in it that this site looks at closely."),
    "pattern": _("It has something in it that this site looks at closely."),
    "too_many_links": _("It has more links than this site allows."),
    "repeated_text": _("The same text was sent before."),
    "language_unsupported": _("It is in a language that cannot be checked automatically here."),
    "empty_text": _("It has no text."),
    "text_too_long": _("It is too long to be checked automatically."),
    "reported": _("Readers asked for a second look."),
    "edited_after_decision": _("It was changed after a person had decided about it."),
    "author_watched": _("On this site a person reads what you write before it appears."),
    "author_blocked": _("This site takes no comments from you at the moment."),
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
        # The text of the site's own list, as it was then; what the list began with is in the catalogue.
        return gettext(reason["value"]) if reason.get("value") else ""
    return str(PLAIN.get(reason["code"], ""))

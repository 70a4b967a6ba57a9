"""Reasons, verdicts and receipts: what was decided, and everything needed to explain it later."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from moderation.domain.comment import Action
from moderation.domain.reading import Reading
from moderation.domain.signals import Signal
from moderation.domain.words import N_


class Source(StrEnum):
    """Where a reason comes from."""

    CLASSIFIER = "classifier"
    RULE = "rule"
    SYSTEM = "system"
    HISTORY = "history"
    REPORT = "report"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Reason:
    """One cause of a decision. `code` is stable; `action` is what this reason alone asks for."""

    code: str
    source: Source
    action: Action
    attribute: str = ""
    score: float | None = None
    threshold: float | None = None
    rule: str = ""
    value: str = ""

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Reason":
        """A reason of a receipt."""
        found = {name: stored[name] for name in ("attribute", "score", "threshold", "rule", "value") if name in stored}
        return cls(stored["code"], Source(stored["source"]), Action(stored.get("action", Action.HOLD)), **found)

    def as_dict(self) -> dict[str, Any]:
        """The reason as the API shows it: empty fields left out, the sentence added."""
        fields = {
            "attribute": self.attribute,
            "score": None if self.score is None else round(self.score, 4),
            "threshold": self.threshold,
            "rule": self.rule,
            "value": self.value,
        }
        filled = {name: value for name, value in fields.items() if value not in ("", None)}
        return {
            "code": self.code,
            "source": self.source.value,
            "action": self.action.value,
            "message": sentence(self),
            **filled,
        }


_SENTENCES = {
    "toxicity": N_("Rude or likely to make people leave the conversation"),
    "severe_toxicity": N_("Very hateful or aggressive"),
    "insult": N_("Insults somebody"),
    "profanity": N_("Swears or uses obscene words"),
    "threat": N_("Threatens or wishes harm"),
    "identity_attack": N_("Attacks people for who they are"),
    "sexually_explicit": N_("Sexually explicit"),
    "spam": N_("Looks like spam"),
    "not_scored": N_("Could not be scored in time, so a person has to look"),
    "listed_word": N_("Contains a word on the site's list"),
    "pattern": N_("Matches one of the site's patterns"),
    "too_many_links": N_("Has more links than the site allows"),
    "repeated_text": N_("The same text was sent before"),
    "language_unsupported": N_("Written in a language that is not scored here"),
    "reported": N_("Readers reported it"),
    "edited_after_decision": N_("Edited after a person had decided"),
    "author_trusted": N_("Its author is trusted here"),
    "author_watched": N_("Its author is being watched"),
    "author_blocked": N_("Its author is blocked"),
    "escalated": N_("A moderator asked an owner to look"),
    "appeal": N_("Its author objected, and a moderator looked again"),
    "erased": N_("Erased at the request of its author or the blog"),
    "empty_text": N_("Has no text"),
    "text_too_long": N_("Is too long to be read whole"),
    "moderator_decision": N_("A moderator decided"),
    "blog_decision": N_("The blog's own staff decided"),
}

_PERSON_VERBS = {
    Action.PUBLISH: N_("to publish it"),
    Action.HOLD: N_("to hold it"),
    Action.REJECT: N_("to reject it"),
    Action.SPAM: N_("that it is spam"),
}


def sentence(reason: Reason, say: Callable[[str], str] = str) -> str:
    """The reason in plain words, without any of the comment's own; *say* puts a sentence into a language."""
    known = _SENTENCES.get(reason.code)
    words = say(known) if known else reason.code.replace("_", " ").capitalize()
    if reason.score is not None:
        chance = percent(reason.score, say)
        return say(N_("%(words)s (probability %(chance)s)")) % {"words": words, "chance": chance}
    if reason.source is Source.PERSON and reason.action in _PERSON_VERBS:
        return f"{words} {say(_PERSON_VERBS[reason.action])}"
    if shown := reason.rule or reason.value:
        return f"{words} ({shown})"
    return words


def percent(score: float, say: Callable[[str], str] = str) -> str:
    """A probability for people, who should not read certainty into it."""
    rounded = round(score * 100)
    if rounded == 100:
        return say(N_("over 99%"))
    return f"{rounded}%" if rounded else say(N_("under 1%"))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the policy says; `risk` orders the queue."""

    action: Action
    reasons: tuple[Reason, ...]
    risk: float


def receipt(
    verdict: Verdict, reading: Reading | None, signals: tuple[Signal, ...], policy_version: int
) -> dict[str, Any]:
    """All that the verdict rests on, in numbers and offsets: it holds no word of the comment."""
    return {
        "policy_version": policy_version,
        "model": reading.model if reading else None,
        "careful": reading.careful.value if reading else None,
        "scores": _rounded(reading.scores) if reading else {},
        "apart": {name: _rounded(scores) for name, scores in reading.apart.items()} if reading else {},
        "bias": _rounded(reading.bias) if reading else {},
        "rest": _rounded(reading.rest) if reading else {},
        "spans": [span.as_list() for span in reading.spans] if reading else [],
        "excused": [span.as_list() for span in reading.excused] if reading else [],
        "signals": [
            {"code": s.code.value, "rule": s.rule, "start": s.start, "end": s.end, "value": s.value} for s in signals
        ],
        "reasons": [reason.as_dict() for reason in verdict.reasons],
    }


def _rounded(numbers: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 6) for name, value in numbers.items()}

"""A site's policy: the bands of each attribute, the rules, and the pure function that decides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from moderation.domain.comment import Action
from moderation.domain.decision import Reason, Source, Verdict
from moderation.domain.reading import (
    IDENTITY_ATTACK,
    INSULT,
    PROFANITY,
    SEVERE_TOXICITY,
    SEXUALLY_EXPLICIT,
    SPAM,
    THREAT,
    TOXICITY,
    Reading,
)
from moderation.domain.signals import Signal, SignalCode
from moderation.domain.words import N_

AUTHOR_SIGNALS = {SignalCode.AUTHOR_TRUSTED, SignalCode.AUTHOR_WATCHED, SignalCode.AUTHOR_BLOCKED}
SEVERITY = {Action.PUBLISH: 0, Action.HOLD: 1, Action.REJECT: 2}


@dataclass(frozen=True, slots=True)
class Band:
    """From `hold` on the comment is held, from `reject` on it is rejected; None: never for this attribute."""

    hold: float | None = None
    reject: float | None = None

    def action(self, score: float) -> Action:
        if self.reject is not None and score >= self.reject:
            return Action.REJECT
        if self.hold is not None and score >= self.hold:
            return Action.HOLD
        return Action.PUBLISH


@dataclass(frozen=True, slots=True)
class Rule:
    """A listed word or an RE2 pattern of the site, and what follows from it."""

    match: str
    action: Action = Action.HOLD


# No attribute rejects by machine. Swearing alone harms nobody; a site that wants clean words sets a band for PROFANITY.
# SPAM and SEXUALLY_EXPLICIT have too few labels to decide alone.
DEFAULT_BANDS: Mapping[str, Band] = {
    TOXICITY: Band(hold=0.35),
    SEVERE_TOXICITY: Band(hold=0.5),
    INSULT: Band(hold=0.5),
    PROFANITY: Band(),
    THREAT: Band(hold=0.3),
    IDENTITY_ATTACK: Band(hold=0.3),
    SEXUALLY_EXPLICIT: Band(),
    SPAM: Band(),
}


@dataclass(frozen=True, slots=True)
class Preset:
    """A reason that moderators pick from a list; `text` is what the commenter reads."""

    code: str
    text: str


DEFAULT_REASONS = (
    Preset("insult", N_("It insults or attacks somebody in the conversation.")),
    Preset("hate", N_("It attacks people for who they are.")),
    Preset("threat", N_("It threatens somebody or wishes them harm.")),
    Preset("sexual", N_("It is sexual in a way that does not belong here.")),
    Preset("private", N_("It gives away somebody's private data.")),
    Preset("off_topic", N_("It has nothing to do with the article.")),
    Preset("advertising", N_("It advertises something.")),
)


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything a site has decided in advance; `version` grows with each change."""

    version: int = 1
    bands: Mapping[str, Band] = field(default_factory=lambda: DEFAULT_BANDS)
    words: tuple[Rule, ...] = ()
    patterns: tuple[Rule, ...] = ()
    max_links: int | None = 3
    repeats: int | None = 1  # the same text this often before, within `repeat_hours`, is still fine
    repeat_hours: int = 24
    languages: tuple[str, ...] = ("en",)
    unsupported_language: Action = Action.HOLD
    hold_after_reports: int | None = 3
    blocked_authors: Action = Action.REJECT  # or HOLD
    reasons: tuple[Preset, ...] = DEFAULT_REASONS
    skip_reason: bool = True  # a moderator may reject without naming one

    def reason_text(self, code: str) -> str | None:
        """What the site's list says under *code*; None if it is not on the list."""
        return next((preset.text for preset in self.reasons if preset.code == code), None)


def decide(policy: Policy, reading: Reading | None, signals: Sequence[Signal]) -> Verdict:
    """What happens to a comment: the strictest of what its scores and signals ask for, with every reason.

    *reading* is None when scoring failed or was too late; the comment is then held, whatever else is known.
    A trusted author's comment is published where nothing but scores speaks against it.
    """
    trusted = [signal for signal in signals if signal.code is SignalCode.AUTHOR_TRUSTED]
    reasons = [_signal_reason(policy, signal) for signal in signals if signal not in trusted]
    if reading is None:
        reasons.append(Reason("not_scored", Source.SYSTEM, Action.HOLD))
    else:
        reasons.extend(_score_reasons(policy, reading))
    reasons = [reason for reason in reasons if reason.action is not Action.PUBLISH]
    if trusted and reasons and all(_only_a_score_holds(reason) for reason in reasons):
        reasons = [Reason(SignalCode.AUTHOR_TRUSTED.value, Source.HISTORY, Action.PUBLISH, value=trusted[0].value)]
    action = max((reason.action for reason in reasons), key=SEVERITY.__getitem__, default=Action.PUBLISH)
    reasons.sort(key=lambda reason: (-SEVERITY[reason.action], -(reason.score or 0.0)))
    return Verdict(action=action, reasons=tuple(reasons), risk=_risk(policy, reading, reasons))


def _only_a_score_holds(reason: Reason) -> bool:
    return reason.source is Source.CLASSIFIER and reason.action is Action.HOLD


def _score_reasons(policy: Policy, reading: Reading) -> list[Reason]:
    return [
        Reason(
            code=attribute.lower(),
            source=Source.CLASSIFIER,
            action=band.action(reading.scores[attribute]),
            attribute=attribute,
            score=reading.scores[attribute],
            threshold=band.reject if band.action(reading.scores[attribute]) is Action.REJECT else band.hold,
        )
        for attribute, band in policy.bands.items()
        if attribute in reading.scores
    ]


def _signal_reason(policy: Policy, signal: Signal) -> Reason:
    match signal.code:
        case SignalCode.LISTED_WORD:
            action = _rule_action(policy.words, signal.rule)
        case SignalCode.PATTERN:
            action = _rule_action(policy.patterns, signal.rule)
        case SignalCode.LANGUAGE_UNSUPPORTED:
            action = policy.unsupported_language
        case SignalCode.AUTHOR_BLOCKED:
            action = policy.blocked_authors
        case SignalCode.AUTHOR_TRUSTED:
            action = Action.PUBLISH
        case SignalCode.TOO_MANY_LINKS | SignalCode.REPEATED_TEXT | SignalCode.AUTHOR_WATCHED:
            action = Action.HOLD
    source = Source.HISTORY if signal.code in AUTHOR_SIGNALS else Source.RULE
    return Reason(signal.code.value, source, action, rule=signal.rule, value=signal.value)


def _rule_action(rules: Sequence[Rule], match: str) -> Action:
    return next((rule.action for rule in rules if rule.match == match), Action.HOLD)


def _risk(policy: Policy, reading: Reading | None, reasons: Sequence[Reason]) -> float:
    """How early a moderator should see it, 0 to 1: the highest score of an attribute that may decide."""
    if reading is None:
        return 0.5  # unknown: above the harmless, below what was scored as bad
    deciding = [
        reading.scores[attribute]
        for attribute, band in policy.bands.items()
        if attribute in reading.scores and (band.hold is not None or band.reject is not None)
    ]
    floor = 0.9 if any(reason.code in {"listed_word", "pattern"} for reason in reasons) else 0.0
    return max([floor, *deciding])

"""What the dashboard's pages show, worked out from rows: templates only write it down."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy.orm as so

from moderation import notes
from moderation.domain.comment import RESULT, Action, Actor, State
from moderation.domain.decision import Reason, Source, sentence
from moderation.domain.hard import is_hard
from moderation.domain.policy import Policy, Preset
from moderation.domain.reading import Careful
from moderation.domain.standing import Standing, current
from moderation.storage import comments as storage
from moderation.storage.comments import Decided
from moderation.storage.policies import current_policies
from moderation.storage.tables import Comment, Decision, Note, Report
from moderation.web.card.eyes import Eyes, said
from moderation.web.card.grounds import Grounds, grounds
from moderation.web.card.marking import Piece, labels
from moderation.web.card.masking import covers, fold_ahead
from moderation.web.card.speech import people_would_say
from moderation.web.times import When, locale_name, when
from moderation.web.translation import gettext, lazy_gettext

# A list shows the beginning of a longer text; its own page shows it whole.
SHOWN_IN_LIST = 1_500

CHOICES = {
    Action.PUBLISH: lazy_gettext("Approve"),
    Action.REJECT: lazy_gettext("Reject"),
    Action.SPAM: lazy_gettext("Spam"),
}
STATES = {
    State.HELD: lazy_gettext("held"),
    State.PUBLISHED: lazy_gettext("published"),
    State.REJECTED: lazy_gettext("rejected"),
    State.SPAM: lazy_gettext("marked as spam"),
    State.ERASED: lazy_gettext("erased"),
}
STANDINGS = {
    Standing.TRUSTED: lazy_gettext("trusted"),
    Standing.WATCHED: lazy_gettext("watched"),
    Standing.BLOCKED: lazy_gettext("blocked"),
}
ORIGINS = {
    Source.RULE: lazy_gettext("the site's rules"),
    Source.SYSTEM: lazy_gettext("the service"),
    Source.HISTORY: lazy_gettext("its history"),
    Source.REPORT: lazy_gettext("readers’ reports"),
    Source.PERSON: lazy_gettext("a person"),
}
DEEDS = {
    Action.HOLD: lazy_gettext("held it"),
    Action.PUBLISH: lazy_gettext("published it"),
    Action.REJECT: lazy_gettext("rejected it"),
    Action.SPAM: lazy_gettext("marked it as spam"),
    Action.ERASE: lazy_gettext("erased it"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    action: str
    label: str


# Reasons in plain words, by where they come from.
Causes = dict[str, list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One decision in words. `reason` is the one that a person chose from the site's list, and `undo` whether the
    reader of the page may take it back now.
    """

    id: uuid.UUID
    who: str
    did: str
    when: When
    reason: str
    note: str
    causes: Causes
    model: str
    policy_version: int | None
    revision: int
    undo: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A comment as a moderator sees it. `text` is None once it is erased; `size` is its whole length.

    `is_covered` is whether words of it are masked, `withheld` what it is that its reader asked not to see.
    """

    id: uuid.UUID
    version: int
    state: State
    state_words: str
    site: str
    article: str
    article_url: str
    permalink: str
    author: str
    author_id: uuid.UUID | None
    standing: Standing | None
    standing_words: str
    when: When
    is_edited: bool
    is_escalated: bool
    parent: str
    text: list[Piece] | None
    is_cut: bool
    size: int
    is_covered: bool
    withheld: Sequence[str]
    says: str
    causes: Causes
    grounds: Grounds
    scores: list[tuple[str, float]]
    is_hard: bool
    verdict_id: uuid.UUID | None
    reason_code: str  # of its latest decision
    reports: list[Report]
    open_reports: int
    choices: list[Choice]
    before: Line | None
    taken_by: str
    notes: list[Note]
    can_note: bool
    presets: Sequence[Preset]
    needs_reason: bool


def make_cards(
    session: so.Session, rows: Sequence[Comment], eyes: Eyes, *, shown: int | None = SHOWN_IN_LIST
) -> list[Card]:
    """A card for each comment of a page, in few queries; at most *shown* characters of a text."""
    if not rows:
        return []
    decided = storage.decisions_of(session, rows)
    reports = storage.reports_of(session, rows)
    written = notes.of_comments(session, rows)
    if eyes.mask:
        fold_ahead(text for row in rows for text in _texts(row))
    policies = current_policies(session, {row.site_id for row in rows})
    return [
        _card(
            row,
            decided[row.id],
            reports.get(row.id, []),
            written.get(row.id, []),
            policies[row.site_id],
            eyes,
            shown,
        )
        for row in rows
    ]


def _texts(row: Comment) -> tuple[str, ...]:
    return row.text or "", row.parent_text, row.author_name, row.article.title if row.article else ""


def _card(
    comment: Comment,
    decided: Decided,
    reports: list[Report],
    written: list[Note],
    policy: Policy,
    eyes: Eyes,
    shown: int | None,
) -> Card:
    latest, verdict, before = decided
    text, receipt = comment.text, verdict.receipt if verdict else {}
    is_same_text = verdict is not None and verdict.revision == comment.revision
    standing = _standing(comment, eyes.now)
    says = said(comment, verdict, eyes, shown=shown)
    return Card(
        id=comment.id,
        version=comment.version,
        state=comment.state,
        state_words=str(STATES[comment.state]),
        site=eyes.site(comment.site_id),
        article=comment.article.title if comment.article else "",
        article_url=web_address(comment.article.url if comment.article else ""),
        permalink=web_address(comment.permalink),
        author=comment.author_name,
        author_id=comment.author_id,
        standing=standing,
        standing_words=str(STANDINGS[standing]) if standing else "",
        when=when(comment.created_at, eyes.now),
        is_edited=comment.revision > 1,
        is_escalated=comment.escalated_at is not None,
        parent=comment.parent_text,
        text=says.text,
        is_cut=says.is_cut,
        size=len(text or ""),
        is_covered=says.is_covered or (eyes.mask and bool(covers(comment.parent_text))),
        withheld=says.withheld,
        says=people_would_say(receipt),
        causes=_causes(receipt) | (_deed_of(latest) if latest is not verdict else {}),
        grounds=grounds(text, receipt) if text and is_same_text else Grounds(),
        scores=_scores(receipt),
        is_hard=is_hard(receipt.get("scores", {})),
        verdict_id=verdict.id if verdict else None,
        reason_code=latest.reason_code,
        reports=reports[: comment.open_reports],
        open_reports=comment.open_reports,
        choices=_choices(comment, eyes),
        before=make_line(before, comment.version, eyes) if before else None,
        taken_by=taken_by(comment, eyes),
        notes=written,
        can_note=comment.site_id in eyes.decidable and comment.state is not State.ERASED,
        presets=policy.reasons,
        needs_reason=not policy.skip_reason,
    )


def make_line(decision: Decision, latest_version: int, eyes: Eyes) -> Line:
    receipt = decision.receipt
    return Line(
        id=decision.id,
        who=_who(decision),
        did=_did(decision),
        when=when(decision.created_at, eyes.now),
        reason=_reason(decision),
        note=decision.note,
        causes={} if decision.actor is Actor.MODERATOR else _causes(receipt),
        model=receipt.get("model") or "",
        policy_version=receipt.get("policy_version"),
        revision=decision.revision,
        undo=decision.actor is Actor.MODERATOR
        and decision.state_before is not None
        and decision.version == latest_version
        and decision.action is not Action.ERASE
        and decision.site_id in eyes.decidable,
    )


def _who(decision: Decision) -> str:
    match decision.actor:
        case Actor.MACHINE:
            return str(gettext("The policy"))
        case Actor.BLOG:
            return str(gettext("The blog's own staff"))
        case Actor.MODERATOR:
            return decision.moderator.name if decision.moderator else gettext("A moderator")


def _reason(decision: Decision) -> str:
    """As it was worded then; empty where nobody chose one."""
    chosen = [item.get("value") for item in decision.receipt.get("reasons", []) if item.get("rule")]
    return str(gettext(chosen[0])) if decision.reason_code and chosen and chosen[0] else ""


def _did(decision: Decision) -> str:
    deed = gettext("asked an owner to look") if decision.escalates else str(DEEDS[decision.action])
    return str(gettext("took a decision back and %(deed)s again", deed=deed)) if decision.undoes else deed


def _causes(receipt: Mapping[str, Any]) -> Causes:
    causes: Causes = {}
    for reason in receipt.get("reasons", []):
        source = Source(reason["source"])
        origin = _reader(receipt) if source is Source.CLASSIFIER else str(ORIGINS[source])
        causes.setdefault(origin, []).append(_message(reason))
    return causes


def _message(reason: Mapping[str, Any]) -> str:
    """The sentence as it was stored; in another language than English, what would be said today."""
    is_english = locale_name().startswith("en")
    return str(reason["message"]) if is_english else sentence(Reason.from_dict(reason), gettext)


def _reader(receipt: Mapping[str, Any]) -> str:
    """Which of the two readers the score is from."""
    if receipt.get("careful") == Careful.ASKED:
        return str(gettext("the quick and the careful reader"))
    return str(gettext("the quick reader"))


def _deed_of(decision: Decision) -> Causes:
    # What is said when asking is for the owner, who reads it here.
    said = [decision.note if decision.escalates else "", _reason(decision)]
    return {str(ORIGINS[Source.PERSON]): [f"{_who(decision)} {_did(decision)}", *filter(None, said)]}


def taken_by(comment: Comment, eyes: Eyes) -> str:
    """The name of somebody else who looks at the comment just now; they have it to themselves."""
    is_live = comment.claimed_until is not None and comment.claimed_until > eyes.now
    if not is_live or comment.claimed_by == eyes.moderator_id or comment.claimant is None:
        return ""
    return comment.claimant.name


def _standing(comment: Comment, now: datetime) -> Standing | None:
    author = comment.author
    return current(author.standing, author.standing_until, now) if author else None


def _scores(receipt: Mapping[str, Any]) -> list[tuple[str, float]]:
    scores = receipt.get("scores", {})
    return [(label.capitalize(), scores[name]) for name, label in labels().items() if name in scores]


def _choices(comment: Comment, eyes: Eyes) -> list[Choice]:
    """What may be decided now; to leave a reported comment where it is, is a decision too."""
    if comment.site_id not in eyes.decidable or comment.state is State.ERASED or taken_by(comment, eyes):
        return []
    is_reported = comment.state is State.PUBLISHED and comment.open_reports > 0
    may_ask = (comment.state is State.HELD or is_reported) and comment.escalated_at is None
    ask = [Choice("escalate", gettext("Escalate"))] if may_ask else []
    return [
        Choice(action.value, gettext("Keep") if RESULT[action] is comment.state else str(label))
        for action, label in CHOICES.items()
        if RESULT[action] is not comment.state or is_reported
    ] + ask


def web_address(url: str) -> str:
    """*url* if a browser may be sent there, else nothing: the blog may pass on what anybody typed."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in {"http", "https"} and parts.hostname else ""

"""One decision, written whole: the comment's new state, the decision with its receipt, the event for the blog."""

import uuid
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation import metrics
from moderation.domain.comment import Action, Actor, State, next_state
from moderation.domain.decision import Reason, Source
from moderation.domain.errors import AlreadyDecided, Claimed
from moderation.domain.events import payload
from moderation.storage import appeals, audit, marks, outbox
from moderation.storage.comments import latest_decision
from moderation.storage.engine import once_committed
from moderation.storage.marks import Matter
from moderation.storage.tables import Appeal, Article, Comment, Decision, Moderator, Site
from moderation.storage.types import uuid7

# What a blog that knows three outcomes does with a comment in each state.
OUTCOME: dict[State, Action] = {
    State.PUBLISHED: Action.PUBLISH,
    State.HELD: Action.HOLD,
    State.REJECTED: Action.REJECT,
    State.SPAM: Action.REJECT,
    State.ERASED: Action.REJECT,
}


# The blog hears of a moderator's decision when it can no longer be taken back unseen.
UNDO_WINDOW = timedelta(seconds=6)


def record(
    session: so.Session,
    site: Site,
    comment: Comment,
    action: Action,
    *,
    actor: Actor,
    receipt: dict[str, Any],
    now: datetime,
    article: Article | None,
    moderator_id: uuid.UUID | None = None,
    note: str = "",
    reason_code: str = "",
    escalates: bool = False,
    batch_id: uuid.UUID | None = None,
    undoes: uuid.UUID | None = None,
    is_told: bool = True,
    answer: str = "",
) -> Decision:
    """Move *comment* by *action*, in the caller's transaction. The blog *is_told* unless it need not be.

    A person's decision closes what was open: reports, an escalation, and an appeal, with *answer*.

    Raises:
        IllegalTransition: its state does not allow that.
        AlreadyDecided: somebody decided since *comment* was read.
        Claimed: another moderator is looking at it, and this is a moderator's decision.
    """
    before = comment.state if comment.version else None
    state = next_state(before, action) if before else _first_state(action)
    if before is None:
        # The key is made here, so that comment, decision and event go to the database together.
        comment.id, comment.state, comment.version = comment.id or uuid7(), state, 1
        session.add(comment)
    else:
        _move(session, comment, state, moderator_id, now)
    if actor is not Actor.MACHINE:
        comment.decided_by_person = True
        comment.open_reports = 0
        comment.escalated_at = now if escalates else None
        comment.escalated_by = moderator_id if escalates else None
    decision = Decision(
        id=uuid7(),
        site_id=site.id,
        comment_id=comment.id,
        version=comment.version,
        revision=comment.revision,
        action=action,
        state_before=before,
        actor=actor,
        moderator_id=moderator_id,
        note=note,
        reason_code=reason_code,
        escalates=escalates,
        batch_id=batch_id,
        undoes=undoes,
        receipt=receipt,
        created_at=now,
    )
    session.add(decision)
    once_committed(session, partial(metrics.count_decision, action.value, actor.value))
    audit.append_decision(session, decision)
    _mark(session, comment, decision)
    is_answer = actor is not Actor.MACHINE and undoes is None and not escalates
    appeal = appeals.answer(session, comment, decision, answer, now) if is_answer else None
    if is_told:
        # What undoes a decision is told at once: the blog may have heard of that decision already.
        after = UNDO_WINDOW if actor is Actor.MODERATOR and undoes is None else timedelta(0)
        event = _event(site, comment, decision, article, now, appeal)
        outbox.enqueue(session, site, comment, event, now, decision_id=decision.id, after=after)
        if actor is Actor.MODERATOR:
            outbox.enqueue_akismet(session, site, comment, now, decision_id=decision.id, after=after)
    return decision


def _mark(session: so.Session, comment: Comment, decision: Decision) -> None:
    is_new = decision.state_before is None
    if not is_new:
        marks.follow(session, comment)
    if decision.actor is Actor.MACHINE:
        codes = [reason["code"] for reason in decision.receipt.get("reasons", [])]
        marks.set_reasons(session, comment, codes, is_new=is_new)
        return
    marks.close_matters(session, comment.id, Matter.REPORTED, Matter.ESCALATED)
    if decision.escalates:
        marks.open_matter(session, comment, Matter.ESCALATED)


def describe(comment: Comment, decision: Decision) -> dict[str, Any]:
    """A comment and the decision it rests on, as the API answers. No word of the comment is in it."""
    receipt = decision.receipt
    return {
        "id": comment.external_id,
        "decision": OUTCOME[comment.state].value,
        "state": comment.state.value,
        "version": comment.version,
        "decided_by": decision.actor.value,
        "reasons": receipt.get("reasons", []),
        "scores": receipt.get("scores", {}),
        "spans": receipt.get("spans", []),
        "model": receipt.get("model"),
        "readers": readers(receipt),
        "policy_version": receipt.get("policy_version"),
    }


def readers(receipt: dict[str, Any]) -> dict[str, str] | None:
    """What became of the careful reader's part; nothing for what was not scored, or before there was one."""
    return {"careful": receipt["careful"]} if receipt.get("careful") else None


def person_receipt(
    session: so.Session, comment: Comment, action: Action, actor: Actor, *, reason_code: str = "", reason_text: str = ""
) -> dict[str, Any]:
    """The receipt of a person's decision: what the machine had said stays, the reasons are theirs."""
    code = f"{actor.value}_decision"
    reason = Reason(code=code, source=Source.PERSON, action=action, rule=reason_code, value=reason_text)
    return {**latest_decision(session, comment).receipt, "reasons": [reason.as_dict()]}


def who_was_first(session: so.Session, comment: Comment) -> AlreadyDecided:
    """The error for whoever decides on a comment that is no longer what they saw."""
    winner = latest_decision(session, comment)
    return AlreadyDecided(by=winner.moderator.name if winner.moderator else "", state=comment.state)


def _first_state(action: Action) -> State:
    return next_state(State.HELD, action)


def _move(session: so.Session, comment: Comment, state: State, moderator_id: uuid.UUID | None, now: datetime) -> None:
    """One conditional UPDATE; whoever comes second finds that the version is no longer what they read.

    It ends every claim. A moderator is refused while another one's lasts; the machine and the blog are not.
    """
    seen = comment.version
    free = [] if moderator_id is None else [unclaimed_for(moderator_id, now)]
    values = {"state": state, "version": seen + 1, "claimed_by": None, "claimed_until": None}
    moved = session.execute(
        sa.update(Comment)
        .where(Comment.id == comment.id, Comment.version == seen, *free)
        .values(values)
        .execution_options(synchronize_session=False)
    )
    if not moved.rowcount:  # type: ignore[attr-defined]
        session.refresh(comment)
        raise who_was_first(session, comment) if comment.version != seen else who_has_it(session, comment)
    for name, value in values.items():
        so.attributes.set_committed_value(comment, name, value)


def unclaimed_for(moderator_id: uuid.UUID, now: datetime) -> sa.ColumnElement[bool]:
    """Nobody else's claim is on the comment; one that ran out counts no more."""
    return sa.or_(Comment.claimed_by.is_(None), Comment.claimed_by == moderator_id, Comment.claimed_until <= now)


def who_has_it(session: so.Session, comment: Comment) -> Claimed:
    """The error for whoever wants a comment that somebody else is looking at."""
    holder = session.get(Moderator, comment.claimed_by) if comment.claimed_by else None
    return Claimed(by=holder.name if holder else "", until=comment.claimed_until)


def _event(
    site: Site,
    comment: Comment,
    decision: Decision,
    article: Article | None,
    now: datetime,
    appeal: Appeal | None,
) -> dict[str, Any]:
    receipt = decision.receipt
    return payload(
        state=comment.state,
        at=now,
        comment_id=comment.external_id,
        site=site.slug,
        article_id=article.external_id if article else None,
        version=comment.version,
        action=OUTCOME[comment.state].value,
        decided_by=decision.actor.value,
        reasons=receipt.get("reasons", []),
        scores=receipt.get("scores", {}),
        model=receipt.get("model"),
        policy_version=receipt.get("policy_version"),
        appeal=None if appeal is None else _outcome_of_appeal(comment, appeal),
    )


def _outcome_of_appeal(comment: Comment, appeal: Appeal) -> dict[str, Any]:
    state = "granted" if comment.state is State.PUBLISHED else "declined"
    return {"state": state, "answer": appeal.answer}

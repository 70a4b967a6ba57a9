"""One decision, written whole: the comment's new state, the decision with its receipt, the event for the blog."""

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.domain.comment import Action, Actor, State, next_state
from moderation.domain.decision import Reason, Source
from moderation.domain.errors import AlreadyDecided
from moderation.domain.events import payload
from moderation.storage import outbox
from moderation.storage.comments import latest_decision
from moderation.storage.tables import Article, Comment, Decision, Site
from moderation.storage.types import uuid7

# What a blog that knows three outcomes does with a comment in each state.
OUTCOME: dict[State, Action] = {
    State.PUBLISHED: Action.PUBLISH,
    State.HELD: Action.HOLD,
    State.REJECTED: Action.REJECT,
    State.SPAM: Action.REJECT,
    State.ERASED: Action.REJECT,
}


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
    undoes: uuid.UUID | None = None,
) -> Decision:
    """Move *comment* by *action*, in the caller's transaction.

    Raises:
        IllegalTransition: its state does not allow that.
        AlreadyDecided: somebody decided since *comment* was read.
    """
    before = comment.state if comment.version else None
    state = next_state(before, action) if before else _first_state(action)
    if before is None:
        # The key is made here, so that comment, decision and event go to the database together.
        comment.id, comment.state, comment.version = uuid7(), state, 1
        session.add(comment)
    else:
        _move(session, comment, state)
    if actor is not Actor.MACHINE:
        comment.decided_by_person = True
        comment.open_reports = 0
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
        undoes=undoes,
        receipt=receipt,
        created_at=now,
    )
    session.add(decision)
    outbox.enqueue(session, site, comment, _event(site, comment, decision, article, now), now)
    return decision


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
        "policy_version": receipt.get("policy_version"),
    }


def person_receipt(session: so.Session, comment: Comment, action: Action, actor: Actor) -> dict[str, Any]:
    """The receipt of a person's decision: what the machine had said stays, the reasons are theirs."""
    reason = Reason(code=f"{actor.value}_decision", source=Source.PERSON, action=action)
    return {**latest_decision(session, comment).receipt, "reasons": [reason.as_dict()]}


def who_was_first(session: so.Session, comment: Comment) -> AlreadyDecided:
    """The error for whoever decides on a comment that is no longer what they saw."""
    winner = latest_decision(session, comment)
    return AlreadyDecided(by=winner.moderator.name if winner.moderator else "", state=comment.state.value)


def _first_state(action: Action) -> State:
    return next_state(State.HELD, action)


def _move(session: so.Session, comment: Comment, state: State) -> None:
    """One conditional UPDATE; whoever comes second finds that the version is no longer what they read."""
    seen = comment.version
    moved = session.execute(
        sa.update(Comment)
        .where(Comment.id == comment.id, Comment.version == seen)
        .values(state=state, version=seen + 1)
        .execution_options(synchronize_session=False)
    )
    if not moved.rowcount:  # type: ignore[attr-defined]
        session.refresh(comment)
        raise who_was_first(session, comment)
    so.attributes.set_committed_value(comment, "state", state)
    so.attributes.set_committed_value(comment, "version", seen + 1)


def _event(site: Site, comment: Comment, decision: Decision, article: Article | None, now: datetime) -> dict[str, Any]:
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
    )

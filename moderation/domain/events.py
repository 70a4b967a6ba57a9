"""What a blog is told: the types of event and the exact body of each."""

from datetime import datetime
from typing import Any

from moderation.domain.comment import State

EVENT_TYPES: dict[State, str] = {state: f"comment.{state.value}" for state in State}


def payload(
    *,
    state: State,
    at: datetime,
    comment_id: str,
    site: str,
    article_id: str | None,
    version: int,
    action: str,
    decided_by: str,
    reasons: list[dict[str, Any]],
    scores: dict[str, float],
    model: str | None,
    policy_version: int | None,
    appeal: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The body of one event. `version` grows with each decision: a receiver drops lower ones.

    It carries no text of the comment and no address, and stays far under the 20 kB that receivers expect.
    *appeal* is there where the decision answers one.
    """
    return {
        "type": EVENT_TYPES[state],
        "timestamp": at.isoformat().replace("+00:00", "Z"),
        "data": {
            "comment_id": comment_id,
            "site_id": site,
            "article_id": article_id,
            "version": version,
            "state": state.value,
            "decision": action,
            "decided_by": decided_by,
            "reasons": reasons,
            "scores": scores,
            "model": model,
            "policy_version": policy_version,
            **({"appeal": appeal} if appeal is not None else {}),
        },
    }

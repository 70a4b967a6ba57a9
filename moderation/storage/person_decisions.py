"""Decisions by people, and what insight asks of each: how long the comment had waited, what it says of the score."""

import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.domain.comment import Action, Actor, State
from moderation.domain.reading import ATTRIBUTES
from moderation.storage.tables import Comment, CommentMark, Decision

BANDS = 10
OF_THE_SCORE = tuple(attribute.lower() for attribute in ATTRIBUTES)
# With these the risk is not a score, so that it says nothing about the reader.
NOT_OF_THE_SCORE = ("not_scored", "listed_word", "pattern")
SETTLING = (Action.PUBLISH, Action.REJECT, Action.SPAM)


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a person made of a comment by its score alone: `band` is the tenth of 0 to 1 that the score lies in,
    `suspected` whether the score was a reason against it, `refused` whether the person was against it.
    """

    band: int
    suspected: bool
    refused: bool

    @property
    def key(self) -> str:
        return (
            f"{self.band}:{'suspected' if self.suspected else 'cleared'}:{'refused' if self.refused else 'published'}"
        )

    @property
    def agrees(self) -> bool:
        return self.suspected is self.refused

    @classmethod
    def of_key(cls, key: str) -> "Opinion":
        band, suspected, refused = key.split(":")
        return cls(int(band), suspected == "suspected", refused == "refused")


@dataclass(frozen=True, slots=True)
class PersonDecision:
    """A decision of a moderator or of the blog's staff, and the comment as it stands now."""

    id: uuid.UUID
    site_id: uuid.UUID
    comment_id: uuid.UUID
    moderator_id: uuid.UUID | None
    batch_id: uuid.UUID | None
    actor: Actor
    action: Action
    state_before: State | None
    created_at: datetime
    risk: float
    state: State
    held_at: datetime | None
    by_score: bool
    by_rule: bool

    @property
    def waited(self) -> float | None:
        """Seconds from the machine's last word to the end of the wait; None if the comment was not waiting."""
        if self.state_before is not State.HELD or self.action not in SETTLING or self.held_at is None:
            return None
        return max((self.created_at - self.held_at).total_seconds(), 0.0)

    @property
    def opinion(self) -> Opinion | None:
        """None where no score spoke, or the person only passed the comment on."""
        if self.by_rule or self.action not in SETTLING or self.state is State.ERASED:
            return None
        band = min(int(self.risk * BANDS), BANDS - 1)
        return Opinion(band, suspected=self.by_score, refused=self.action is not Action.PUBLISH)


def person_decisions(
    session: so.Session,
    low: uuid.UUID,
    high: uuid.UUID,
    site_ids: Collection[uuid.UUID] | None = None,
    *,
    actors: Collection[Actor] = (Actor.MODERATOR, Actor.BLOG),
    limit: int | None = None,
) -> Iterator[PersonDecision]:
    """The decisions by people with keys from *low* to *high*, newest first; none that was taken back, or does that."""
    values: dict[str, object] = {"low": low, "high": high, "actors": list(actors)}
    if site_ids is not None:
        values["site_ids"] = list(site_ids)
    query = _by_people(of_sites=site_ids is not None)
    rows = map(tuple, session.execute(query if limit is None else query.limit(limit), values))
    # Asked for `undoes IS NULL`, SQLite would read that index: nearly every decision has none.
    return (PersonDecision(*row[:-1]) for row in rows if row[-1] is None)


@cache  # to build it takes longer than to have it answered
def _by_people(*, of_sites: bool) -> sa.Select[*tuple[Any, ...]]:
    later = so.aliased(Decision)
    query = (
        sa.select(
            Decision.id,
            Decision.site_id,
            Decision.comment_id,
            Decision.moderator_id,
            Decision.batch_id,
            Decision.actor,
            Decision.action,
            Decision.state_before,
            Decision.created_at,
            Comment.risk,
            Comment.state,
            _held_at().label("held_at"),
            _has_mark(OF_THE_SCORE).label("by_score"),
            _has_mark(NOT_OF_THE_SCORE).label("by_rule"),
            Decision.undoes,
        )
        .join(Comment, Comment.id == Decision.comment_id)
        .where(Decision.id >= sa.bindparam("low"), Decision.id < sa.bindparam("high"))
        .where(Decision.actor.in_(sa.bindparam("actors", expanding=True)))
        .where(Decision.action != Action.ERASE, ~sa.exists().where(later.undoes == Decision.id))
        .order_by(Decision.id.desc())
    )
    return query.where(Decision.site_id.in_(sa.bindparam("site_ids", expanding=True))) if of_sites else query


def _held_at() -> sa.ScalarSelect[datetime]:
    machine = so.aliased(Decision)
    return (
        sa.select(sa.func.max(machine.created_at))
        .where(
            machine.comment_id == Decision.comment_id,
            machine.version < Decision.version,
            machine.actor == Actor.MACHINE,
        )
        .scalar_subquery()
    )


def _has_mark(codes: Collection[str]) -> sa.ColumnElement[bool]:
    return sa.exists().where(CommentMark.comment_id == Decision.comment_id, CommentMark.code.in_(codes))

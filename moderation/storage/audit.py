"""The audit log: one chain of entries a site, each holding the hash of the one before.

An entry is written in the transaction of what it records, and gets its place in the chain from `link`, which the
worker calls every second: to link at once, every comment of a site would have to wait for the commit of the one before.
"""

import hashlib
import json
import uuid
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.storage.tables import AuditEntry, AuditHead, Decision, Site
from moderation.storage.types import utc_now, uuid7

INSTALLATION = uuid.UUID(int=0)  # the chain of what belongs to no site: accounts and sign-ins
COMMAND = "command"  # the actor of what is done on the command line
OF_NO_SITE = "(installation)"
LINKED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Who:
    actor: str = COMMAND
    moderator_id: uuid.UUID | None = None


# Who acts is known where a request comes in, and of no concern to what lies between there and here.
acting: ContextVar[Who] = ContextVar("acting", default=Who())  # noqa: B039 - it is frozen


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a chain: whoever has noted it elsewhere can tell that nothing before it was rewritten."""

    name: str  # the site's, as `moderation audit verify` has it
    number: int
    hash: bytes


def append(
    session: so.Session,
    chain_id: uuid.UUID,
    kind: str,
    content: dict[str, Any],
    *,
    who: Who | None = None,
    now: datetime | None = None,
) -> None:
    """Write an entry, in the caller's transaction. *content* holds ids, codes and names, no one's words or data."""
    who = who or acting.get()
    session.add(
        AuditEntry(
            id=uuid7(),
            chain_id=chain_id,
            kind=kind,
            actor=who.actor,
            moderator_id=who.moderator_id,
            content=content,
            created_at=now or utc_now(),
        )
    )


def append_decision(session: so.Session, decision: Decision) -> None:
    session.add(
        AuditEntry(
            id=decision.id,
            chain_id=decision.site_id,
            kind="decision",
            actor=decision.actor.value,
            moderator_id=decision.moderator_id,
            content=about(decision),
            created_at=decision.created_at,
        )
    )


def about(decision: Decision) -> dict[str, Any]:
    """What the log keeps of a decision: which it was, and a hash of the row with its receipt, but not of its note.

    The note is free words, and goes when its comment is erased.
    """
    facts = [
        str(decision.id),
        str(decision.site_id),
        str(decision.comment_id),
        decision.version,
        decision.revision,
        decision.action.value,
        decision.state_before.value if decision.state_before else None,
        decision.actor.value,
        _text(decision.moderator_id),
        decision.reason_code,
        decision.escalates,
        _text(decision.batch_id),
        _text(decision.undoes),
        decision.created_at.isoformat(),
        decision.receipt,
    ]
    return {
        "comment": str(decision.comment_id),
        "version": decision.version,
        "action": decision.action.value,
        "sha256": sha256(facts).hex(),
    }


def sha256(value: Any) -> bytes:
    """The hash of a value of JSON, the same on whatever database it was kept."""
    plain = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(plain.encode()).digest()


def entry_hash(entry: AuditEntry) -> bytes:
    """What an entry's hash has to be: over every other column of it, the hash of the entry before included."""
    return sha256(
        [
            entry.previous.hex() if entry.previous is not None else None,
            str(entry.chain_id),
            entry.number,
            str(entry.id),
            entry.kind,
            entry.actor,
            _text(entry.moderator_id),
            entry.created_at.isoformat(),
            entry.content,
        ]
    )


def start(chain_id: uuid.UUID) -> bytes:
    """What stands before the first entry of a chain."""
    return hashlib.sha256(f"moderation audit {chain_id}".encode()).digest()


def link(session: so.Session, *, limit: int = LINKED_AT_ONCE) -> int:
    """Give entries that wait their place in their chain, oldest first; how many there were.

    Workers come one after the other: the chain's head is locked before its entries are read.
    """
    waiting = sa.select(AuditEntry.chain_id).where(AuditEntry.number.is_(None)).distinct()
    linked = 0
    for chain_id in sorted(session.scalars(waiting)):
        head = _locked_head(session, chain_id)
        entries = session.scalars(
            sa.select(AuditEntry)
            .where(AuditEntry.chain_id == chain_id, AuditEntry.number.is_(None))
            .order_by(AuditEntry.id)
            .limit(limit - linked)
        ).all()
        _complete(session, entries)
        for entry in entries:
            head.number += 1
            entry.number, entry.previous = head.number, head.hash
            head.hash = entry.hash = entry_hash(entry)
        linked += len(entries)
        if linked >= limit:
            break
    return linked


def has_waiting(session: so.Session) -> bool:
    return session.scalar(sa.select(AuditEntry.id).where(AuditEntry.number.is_(None)).limit(1)) is not None


def heads(session: so.Session) -> list[Head]:
    """Where every chain ends."""
    query = sa.select(AuditHead, Site.slug).outerjoin(Site, Site.id == AuditHead.chain_id)
    return [Head(slug or OF_NO_SITE, head.number, head.hash) for head, slug in session.execute(query)]


def _locked_head(session: so.Session, chain_id: uuid.UUID) -> AuditHead:
    locked = (
        sa.select(AuditHead)
        .where(AuditHead.chain_id == chain_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    head = session.scalar(locked)
    if head is None:
        first = sa.text(
            "INSERT INTO audit_heads (chain_id, number, hash) VALUES (:chain_id, 0, :hash) ON CONFLICT DO NOTHING"
        ).bindparams(sa.bindparam("chain_id", type_=sa.Uuid()))
        session.execute(first, {"chain_id": chain_id, "hash": start(chain_id)})
        head = session.scalars(locked).one()
    return head


def _complete(session: so.Session, entries: Iterable[AuditEntry]) -> None:
    """Entries of decisions from before the log begin to vouch for them now."""
    bare = {entry.id: entry for entry in entries if entry.content is None}
    if bare:
        for decision in session.scalars(sa.select(Decision).where(Decision.id.in_(bare))):
            bare.pop(decision.id).content = about(decision)
    for entry in bare.values():
        entry.content = {"gone": True}


def _text(key: uuid.UUID | None) -> str | None:
    return str(key) if key else None

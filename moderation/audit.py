"""Whether the audit log is whole, and what it vouches for still as it was written."""

import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.storage import audit
from moderation.storage.audit import OF_NO_SITE
from moderation.storage.engine import Database
from moderation.storage.tables import AuditEntry, AuditHead, Decision, PolicyVersion, Site
from moderation.storage.types import utc_now

PAGE = 1_000
LINKED_WITHIN = timedelta(minutes=10)  # the worker links every second


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, and with which row. `number` is the entry's place in the chain, where it has one."""

    code: str
    detail: str
    number: int | None = None
    row: str | None = None


@dataclass(slots=True)
class Chain:
    """One site's part of the log, or the installation's own. `hash` is its head, in hex."""

    name: str
    chain_id: uuid.UUID
    number: int = 0
    hash: str = ""
    waiting: int = 0
    findings: list[Finding] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {
            "site": self.name,
            "entries": self.number,
            "head": self.hash,
            "waiting": self.waiting,
            "findings": [asdict(finding) for finding in self.findings],
        }


@dataclass(frozen=True, slots=True)
class Expected:
    """A head that was noted elsewhere, in the service's log for one."""

    name: str
    number: int
    hash: str


def verify(database: Database, slug: str | None = None, *, expected: Collection[Expected] = ()) -> Iterator[Chain]:
    """Go through the chain of one site, or of all and of the installation; one at a time, as each is done."""
    for name, chain_id in _chains(database, slug):
        chain = _verify(database, name, chain_id)
        for head in expected:
            if head.name == name:
                _compare(database, chain, head)
        yield chain


def entries(database: Database, slug: str | None, *, limit: int = 50) -> Sequence[tuple[str, AuditEntry]]:
    """The newest entries of one site, or of all and of the installation, newest first, with the site's name."""
    names = {chain_id: name for name, chain_id in _chains(database, slug)}
    with database.read() as session:
        rows = session.scalars(
            sa.select(AuditEntry)
            .where(AuditEntry.chain_id.in_(names))
            .order_by(AuditEntry.created_at.desc(), AuditEntry.id.desc())
            .limit(limit)
        ).all()
    return [(names[row.chain_id], row) for row in rows]


def _chains(database: Database, slug: str | None) -> list[tuple[str, uuid.UUID]]:
    with database.read() as session:
        query = sa.select(Site.slug, Site.id).order_by(Site.slug)
        if slug is not None:
            query = query.where(Site.slug == slug)
        found = [(row.slug, row.id) for row in session.execute(query)]
        if slug is None:
            known = {audit.INSTALLATION, *(chain_id for _, chain_id in found)}
            lost = session.scalars(sa.select(AuditEntry.chain_id).where(AuditEntry.chain_id.not_in(known)).distinct())
            found += [(OF_NO_SITE, audit.INSTALLATION), *((str(chain_id), chain_id) for chain_id in lost)]
    return found


def _verify(database: Database, name: str, chain_id: uuid.UUID) -> Chain:
    chain = Chain(name, chain_id)
    with database.read() as session:
        head = session.get(AuditHead, chain_id)
        waiting = sa.select(sa.func.count(), sa.func.min(AuditEntry.created_at)).where(
            AuditEntry.chain_id == chain_id, AuditEntry.number.is_(None)
        )
        chain.waiting, oldest = session.execute(waiting).one()
    if oldest is not None and utc_now() - oldest > LINKED_WITHIN:
        chain.findings.append(
            Finding(
                "not_linked", f"{chain.waiting} entries wait to be linked; the oldest since {oldest:%Y-%m-%d %H:%M}."
            )
        )
    before = audit.start(chain_id)
    is_sound = True
    for page in _pages(database, chain_id, head.number if head else None):
        for entry in page:
            before, is_sound = _check_link(chain, entry, before, is_sound)
        _check_what_they_say(database, chain, page)
    _check_head(chain, head, before, is_sound, has_site=chain_id != audit.INSTALLATION)
    chain.findings += _unlogged(database, chain_id)
    return chain


def _pages(database: Database, chain_id: uuid.UUID, last: int | None) -> Iterator[Sequence[AuditEntry]]:
    """The linked entries up to *last*, in order; those that are linked meanwhile are left for the next time."""
    number: int | None = None
    while True:
        mine = sa.select(AuditEntry).where(AuditEntry.chain_id == chain_id, AuditEntry.number.is_not(None))
        if number is not None:
            mine = mine.where(AuditEntry.number > number)
        with database.read() as session:
            page = session.scalars(mine.order_by(AuditEntry.number).limit(PAGE)).all()
            fresh = session.get(AuditHead, chain_id)
        if last is not None and fresh is not None and fresh.number >= last:
            page = [entry for entry in page if not last < (entry.number or 0) <= fresh.number]
        if not page:
            return
        yield page
        number = page[-1].number


def _check_link(chain: Chain, entry: AuditEntry, before: bytes, was_sound: bool) -> tuple[bytes, bool]:
    """Check one entry against the one before: what it hands on to the next, and whether that can be relied on."""
    number, row = entry.number or 0, f"audit_log {entry.id}"
    is_sound = audit.entry_hash(entry) == entry.hash
    if not is_sound:
        chain.findings.append(Finding("changed", f"Entry {number} was changed, or moved.", number, row))
    if number > chain.number + 1:
        is_one = number == chain.number + 2
        gap = f"Entry {chain.number + 1} is" if is_one else f"Entries {chain.number + 1} to {number - 1} are"
        detail = f"{gap} missing before entry {number}."
        chain.findings.append(Finding("missing", detail, chain.number + 1, row))
    elif is_sound and was_sound and entry.previous != before:
        chain.findings.append(
            Finding("replaced", f"Entry {number} follows another entry than stands before it.", number, row)
        )
    chain.number = max(number, chain.number)
    chain.hash = (entry.hash or b"").hex()
    return entry.hash or b"", is_sound


def _check_head(chain: Chain, head: AuditHead | None, last: bytes, is_sound: bool, *, has_site: bool) -> None:
    if head is None:
        if chain.number or (has_site and not chain.waiting):
            chain.findings.append(Finding("head_missing", "The chain has no head: audit_heads lost its row."))
        return
    row = f"audit_heads {chain.chain_id}"
    if head.number > chain.number:
        detail = f"Entries {chain.number + 1} to {head.number} are missing at the end."
        chain.findings.append(Finding("missing", detail, chain.number + 1, row))
    elif head.number < chain.number or (is_sound and head.hash != last):
        detail = f"The head names entry {head.number} with another hash than entry {chain.number}, the last, has."
        chain.findings.append(Finding("head_changed", detail, head.number, row))


def _check_what_they_say(database: Database, chain: Chain, page: Sequence[AuditEntry]) -> None:
    """Whether the decisions and policies that the entries vouch for are as they were."""
    decided = {entry.id: entry for entry in page if entry.kind == "decision" and "sha256" in (entry.content or {})}
    policies = {entry.content["version"]: entry for entry in page if entry.kind == "policy" and entry.content}
    with database.read() as session:
        found = {row.id: row for row in session.scalars(sa.select(Decision).where(Decision.id.in_(decided)))}
        documents = _documents(session, chain.chain_id, policies)
    for key, entry in decided.items():
        decision = found.get(key)
        if decision is None:
            detail = "A decision that was logged is missing."
            chain.findings.append(Finding("decision_missing", detail, entry.number, f"decisions {key}"))
        elif audit.about(decision) != entry.content:
            detail = "A decision is not as it was logged."
            chain.findings.append(Finding("decision_changed", detail, entry.number, f"decisions {key}"))
    for version, entry in policies.items():
        row = f"policies {chain.chain_id} {version}"
        if version not in documents:
            chain.findings.append(Finding("policy_missing", "A policy that was logged is missing.", entry.number, row))
        elif audit.sha256(documents[version]).hex() != (entry.content or {}).get("sha256"):
            chain.findings.append(Finding("policy_changed", "A policy is not as it was logged.", entry.number, row))


def _documents(session: so.Session, site_id: uuid.UUID, versions: Collection[int]) -> dict[int, Any]:
    rows = session.execute(
        sa.select(PolicyVersion.version, PolicyVersion.document).where(
            PolicyVersion.site_id == site_id, PolicyVersion.version.in_(versions)
        )
    )
    return {row.version: row.document for row in rows}


def _unlogged(database: Database, chain_id: uuid.UUID) -> list[Finding]:
    """Decisions that nobody logged: written past the service, or their entry is gone."""
    no_entry = ~sa.exists().where(AuditEntry.id == Decision.id, AuditEntry.chain_id == Decision.site_id)
    query = sa.select(Decision.id).where(Decision.site_id == chain_id, no_entry).order_by(Decision.id).limit(100)
    with database.read() as session:
        return [
            Finding("decision_not_logged", "A decision is in no entry of the log.", row=f"decisions {key}")
            for key in session.scalars(query)
        ]


def _compare(database: Database, chain: Chain, head: Expected) -> None:
    """Whether the chain still leads through a head that was noted elsewhere: else all of it may be rewritten."""
    there = sa.select(AuditEntry.hash).where(AuditEntry.chain_id == chain.chain_id, AuditEntry.number == head.number)
    with database.read() as session:
        found = session.scalar(there)
    if (found or b"").hex() != head.hash.lower():
        detail = f"Entry {head.number} has not the hash that was noted: the chain was rewritten since."
        chain.findings.append(Finding("not_as_noted", detail, head.number))

"""What `doctor` says of proof and rescue: the heads of the audit log's chains, and how old the newest backup is."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation import audit as auditing
from moderation.cli.finding import Finding
from moderation.storage import audit
from moderation.storage.engine import Database
from moderation.storage.tables import AuditEntry, AuditHead
from moderation.storage.types import utc_now

OLD = timedelta(hours=50)  # a daily backup that failed once, and a little
VERIFY = "moderation audit verify"


def examine_audit(database: Database, *, deep: bool) -> Iterator[Finding]:
    """Each chain's head against its last entry; all entries if *deep*."""
    if deep:
        chains = list(auditing.verify(database))
        wrong = [f"{chain.name}: {finding.detail}" for chain in chains for finding in chain.findings]
        entries = sum(chain.number for chain in chains)
    else:
        with database.read() as session:
            wrong, entries = list(_at_the_ends(session)), session.scalar(sa.select(sa.func.sum(AuditHead.number))) or 0
    if wrong:
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        yield Finding("audit log", False, wrong[0] + more, VERIFY)
    else:
        yield Finding("audit log", True, f"{entries} entries, {'all' if deep else 'heads and last entries'} as written")


def _at_the_ends(session: so.Session) -> Iterator[str]:
    for head in session.scalars(sa.select(AuditHead)):
        last = session.scalar(
            sa.select(AuditEntry)
            .where(AuditEntry.chain_id == head.chain_id, AuditEntry.number.is_not(None))
            .order_by(AuditEntry.number.desc())
            .limit(1)
        )
        number, found = (last.number, audit.entry_hash(last)) if last else (0, audit.start(head.chain_id))
        if (number, found) != (head.number, head.hash):
            yield f"a chain's head names entry {head.number}, which is not its last entry as it was written"
    oldest = session.scalar(sa.select(sa.func.min(AuditEntry.created_at)).where(AuditEntry.number.is_(None)))
    if oldest is not None and utc_now() - oldest > auditing.LINKED_WITHIN:
        yield f"entries wait to be linked since {oldest:%Y-%m-%d %H:%M}: no worker runs"


def examine_backups(folder: Path | None) -> Iterator[Finding]:
    """How old the newest file in $BACKUP_FOLDER is."""
    if folder is None:
        return
    mend = f"moderation backup {folder}/$(date +%F).db, every night"
    try:
        files = [path for path in folder.iterdir() if path.is_file() and path.suffix != ".part"]
    except OSError as error:
        yield Finding("backup", False, f"BACKUP_FOLDER {folder} cannot be read: {error.strerror}", f"mkdir -p {folder}")
        return
    if not files:
        yield Finding("backup", False, f"there is none in {folder}", mend)
        return
    newest = datetime.fromtimestamp(max(path.stat().st_mtime for path in files), UTC)
    age = utc_now() - newest
    hours = int(age.total_seconds() // 3600)
    yield Finding("backup", age <= OLD, f"the newest is {hours} hours old", mend if age > OLD else "")

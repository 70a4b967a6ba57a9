"""What `doctor` says of the machine: room on the disk, files that others can read, the clock, a sound database file."""

import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.cli.finding import Finding
from moderation.config import home_directory
from moderation.storage import outbox
from moderation.storage.engine import Database
from moderation.storage.tables import Decision
from moderation.storage.types import time_of_uuid7, utc_now

ROOM = 1024**3  # bytes: under it, a write-ahead log or a backup may fill the disk
RESTORE = "stop the service, keep the file, moderation restore the last backup into a new one"
LONG_LOG = 512 * 1024**2  # bytes of a write-ahead log that nobody folds into its database
SMALL = 256 * 1024**2  # bytes of a database that is read whole in some seconds
SKEW = timedelta(seconds=5)
NETWORK_DRIVES = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "fuse.s3fs", "afs", "ceph", "glusterfs"}
# What PostgreSQL must not be told if a comment that was answered is never to be lost.
DURABLE = ("fsync", "full_page_writes", "synchronous_commit")


def examine_machine() -> Iterator[Finding]:
    """The disk under the home directory, and who runs this."""
    home = home_directory()
    here = next(path for path in (home, *home.parents) if path.exists())
    free = shutil.disk_usage(here).free
    if free < ROOM:
        yield Finding("disk", False, f"{free // 2**20} MB are left under {home}", "free some space, or give it more")
    else:
        yield Finding("disk", True, f"{free // 2**30} GB are left")
    if path := os.environ.get("MODERATION_SECRET_KEY_FILE"):
        yield from _key_file(Path(path))


def _key_file(path: Path) -> Iterator[Finding]:
    try:
        mode = path.stat().st_mode
    except OSError:
        return  # the settings say so
    if mode & 0o007:
        yield Finding("secret key file", False, f"{path} can be read by everybody", f"chmod 600 {path}")
    else:
        yield Finding("secret key file", True, "closed to others")


def examine_sqlite_file(path: Path) -> Iterator[Finding]:
    """Where the file lies, and whether its log is folded back."""
    if (kind := drive_of(path)) in NETWORK_DRIVES:
        detail = f"{path} lies on a network drive ({kind}), where SQLite's locks cannot be trusted"
        yield Finding("database file", False, detail, "move it to a disk of this machine, or use PostgreSQL")
    log = path.with_name(path.name + "-wal")
    if log.exists() and log.stat().st_size > LONG_LOG:
        detail = f"{log.name} has grown to {log.stat().st_size // 2**20} MB: somebody reads without end"
        yield Finding("write-ahead log", False, detail, "restart the service; look for a program that keeps it open")


def drive_of(path: Path, mounts: Path = Path("/proc/mounts")) -> str:
    """The kind of file system that *path* lies on; nothing where the system does not say."""
    try:
        lines = [line.split() for line in mounts.read_text().splitlines()]
    except OSError:
        return ""
    resolved = path.resolve()
    fits = [(len(place), kind) for _, place, kind, *_ in lines if resolved.is_relative_to(place)]
    return max(fits, default=(0, ""))[1]


def examine_engine(database: Database, *, deep: bool) -> Iterator[Finding]:
    """Whether the database keeps what it is given, and whether the clocks agree."""
    with database.read() as session:
        if database.is_sqlite:
            check = "PRAGMA integrity_check" if deep else "PRAGMA quick_check(1)"
            said = session.scalar(sa.text(check)) if deep or _is_small(database) else None
            broken = session.execute(sa.text("PRAGMA foreign_key_check")).first() if deep else None
        else:
            said, broken = None, None
            yield _durability(session)
        now = outbox.database_now(session)
        newest = session.scalar(sa.select(Decision.id).order_by(Decision.id.desc()).limit(1))
    if said is not None:
        well = said == "ok" and broken is None
        detail = "sound" if well else "damaged: " + (said if said != "ok" else "a row refers to one that is gone")
        yield Finding("database file", well, detail, "" if well else RESTORE)
    ahead = time_of_uuid7(newest) - utc_now() if newest else timedelta(0)
    if abs(now - utc_now()) > SKEW:
        seconds = abs(now - utc_now()).total_seconds()
        yield Finding(
            "clock", False, f"this machine and the database differ by {seconds:.0f} s", "timedatectl set-ntp on"
        )
    elif ahead > SKEW:
        detail = f"the newest decision lies {ahead.total_seconds():.0f} s ahead: the clock was put back"
        yield Finding("clock", False, detail, "timedatectl set-ntp on")
    else:
        yield Finding("clock", True, "agrees with the database's and with what is stored")


def _durability(session: so.Session) -> Finding:
    query = sa.text("SELECT name FROM pg_settings WHERE setting = 'off' AND name IN :names ORDER BY name")
    off = session.scalars(query.bindparams(sa.bindparam("names", DURABLE, expanding=True))).all()
    if not off:
        return Finding("durability", True, "what is committed is on disk")
    detail = f"{', '.join(off)} is off: a comment that was answered can be lost"
    mend = " ".join(f"ALTER SYSTEM SET {name} = on;" for name in off)
    return Finding("durability", False, detail, f"{mend} SELECT pg_reload_conf();")


def _is_small(database: Database) -> bool:
    path = Path(database.url.database or "")
    return path.exists() and path.stat().st_size < SMALL

"""The blog's comments, in one SQLite file that is opened anew for every use."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from moderation_client import Verdict

SCHEMA = """
CREATE TABLE IF NOT EXISTS comments (
    id TEXT PRIMARY KEY,
    article TEXT NOT NULL,
    parent_id TEXT NOT NULL,
    author_id TEXT NOT NULL,
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    created_at REAL NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    decided_by TEXT NOT NULL,
    reasons TEXT NOT NULL,
    status_url TEXT NOT NULL,
    told_at REAL
) STRICT;
CREATE INDEX IF NOT EXISTS comments_by_article ON comments (article, created_at);

-- Requests that the moderation service has not answered yet. The very bytes are kept: one Idempotency-Key
-- stands for one request, also when the article is edited between two tries.
CREATE TABLE IF NOT EXISTS outbox (
    comment_id TEXT PRIMARY KEY,
    request BLOB NOT NULL,
    tries INTEGER NOT NULL,
    next_try_at REAL NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS events_seen (webhook_id TEXT PRIMARY KEY) STRICT;
"""

LONGEST_PAUSE_S = 60


@dataclass(frozen=True)
class Comment:
    """One comment; `state` is `waiting` until the service has answered, then the service's own word."""

    id: str
    article: str
    author_id: str
    name: str
    text: str
    created_at: float
    parent_id: str = ""
    state: str = "waiting"
    version: int = 0
    decided_by: str = ""
    reasons: list[str] = field(default_factory=list)
    status_url: str = ""
    told_at: float | None = None


class Store:
    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as db:
            db.executescript(SCHEMA)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """One transaction: committed at the end of the block, rolled back on an error."""
        db = sqlite3.connect(self.path, timeout=5)
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA secure_delete = ON")  # an erased text must not stay behind in free pages
        try:
            with db:
                yield db
        finally:
            db.close()

    def is_empty(self) -> bool:
        with self._open() as db:
            return db.execute("SELECT 1 FROM comments LIMIT 1").fetchone() is None

    def add(self, comment: Comment, request: bytes) -> None:
        """Keeps a new comment and the request that asks about it, together or not at all."""
        with self._open() as db:
            db.execute(
                "INSERT INTO comments (id, article, parent_id, author_id, name, text, created_at, state,"
                " version, decided_by, reasons, status_url) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, '', '[]', '')",
                (
                    comment.id,
                    comment.article,
                    comment.parent_id,
                    comment.author_id,
                    comment.name,
                    comment.text,
                    comment.created_at,
                    comment.state,
                ),
            )
            db.execute("INSERT INTO outbox VALUES (?, ?, 0, 0)", (comment.id, request))

    def visible(self, article: str, author_id: str) -> list[Comment]:
        """What a reader may see under an article: all that is published, and everything of their own."""
        with self._open() as db:
            rows = db.execute(
                "SELECT * FROM comments WHERE article = ? AND (state = 'published' OR author_id = ?)"
                " ORDER BY created_at, rowid",
                (article, author_id),
            ).fetchall()
        return [_comment(row) for row in rows]

    def published_counts(self) -> dict[str, int]:
        with self._open() as db:
            rows = db.execute(
                "SELECT article, count(*) FROM comments WHERE state = 'published' GROUP BY article"
            ).fetchall()
        return dict(rows)

    def due(self, now: float) -> list[str]:
        """The comments to ask about now, oldest first."""
        with self._open() as db:
            rows = db.execute("SELECT comment_id FROM outbox WHERE next_try_at <= ? ORDER BY rowid", (now,)).fetchall()
        return [row["comment_id"] for row in rows]

    def claim(self, comment_id: str, now: float) -> bytes | None:
        """The request to send, or None when it is answered or just being sent by another thread.

        The next try is planned before this one begins, so a crash in between loses nothing.
        """
        with self._open() as db:
            row = db.execute(
                "UPDATE outbox SET tries = tries + 1, next_try_at = ? + min(3 << min(tries, 8), ?)"
                " WHERE comment_id = ? AND next_try_at <= ? RETURNING request",
                (now, LONGEST_PAUSE_S, comment_id, now),
            ).fetchone()
        return row["request"] if row else None

    def record_answer(self, verdict: Verdict) -> None:
        """Takes over what the service answered to our own request."""
        with self._open() as db:
            # Apart from the verdict: a fast event may have brought that already, but it knows no address.
            db.execute("UPDATE comments SET status_url = ? WHERE id = ?", (verdict.status_url, verdict.comment_id))
            _apply(db, verdict, told_at=None)

    def record_event(self, webhook_id: str, verdict: Verdict, now: float) -> None:
        """Takes over what the service told us in a verified webhook; the same event twice does nothing."""
        with self._open() as db:
            added = db.execute("INSERT OR IGNORE INTO events_seen VALUES (?)", (webhook_id,))
            if added.rowcount:
                _apply(db, verdict, told_at=now)


def _apply(db: sqlite3.Connection, verdict: Verdict, *, told_at: float | None) -> None:
    """Moves a comment on, unless we know it already: answers and events can overtake each other."""
    moved = db.execute(
        "UPDATE comments SET state = ?, version = ?, decided_by = ?, reasons = ?, told_at = ?"
        " WHERE id = ? AND version < ?",
        (
            verdict.state,
            verdict.version,
            verdict.decided_by,
            json.dumps(verdict.reasons),
            told_at,
            verdict.comment_id,
            verdict.version,
        ),
    )
    if not moved.rowcount:
        return
    db.execute("DELETE FROM outbox WHERE comment_id = ?", (verdict.comment_id,))
    if verdict.state == "erased":
        db.execute(
            "UPDATE comments SET name = '', text = '', reasons = '[]', status_url = '' WHERE id = ?",
            (verdict.comment_id,),
        )


def _comment(row: sqlite3.Row) -> Comment:
    return Comment(**{**row, "reasons": json.loads(row["reasons"])})

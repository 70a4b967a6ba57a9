"""Everything that is kept of an author, as JSON for them to have."""

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.storage import audit
from moderation.storage.audit import Who
from moderation.storage.engine import Database
from moderation.storage.tables import Appeal, Author, Comment, Decision, Label, Note, Report, Revision, Site

PAGE = 200


def export(database: Database, author: Author, *, who: Who, now: datetime) -> dict[str, Any]:
    """What the author wrote, what was decided of it and why, and what the site's people noted; times are ISO 8601 UTC.

    Moderators are not named: that is their own data.
    """
    with database.write() as session:
        content = {"what": "author", "author": str(author.id)}
        audit.append(session, author.site_id, "export", content, who=who, now=now)
    with database.read() as session:
        site, author = session.get_one(Site, author.site_id), session.get_one(Author, author.id)
        return {
            "site": site.slug,
            "exported_at": _time(now),
            "author": {
                "known_as": author.external_id.partition(":")[2],
                "name": author.name,
                "email": author.email,
                "url": author.url,
                "first_seen": _time(author.created_at),
                "standing": author.standing.value if author.standing else None,
                "standing_until": _time(author.standing_until),
                "standing_why": author.standing_why,
            },
            "notes": [
                {"at": _time(note.created_at), "text": note.text}
                for note in session.scalars(sa.select(Note).where(Note.author_id == author.id).order_by(Note.id))
            ],
            "reports": _reports(session, author),
            "comments": [item for page in _pages(session, author.id) for item in _comments(session, page)],
        }


def _reports(session: so.Session, author: Author) -> list[dict[str, Any]]:
    """What they complained of, where the blog named them."""
    kind, _, name = author.external_id.partition(":")
    query = (
        sa.select(Report, Comment.external_id)
        .join(Comment, Comment.id == Report.comment_id)
        .where(Report.site_id == author.site_id, Report.reporter == name)
    )
    rows = session.execute(query.order_by(Report.id)).all() if kind == "id" else []
    return [{"comment": row[1], "at": _time(row[0].created_at), "reason": row[0].reason} for row in rows]


def _pages(session: so.Session, author_id: uuid.UUID) -> Iterator[list[Comment]]:
    last: uuid.UUID | None = None
    while True:
        query = sa.select(Comment).where(Comment.author_id == author_id)
        if last is not None:
            query = query.where(Comment.id > last)
        page = list(session.scalars(query.order_by(Comment.id).limit(PAGE).options(so.joinedload(Comment.article))))
        if not page:
            return
        yield page
        last = page[-1].id


def _comments(session: so.Session, page: list[Comment]) -> Iterator[dict[str, Any]]:
    ids = [comment.id for comment in page]
    decisions = _by_comment(session, sa.select(Decision).where(Decision.comment_id.in_(ids)).order_by(Decision.version))
    revisions = _by_comment(session, sa.select(Revision).where(Revision.comment_id.in_(ids)).order_by(Revision.number))
    appeals = _by_comment(session, sa.select(Appeal).where(Appeal.comment_id.in_(ids)))
    labels = _by_comment(session, sa.select(Label).where(Label.comment_id.in_(ids)).order_by(Label.id))
    for comment in page:
        yield {
            "id": comment.external_id,
            "text": comment.text,
            "earlier_texts": [
                {"text": row.text, "replaced_at": _time(row.replaced_at)} for row in revisions.get(comment.id, [])
            ],
            "name": comment.author_name,
            "ip": comment.author_ip,
            "language": comment.language,
            "permalink": comment.permalink,
            "article": comment.article.external_id if comment.article else None,
            "in_answer_to": comment.parent_external_id or None,
            "posted_at": _time(comment.posted_at),
            "received_at": _time(comment.created_at),
            "state": comment.state.value,
            "decisions": [
                {
                    "at": _time(row.created_at),
                    "decision": row.action.value,
                    "decided_by": row.actor.value,
                    "note": row.note,
                    "reasons": row.receipt.get("reasons", []),
                    "scores": row.receipt.get("scores", {}),
                    "model": row.receipt.get("model"),
                    "policy_version": row.receipt.get("policy_version"),
                }
                for row in decisions.get(comment.id, [])
            ],
            "appeals": [
                {"at": _time(row.created_at), "text": row.text, "answer": row.answer}
                for row in appeals.get(comment.id, [])
            ],
            "labels": [{"attribute": row.attribute, "score": row.score} for row in labels.get(comment.id, [])],
        }


def _by_comment(session: so.Session, query: sa.Select[Any]) -> dict[uuid.UUID, list[Any]]:
    found: dict[uuid.UUID, list[Any]] = {}
    for row in session.scalars(query):
        found.setdefault(row.comment_id, []).append(row)
    return found


def _time(value: datetime | None) -> str | None:
    return value.isoformat().replace("+00:00", "Z") if value else None

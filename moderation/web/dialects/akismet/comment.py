"""A comment as Akismet's clients send it, as a comment of the site."""

import hashlib
import hmac
import uuid
from dataclasses import replace
from datetime import UTC, datetime

import sqlalchemy.orm as so

from moderation.domain.comment import Submission
from moderation.domain.errors import InvalidRequest
from moderation.storage import akismet, comments
from moderation.storage.tables import Comment, Site
from moderation.web import bodies
from moderation.web.dialects.akismet.fields import Fields
from moderation.web.schemas import CommentIn
from moderation.web.services import services

EARLIEST = 1970  # a clock that was never set


def submission(fields: Fields) -> Submission:
    """The fields as a comment. What is not listed here, such as the headers that some clients send, is dropped.

    Raises:
        InvalidRequest: it has no text, or too much of it.
    """
    body = text(fields)
    if not body.strip():
        raise InvalidRequest("Missing required field: comment_content.", code="text-empty")
    bodies.check_length(body, services().settings.max_text_bytes, "comment_content")
    page = article_id(fields)
    checked = bodies.check(
        CommentIn,
        {
            "id": comment_id(fields),
            "text": body,
            "created_at": posted_at(fields.get("comment_date_gmt", "")),
            "permalink": fields.get("permalink"),
            "article": {"id": page, "url": fields.get("permalink")} if page else None,
            "author": {
                "name": fields.get("comment_author"),
                "email": fields.get("comment_author_email"),
                "url": fields.get("comment_author_url"),
                "ip": fields.get("user_ip"),
            },
        },
    )
    return replace(checked.as_submission(), vouched_for="administrator" in roles(fields))


def text(fields: Fields) -> str:
    """What was written; of a sign-up without a text, the name and address that will be shown."""
    shown = fields.get("comment_author", ""), fields.get("comment_author_url", "")
    return fields.get("comment_content", "").strip() or " ".join(filter(None, shown))


def roles(fields: Fields) -> set[str]:
    return {role.strip().lower() for role in fields.get("user_role", "").split(",")}


def comment_id(fields: Fields) -> str:
    """The comment's id: the protocol has none, so the same text by the same person on the same page is the same.

    A keyed hash, since it outlives the comment's erasure.
    """
    email = fields.get("comment_author_email", "").strip().casefold()
    parts = [
        comments.text_sha256(text(fields)).hex(),
        article_id(fields),
        fields.get("comment_parent", "").strip().lstrip("0"),
        email or fields.get("comment_author", "").strip().casefold(),
        "" if email else fields.get("user_ip", "").strip(),
    ]
    derived = hashlib.sha256(b"akismet-comments:" + services().settings.secret_key.encode()).digest()
    return "akismet:" + hmac.digest(derived, "\x1f".join(parts).encode(), "sha256").hex()[:32]


def article_id(fields: Fields) -> str:
    """What the article is known by: the blog's id of it, else its address."""
    post_id, page = fields.get("comment_post_ID", "").strip(), fields.get("permalink", "").partition("#")[0].strip()
    named = post_id.lstrip("0") or page
    return named if len(named) <= 200 else hashlib.sha256(named.encode()).hexdigest()


def posted_at(value: str) -> datetime | None:
    """When it was written, in ISO 8601 or as MySQL writes it; None if that cannot be read."""
    try:
        found = datetime.fromisoformat(value.strip())
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if found.year >= EARLIEST else None


def find(session: so.Session, site: Site, fields: Fields) -> Comment | None:
    """The comment that a report is about: by our guid, by what makes it the same, else the newest with its text."""
    by_guid = _by_guid(session, site, fields.get("guid", ""))
    if by_guid is not None:
        return by_guid
    exact = comments.find_comment(session, site.id, comment_id(fields))
    return exact or akismet.newest_with_text(session, site.id, text(fields), fields.get("comment_author", ""))


def _by_guid(session: so.Session, site: Site, guid: str) -> Comment | None:
    try:
        found = session.get(Comment, uuid.UUID(guid))
    except ValueError:
        return None
    return found if found is not None and found.site_id == site.id else None

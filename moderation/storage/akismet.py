"""Keys for Akismet's clients, where their blogs hear of outcomes, and what they asked in each month."""

import hashlib
import hmac
import re
import secrets
import string
import uuid
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
import sqlalchemy.orm as so
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from moderation.domain.comment import State
from moderation.storage import audit
from moderation.storage.comments import text_sha256
from moderation.storage.secrets import encrypt
from moderation.storage.tables import AkismetCallback, AkismetKey, AkismetUsage, Comment, Site

# Akismet's own plugin calls anything else invalid before it asks; host labels know no case.
KEY_LENGTH, KEY_CHARACTERS = 12, string.ascii_lowercase + string.digits
_KEY = re.compile(rf"[a-z0-9]{{{KEY_LENGTH}}}")

# What a blog that knows spam and not spam is told of a comment in each state; nothing of one that still waits.
RESULT = {State.PUBLISHED: "false", State.REJECTED: "true", State.SPAM: "true"}

COUNTS = ("spam", "ham", "missed_spam", "false_positives")

# Asked with every request, so it is built once.
_BY_LOOKUP = (
    sa.select(AkismetKey).where(AkismetKey.lookup == sa.bindparam("lookup")).options(so.joinedload(AkismetKey.site))
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a comment, and how and where its blog is told.

    `sealed_key` is encrypted, and None where the site has no key any more.
    """

    url: str
    blog: str
    sealed_key: bytes | None
    guid: str
    result: str
    post_id: str
    email: str


def add_key(
    session: so.Session,
    site: Site,
    secret_key: str,
    *,
    blog: str = "",
    holds: bool = False,
    discards: bool = False,
) -> str:
    """A new key of the site; unlike an API key it can be shown again."""
    key = "".join(secrets.choice(KEY_CHARACTERS) for _ in range(KEY_LENGTH))
    session.add(
        AkismetKey(
            site_id=site.id,
            lookup=_lookup(key, secret_key),
            sealed=encrypt(key, secret_key),
            blog=blog,
            holds=holds,
            discards=discards,
        )
    )
    session.flush()
    audit.append(session, site.id, "key", {"what": "akismet_key"})
    return key


def save_key(
    session: so.Session, site: Site, secret_key: str, *, blog: str, holds: bool, discards: bool, now: datetime
) -> str | None:
    """Change what the site's key is for; without one, make one, which is then returned."""
    row = current_key(session, site.id, now)
    if row is None:
        return add_key(session, site, secret_key, blog=blog, holds=holds, discards=discards)
    row.blog, row.holds, row.discards = blog, holds, discards
    audit.append(session, site.id, "setting", {"what": "akismet", "holds": holds, "discards": discards})
    return None


def rotate_key(session: so.Session, site: Site, secret_key: str, *, ends_at: datetime, now: datetime) -> str:
    """Another key for the same; the ones before still work until *ends_at*."""
    row = current_key(session, site.id, now)
    expire_keys(session, site.id, ends_at)
    if row is None:
        return add_key(session, site, secret_key)
    return add_key(session, site, secret_key, blog=row.blog, holds=row.holds, discards=row.discards)


def find_key(session: so.Session, key: str, secret_key: str, now: datetime) -> AkismetKey | None:
    """The row of *key*, in whatever case, with its site, if it is one of ours and has not ended."""
    key = key.strip().lower()
    if not _KEY.fullmatch(key):
        return None
    row = session.scalar(_BY_LOOKUP, {"lookup": _lookup(key, secret_key)})
    return None if row is None or (row.expires_at is not None and row.expires_at <= now) else row


def current_key(session: so.Session, site_id: uuid.UUID, now: datetime) -> AkismetKey | None:
    """The newest key of a site that has no end yet, else the newest that has not ended."""
    return session.scalar(
        sa.select(AkismetKey)
        .where(AkismetKey.site_id == site_id, _lasts(now))
        .order_by(AkismetKey.expires_at.is_not(None), AkismetKey.id.desc())
        .limit(1)
    )


def expire_keys(session: so.Session, site_id: uuid.UUID, at: datetime) -> None:
    """Let every key of the site end at *at*, unless it ends before."""
    session.execute(sa.update(AkismetKey).where(AkismetKey.site_id == site_id, _lasts(at)).values(expires_at=at))
    audit.append(session, site_id, "key", {"what": "akismet_keys_end", "at": at.isoformat()})


def note_use(session: so.Session, key: AkismetKey, today: date) -> None:
    """Keep the day on which a key was used last."""
    unknown = sa.or_(AkismetKey.last_used_on.is_(None), AkismetKey.last_used_on < today)
    session.execute(sa.update(AkismetKey).where(AkismetKey.id == key.id, unknown).values(last_used_on=today))


def keep_callback(session: so.Session, comment: Comment, *, url: str, post_id: str, email: str) -> None:
    """Write down where the blog wants to hear of the comment; the last word counts."""
    session.merge(AkismetCallback(comment_id=comment.id, url=url, post_id=post_id, email=email))


def forget_callback(session: so.Session, comment_id: uuid.UUID) -> None:
    session.execute(sa.delete(AkismetCallback).where(AkismetCallback.comment_id == comment_id))


def callback_url(session: so.Session, comment_id: uuid.UUID) -> str:
    """Where the blog wants to hear of the comment; empty where it does not."""
    url = session.scalar(sa.select(AkismetCallback.url).where(AkismetCallback.comment_id == comment_id))
    return url or ""


def outcome(session: so.Session, comment_id: uuid.UUID, now: datetime) -> Outcome | None:
    """What the blog has to be told of the comment as it stands now; None when there is nothing to tell.

    The key is the one that the blog used last: after a rotation it may still have the old one.
    """
    row = session.execute(
        sa.select(AkismetCallback, Comment.state, Comment.site_id)
        .join(Comment, Comment.id == AkismetCallback.comment_id)
        .where(AkismetCallback.comment_id == comment_id)
    ).first()
    if row is None or row.state not in RESULT:
        return None
    key = session.scalar(
        sa.select(AkismetKey)
        .where(AkismetKey.site_id == row.site_id, _lasts(now), AkismetKey.last_used_on.is_not(None))
        .order_by(AkismetKey.last_used_on.desc(), AkismetKey.id.desc())
        .limit(1)
    )
    callback = row.AkismetCallback
    return Outcome(
        url=callback.url,
        blog=key.blog if key else "",
        sealed_key=key.sealed if key else None,
        guid=comment_id.hex,
        result=RESULT[row.state],
        post_id=callback.post_id,
        email=callback.email,
    )


def count(session: so.Session, site_id: uuid.UUID, month: str, field: str) -> None:
    """Add one to a month's count, one of COUNTS."""
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    counts = {**dict.fromkeys(COUNTS, 0), field: 1}
    statement = insert(AkismetUsage).values(site_id=site_id, month=month, **counts)
    column = getattr(AkismetUsage, field)
    session.execute(statement.on_conflict_do_update(index_elements=["site_id", "month"], set_={field: column + 1}))


def newest_with_text(session: so.Session, site_id: uuid.UUID, text: str, author_name: str) -> Comment | None:
    """The site's newest comment with this text, one under the author's name before others."""
    same_name = sa.func.lower(Comment.author_name) == author_name.strip().lower()
    return session.scalar(
        sa.select(Comment)
        .where(Comment.site_id == site_id, Comment.text_sha256 == text_sha256(text))
        .order_by(sa.case((same_name, 0), else_=1), Comment.created_at.desc(), Comment.id.desc())
        .limit(1)
    )


def total(session: so.Session, site_id: uuid.UUID) -> dict[str, int]:
    """The counts of all months together."""
    columns = [getattr(AkismetUsage, name) for name in COUNTS]
    row = session.execute(
        sa.select(*(sa.func.coalesce(sa.func.sum(column), 0) for column in columns)).where(
            AkismetUsage.site_id == site_id
        )
    ).one()
    return dict(zip(COUNTS, map(int, row), strict=True))


def usage(session: so.Session, site_id: uuid.UUID, month: str) -> AkismetUsage | None:
    return session.get(AkismetUsage, (site_id, month))


def _lasts(now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(AkismetKey.expires_at.is_(None), AkismetKey.expires_at > now)


def _lookup(key: str, secret_key: str) -> bytes:
    """What a key is found by: twelve characters are too few for a plain hash to hide."""
    derived = hashlib.sha256(b"akismet-keys:" + secret_key.encode()).digest()
    return hmac.digest(derived, key.encode(), "sha256")

"""Moderators, what they may do where, and their sign-ins."""

import hashlib
import secrets
import uuid
from datetime import datetime, timedelta

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.storage.tables import Membership, Moderator, ModeratorSession, Role, Site

IDLE_LIMIT = timedelta(hours=8)
ABSOLUTE_LIMIT = timedelta(days=7)
# Writing "seen just now" on every page would make each of them a write.
SEEN_RESOLUTION = timedelta(minutes=5)


def add_moderator(session: so.Session, *, email: str, name: str, password_hash: str) -> Moderator:
    moderator = Moderator(email=email.lower(), name=name, password_hash=password_hash)
    session.add(moderator)
    session.flush()
    return moderator


def moderator_by_email(session: so.Session, email: str) -> Moderator | None:
    return session.scalar(sa.select(Moderator).where(Moderator.email == email.strip().lower()))


def join_site(session: so.Session, moderator: Moderator, site: Site, role: Role) -> None:
    session.merge(Membership(moderator_id=moderator.id, site_id=site.id, role=role))


def roles(session: so.Session, moderator_id: uuid.UUID) -> dict[uuid.UUID, Role]:
    """The moderator's role on each of their sites."""
    rows = session.execute(
        sa.select(Membership.site_id, Membership.role).where(Membership.moderator_id == moderator_id)
    )
    return {row.site_id: row.role for row in rows}


def open_session(session: so.Session, moderator: Moderator, now: datetime) -> str:
    """Sign a moderator in: the token for their browser, of which only the hash is kept."""
    token = secrets.token_urlsafe(32)
    session.add(ModeratorSession(token_sha256=_sha256(token), moderator_id=moderator.id, created_at=now, seen_at=now))
    return token


def find_session(session: so.Session, token: str, now: datetime) -> ModeratorSession | None:
    """The sign-in behind *token*, if it is neither idle for too long nor too old, nor its owner disabled."""
    row = session.scalar(
        sa.select(ModeratorSession)
        .where(
            ModeratorSession.token_sha256 == _sha256(token),
            ModeratorSession.seen_at > now - IDLE_LIMIT,
            ModeratorSession.created_at > now - ABSOLUTE_LIMIT,
        )
        .options(so.joinedload(ModeratorSession.moderator))
    )
    return None if row is None or row.moderator.disabled_at is not None else row


def touch_session(session: so.Session, row: ModeratorSession, now: datetime) -> None:
    session.execute(
        sa.update(ModeratorSession).where(ModeratorSession.token_sha256 == row.token_sha256).values(seen_at=now)
    )


def close_session(session: so.Session, token: str) -> None:
    session.execute(sa.delete(ModeratorSession).where(ModeratorSession.token_sha256 == _sha256(token)))


def close_sessions(session: so.Session, moderator: Moderator) -> None:
    """End every sign-in of a moderator (a new password, a disabled account)."""
    session.execute(sa.delete(ModeratorSession).where(ModeratorSession.moderator_id == moderator.id))


def purge_sessions(session: so.Session, now: datetime) -> None:
    session.execute(sa.delete(ModeratorSession).where(ModeratorSession.created_at <= now - ABSOLUTE_LIMIT))


def _sha256(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()

"""Moderators, what they may do where, and their sign-ins."""

import hashlib
import secrets
import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.domain.errors import Conflict
from moderation.storage import audit
from moderation.storage.audit import INSTALLATION, Who
from moderation.storage.tables import Membership, Moderator, ModeratorSession, Role, Site

IDLE_LIMIT = timedelta(hours=8)
ABSOLUTE_LIMIT = timedelta(days=7)
# Writing "seen just now" on every page would make each of them a write.
SEEN_RESOLUTION = timedelta(minutes=5)
MAX_USER_AGENT = 300

# A sign-in that is neither idle for too long nor too old; `_limits` has the times.
_HOLDS = (
    ModeratorSession.seen_at > sa.bindparam("seen_after"),
    ModeratorSession.created_at > sa.bindparam("opened_after"),
)
# Asked by every page, so they are built once.
_SIGN_IN = (
    sa.select(ModeratorSession)
    .where(ModeratorSession.token_sha256 == sa.bindparam("token_sha256"), *_HOLDS)
    .options(so.joinedload(ModeratorSession.moderator))
)
_OWN_SITES = (
    sa.select(Site.id, Site.name, Membership.role, Site.requires_two_step)
    .join(Membership, Membership.site_id == Site.id)
    .where(Membership.moderator_id == sa.bindparam("moderator_id"))
    .order_by(Site.name, Site.id)
)


def add_moderator(
    session: so.Session, *, email: str, name: str, password_hash: str, first_password_ends_at: datetime | None = None
) -> Moderator:
    """A new account; a password that was made for its owner has an end."""
    moderator = Moderator(
        email=email.lower(), name=name, password_hash=password_hash, first_password_ends_at=first_password_ends_at
    )
    session.add(moderator)
    session.flush()
    audit.append(session, INSTALLATION, "account", {"what": "added", "moderator": str(moderator.id)})
    return moderator


def moderator_by_email(session: so.Session, email: str) -> Moderator | None:
    return session.scalar(sa.select(Moderator).where(Moderator.email == email.strip().lower()))


def names(session: so.Session, moderator_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    if not moderator_ids:
        return {}
    rows = session.execute(sa.select(Moderator.id, Moderator.name).where(Moderator.id.in_(moderator_ids)))
    return {row.id: row.name for row in rows}


def set_password(
    session: so.Session, moderator: Moderator, password_hash: str, *, first_password_ends_at: datetime | None = None
) -> None:
    """Another password: of their own, or with an end if it was made for them."""
    new = {"password_hash": password_hash, "first_password_ends_at": first_password_ends_at}
    session.execute(sa.update(Moderator).where(Moderator.id == moderator.id).values(**new))
    audit.append(session, INSTALLATION, "account", {"what": "password", "moderator": str(moderator.id)})


def join_site(session: so.Session, moderator: Moderator, site: Site, role: Role) -> None:
    session.merge(Membership(moderator_id=moderator.id, site_id=site.id, role=role))
    _note_role(session, site, moderator.id, role)


class OwnSite(NamedTuple):
    """A site that a moderator works on, and what they are there."""

    id: uuid.UUID
    name: str
    role: Role
    requires_two_step: bool


def own_sites(session: so.Session, moderator_id: uuid.UUID) -> list[OwnSite]:
    """The moderator's sites, by name."""
    return [OwnSite(*row) for row in session.execute(_OWN_SITES, {"moderator_id": moderator_id})]


def roles(session: so.Session, moderator_id: uuid.UUID) -> dict[uuid.UUID, Role]:
    """The moderator's role on each of their sites."""
    return {site.id: site.role for site in own_sites(session, moderator_id)}


def people_of(session: so.Session, site_id: uuid.UUID) -> list[tuple[Moderator, Role]]:
    """Everybody with a role on the site, by name."""
    rows = session.execute(
        sa.select(Moderator, Membership.role)
        .join(Membership, Membership.moderator_id == Moderator.id)
        .where(Membership.site_id == site_id)
        .order_by(Moderator.name, Moderator.id)
    )
    return [(row[0], row[1]) for row in rows]


def change_role(session: so.Session, site: Site, moderator_id: uuid.UUID, role: Role | None) -> bool:
    """Give somebody of the site another role, or none any more; False if they have none there.

    Raises:
        Conflict: nobody would own the site.
    """
    # Two owners who demote each other at the same moment come one after the other.
    session.get_one(Site, site.id, with_for_update=True, populate_existing=True)
    found = session.get(Membership, (moderator_id, site.id), populate_existing=True)
    if found is None:
        return False
    if found.role is Role.OWNER and role is not Role.OWNER and _owners(session, site.id) == 1:
        raise Conflict("A site keeps at least one owner. Make somebody else an owner first.", code="last-owner")
    if role is None:
        session.delete(found)
    else:
        found.role = role
    _note_role(session, site, moderator_id, role)
    return True


def _note_role(session: so.Session, site: Site, moderator_id: uuid.UUID, role: Role | None) -> None:
    content = {"moderator": str(moderator_id), "role": role.value if role else None}
    audit.append(session, site.id, "role", content)


def has_owner(session: so.Session, site_id: uuid.UUID) -> bool:
    """Whether somebody who can sign in owns the site."""
    return _owners(session, site_id) > 0


def _owners(session: so.Session, site_id: uuid.UUID) -> int:
    owners = (
        sa.select(sa.func.count())
        .select_from(Membership)
        .join(Moderator, Moderator.id == Membership.moderator_id)
        .where(Membership.site_id == site_id, Membership.role == Role.OWNER, Moderator.disabled_at.is_(None))
    )
    return session.scalar(owners) or 0


def open_session(session: so.Session, moderator: Moderator, now: datetime, *, user_agent: str = "") -> str:
    """Sign a moderator in: the token for their browser, of which only the hash is kept."""
    token = secrets.token_urlsafe(32)
    session.add(
        ModeratorSession(
            token_sha256=_sha256(token),
            moderator_id=moderator.id,
            created_at=now,
            seen_at=now,
            user_agent=user_agent[:MAX_USER_AGENT],
        )
    )
    _note_sign_in(session, moderator, "in", now)
    return token


def note_refusal(session: so.Session, moderator: Moderator, what: str, now: datetime) -> None:
    """Somebody tried to sign in as *moderator*: *what* was wrong."""
    _note_sign_in(session, moderator, f"refused_{what}", now)


def _note_sign_in(session: so.Session, moderator: Moderator, what: str, now: datetime) -> None:
    who = Who("moderator", moderator.id)
    audit.append(session, INSTALLATION, "sign_in", {"what": what}, who=who, now=now)


def sessions_of(session: so.Session, moderator: Moderator, now: datetime) -> list[ModeratorSession]:
    """The sign-ins of a moderator that still hold, the last seen first."""
    mine = sa.select(ModeratorSession).where(ModeratorSession.moderator_id == moderator.id, *_HOLDS)
    return list(session.scalars(mine.order_by(ModeratorSession.seen_at.desc()), _limits(now)))


def find_session(session: so.Session, token: str, now: datetime) -> ModeratorSession | None:
    """The sign-in behind *token*, if it is neither idle for too long nor too old, nor its owner disabled."""
    row = session.scalar(_SIGN_IN, {"token_sha256": _sha256(token), **_limits(now)})
    return None if row is None or row.moderator.disabled_at is not None else row


def renew_session(session: so.Session, row: ModeratorSession) -> str:
    """Another token for a sign-in that goes on; the one before is worth nothing any more."""
    token = secrets.token_urlsafe(32)
    mine = sa.update(ModeratorSession).where(ModeratorSession.token_sha256 == row.token_sha256)
    session.execute(mine.values(token_sha256=_sha256(token)).execution_options(synchronize_session=False))
    row.token_sha256 = _sha256(token)
    return token


def touch_session(session: so.Session, row: ModeratorSession, now: datetime) -> None:
    session.execute(
        sa.update(ModeratorSession).where(ModeratorSession.token_sha256 == row.token_sha256).values(seen_at=now)
    )


def close_session(session: so.Session, token: str) -> None:
    ended = session.execute(sa.delete(ModeratorSession).where(ModeratorSession.token_sha256 == _sha256(token)))
    if ended.rowcount:  # type: ignore[attr-defined]
        audit.append(session, INSTALLATION, "sign_in", {"what": "out"})


def revoke_session(session: so.Session, moderator: Moderator, token_sha256: bytes) -> bool:
    """End one sign-in of a moderator, named by its hash; False if it is not theirs or ended before."""
    mine = sa.delete(ModeratorSession).where(
        ModeratorSession.token_sha256 == token_sha256, ModeratorSession.moderator_id == moderator.id
    )
    ended = bool(session.execute(mine).rowcount)  # type: ignore[attr-defined]
    if ended:
        audit.append(session, INSTALLATION, "sign_in", {"what": "one_ended", "moderator": str(moderator.id)})
    return ended


def close_other_sessions(session: so.Session, kept: ModeratorSession) -> None:
    """End every sign-in of a moderator but this one."""
    session.execute(
        sa.delete(ModeratorSession).where(
            ModeratorSession.moderator_id == kept.moderator_id, ModeratorSession.token_sha256 != kept.token_sha256
        )
    )
    audit.append(session, INSTALLATION, "sign_in", {"what": "others_ended", "moderator": str(kept.moderator_id)})


def close_sessions(session: so.Session, moderator: Moderator) -> None:
    """End every sign-in of a moderator (a new password, a disabled account)."""
    session.execute(sa.delete(ModeratorSession).where(ModeratorSession.moderator_id == moderator.id))
    audit.append(session, INSTALLATION, "sign_in", {"what": "all_ended", "moderator": str(moderator.id)})


def set_disabled(session: so.Session, moderator: Moderator, at: datetime | None) -> None:
    """Keep a moderator out from *at* on, or with None let them in again."""
    session.execute(sa.update(Moderator).where(Moderator.id == moderator.id).values(disabled_at=at))
    what = "enabled" if at is None else "disabled"
    audit.append(session, INSTALLATION, "account", {"what": what, "moderator": str(moderator.id)})


def purge_sessions(session: so.Session, now: datetime) -> None:
    session.execute(sa.delete(ModeratorSession).where(ModeratorSession.created_at <= now - ABSOLUTE_LIMIT))


def _limits(now: datetime) -> dict[str, datetime]:
    return {"seen_after": now - IDLE_LIMIT, "opened_after": now - ABSOLUTE_LIMIT}


def _sha256(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()

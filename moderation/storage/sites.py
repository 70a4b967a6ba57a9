"""Sites and their keys."""

import hashlib
import hmac
import secrets
import uuid
from datetime import date, datetime
from urllib.parse import urlsplit

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.storage import audit
from moderation.storage.outbox import AKISMET_OUTCOME
from moderation.storage.tables import ApiKey, Event, EventState, Site, StatusPage

MAX_NAME = 200  # of a site, and of a key

# Asked with every request, so it is built once.
_BY_PREFIX = sa.select(ApiKey).where(ApiKey.prefix == sa.bindparam("prefix")).options(so.joinedload(ApiKey.site))


def add_site(session: so.Session, *, slug: str, name: str, webhook_url: str | None, webhook_secret: bytes) -> Site:
    """A new site; `webhook_secret` comes encrypted."""
    site = Site(slug=slug, name=name, webhook_url=webhook_url, webhook_secret=webhook_secret)
    session.add(site)
    session.flush()
    audit.append(session, site.id, "site", {"what": "added", "slug": slug})
    return site


def list_sites(session: so.Session) -> list[Site]:
    return list(session.scalars(sa.select(Site).order_by(Site.slug)))


def site_by_slug(session: so.Session, slug: str) -> Site | None:
    if not slug.isprintable():
        return None  # PostgreSQL refuses even to look for NUL
    return session.scalar(sa.select(Site).where(Site.slug == slug))


def add_key(session: so.Session, site: Site, *, name: str = "", scores_only: bool = False) -> str:
    """A new API key, `prefix.secret`. This is the only time the secret is seen."""
    prefix, secret = f"mk_{secrets.token_hex(6)}", secrets.token_urlsafe(32)
    about = {"prefix": prefix, "scores_only": scores_only}
    session.add(ApiKey(site_id=site.id, secret_sha256=_sha256(secret), name=name, **about))
    audit.append(session, site.id, "key", {"what": "made", **about})
    return f"{prefix}.{secret}"


def expire_keys(session: so.Session, site: Site, at: datetime) -> None:
    """Let every key of the site that has no end yet end at *at*."""
    session.execute(
        sa.update(ApiKey).where(ApiKey.site_id == site.id, ApiKey.expires_at.is_(None)).values(expires_at=at)
    )
    audit.append(session, site.id, "key", {"what": "all_end", "at": at.isoformat()})


def list_keys(session: so.Session, site_id: uuid.UUID) -> list[ApiKey]:
    """The keys of a site, newest first, also those that have ended."""
    return list(session.scalars(sa.select(ApiKey).where(ApiKey.site_id == site_id).order_by(ApiKey.id.desc())))


def expire_key(session: so.Session, site: Site, key_id: uuid.UUID, at: datetime) -> bool:
    """Let one key of the site end at *at*, if it would not end before; False if there is none such."""
    lasting = sa.or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > at)
    mine = sa.update(ApiKey).where(ApiKey.id == key_id, ApiKey.site_id == site.id, lasting)
    ended = bool(session.execute(mine.values(expires_at=at)).rowcount)  # type: ignore[attr-defined]
    if ended:
        audit.append(session, site.id, "key", {"what": "ends", "key": str(key_id), "at": at.isoformat()})
    return ended


def rotate_key(session: so.Session, site: Site, key_id: uuid.UUID, *, ends_at: datetime) -> str | None:
    """A new key of the same name and reach; the old one still works until *ends_at*. None if it has ended already."""
    old = session.scalar(sa.select(ApiKey).where(ApiKey.id == key_id, ApiKey.site_id == site.id))
    if old is None or not expire_key(session, site, key_id, ends_at):
        return None
    return add_key(session, site, name=old.name, scores_only=old.scores_only)


def note_use(session: so.Session, key: ApiKey, today: date) -> None:
    """Keep the day on which a key was used last."""
    unknown = sa.or_(ApiKey.last_used_on.is_(None), ApiKey.last_used_on < today)
    session.execute(sa.update(ApiKey).where(ApiKey.id == key.id, unknown).values(last_used_on=today))


def find_key(session: so.Session, key: str, now: datetime) -> ApiKey | None:
    """The row of *key* with its site, if it is one of ours and has not ended."""
    prefix, _, secret = key.partition(".")
    if not prefix.isprintable():
        return None
    row = session.scalar(_BY_PREFIX, {"prefix": prefix})
    if row is None or not hmac.compare_digest(row.secret_sha256, _sha256(secret)):
        return None
    return None if row.expires_at is not None and row.expires_at <= now else row


def site_by_key(session: so.Session, key: str, now: datetime) -> Site | None:
    """The site that *key* belongs to."""
    row = find_key(session, key, now)
    return row.site if row else None


def set_status_page(session: so.Session, site: Site, page: StatusPage) -> None:
    site.status_page = page
    session.add(site)
    audit.append(session, site.id, "setting", {"what": "status_page", "value": page.value})


def set_retention(session: so.Session, site: Site, days: int | None) -> None:
    """Erase decided comments of the site *days* after they came, or never."""
    site.retention_days = days
    session.add(site)
    audit.append(session, site.id, "setting", {"what": "retention", "days": days})


def set_two_step(session: so.Session, site: Site, is_required: bool) -> None:
    """Ask everybody who works on the site for two-step sign-in, or leave it to them."""
    site.requires_two_step = is_required
    session.add(site)
    audit.append(session, site.id, "setting", {"what": "two_step", "required": is_required})


def rename(session: so.Session, site: Site, name: str) -> None:
    site.name = name
    session.add(site)
    audit.append(session, site.id, "setting", {"what": "name", "value": name})


def set_webhook(session: so.Session, site: Site, url: str | None, now: datetime) -> None:
    """Point the site's webhook somewhere, or nowhere. What was parked for want of an address is due again."""
    site.webhook_url, site.webhook_disabled_at = url, None
    session.add(site)
    host = urlsplit(url).hostname if url else None  # the rest of an address may be a secret
    audit.append(session, site.id, "setting", {"what": "webhook", "host": host})
    before, after = (EventState.PARKED, EventState.PENDING) if url else (EventState.PENDING, EventState.PARKED)
    session.execute(
        sa.update(Event)
        .where(Event.site_id == site.id, Event.state == before, Event.type != AKISMET_OUTCOME)
        .values(state=after, attempts=0, due_at=now, lease_token=None)
    )


def rotate_secret(session: so.Session, site: Site, webhook_secret: bytes, *, ends_at: datetime) -> None:
    """Another webhook secret (encrypted); until *ends_at* the one before is good beside it."""
    site.webhook_secret_before, site.webhook_secret_before_ends = site.webhook_secret, ends_at
    site.webhook_secret = webhook_secret
    session.add(site)
    audit.append(session, site.id, "key", {"what": "webhook_secret", "before_ends": ends_at.isoformat()})


def _sha256(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()

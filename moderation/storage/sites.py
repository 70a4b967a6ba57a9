"""Sites and their keys."""

import hashlib
import hmac
import secrets
import uuid
from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.storage.tables import ApiKey, Event, EventState, Site

# Asked with every request, so it is built once.
_BY_PREFIX = sa.select(ApiKey).where(ApiKey.prefix == sa.bindparam("prefix")).options(so.joinedload(ApiKey.site))


def add_site(session: so.Session, *, slug: str, name: str, webhook_url: str | None, webhook_secret: bytes) -> Site:
    """A new site; `webhook_secret` comes encrypted."""
    site = Site(slug=slug, name=name, webhook_url=webhook_url, webhook_secret=webhook_secret)
    session.add(site)
    session.flush()
    return site


def list_sites(session: so.Session) -> list[Site]:
    return list(session.scalars(sa.select(Site).order_by(Site.slug)))


def site_by_slug(session: so.Session, slug: str) -> Site | None:
    return session.scalar(sa.select(Site).where(Site.slug == slug))


def add_key(session: so.Session, site: Site) -> str:
    """A new API key, `prefix.secret`. This is the only time the secret is seen."""
    prefix, secret = f"mk_{secrets.token_hex(6)}", secrets.token_urlsafe(32)
    session.add(ApiKey(site_id=site.id, prefix=prefix, secret_sha256=_sha256(secret)))
    return f"{prefix}.{secret}"


def expire_keys(session: so.Session, site: Site, at: datetime) -> None:
    """Let every key of the site that has no end yet end at *at*."""
    session.execute(
        sa.update(ApiKey).where(ApiKey.site_id == site.id, ApiKey.expires_at.is_(None)).values(expires_at=at)
    )


def site_by_key(session: so.Session, key: str, now: datetime) -> Site | None:
    """The site that *key* belongs to, if it is one of ours and has not ended."""
    prefix, _, secret = key.partition(".")
    row = session.scalar(_BY_PREFIX, {"prefix": prefix})
    if row is None or not hmac.compare_digest(row.secret_sha256, _sha256(secret)):
        return None
    return None if row.expires_at is not None and row.expires_at <= now else row.site


def set_webhook(session: so.Session, site: Site, url: str | None, now: datetime) -> None:
    """Point the site's webhook somewhere, or nowhere. What was parked for want of an address is due again."""
    site.webhook_url, site.webhook_disabled_at = url, None
    session.add(site)
    before, after = (EventState.PARKED, EventState.PENDING) if url else (EventState.PENDING, EventState.PARKED)
    session.execute(
        sa.update(Event)
        .where(Event.site_id == site.id, Event.state == before)
        .values(state=after, attempts=0, due_at=now, lease_token=None)
    )


def _sha256(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def site_names(session: so.Session, site_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    rows = session.execute(sa.select(Site.id, Site.name).where(Site.id.in_(site_ids)).order_by(Site.name))
    return {row.id: row.name for row in rows}

"""The secrets that Corals sign their moderation phase with, encrypted."""

from datetime import datetime

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.storage import audit
from moderation.storage.tables import CoralSecret, Site

SHORTEST, LONGEST = 16, 500  # characters of a signing secret


def secrets_in_use(session: so.Session, now: datetime, site: Site | None = None) -> list[CoralSecret]:
    """Those that have not ended, with their sites: of one site, or of all."""
    lasting = sa.or_(CoralSecret.ends_at.is_(None), CoralSecret.ends_at > now)
    query = sa.select(CoralSecret).join(CoralSecret.site).where(lasting).options(so.contains_eager(CoralSecret.site))
    if site is not None:
        query = query.where(CoralSecret.site_id == site.id)
    return list(session.scalars(query.order_by(CoralSecret.id.desc())))


def add_secret(session: so.Session, site: Site, secret: bytes, *, others_end_at: datetime) -> None:
    """Take a new secret, encrypted; those that are in use end at *others_end_at*, if not before."""
    end_secrets(session, site, others_end_at)
    session.add(CoralSecret(site_id=site.id, secret=secret))
    audit.append(session, site.id, "key", {"what": "coral_secret"})


def end_secrets(session: so.Session, site: Site, at: datetime) -> None:
    """Let every secret of the site end at *at*, if not before."""
    later = sa.or_(CoralSecret.ends_at.is_(None), CoralSecret.ends_at > at)
    session.execute(sa.update(CoralSecret).where(CoralSecret.site_id == site.id, later).values(ends_at=at))
    audit.append(session, site.id, "key", {"what": "coral_secrets_end", "at": at.isoformat()})

"""Comments are erased when a site keeps them no longer: the worker looks every hour."""

import threading
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError

from moderation import erasure
from moderation.storage.engine import Database
from moderation.storage.tables import Site

log = structlog.get_logger(__name__)

EVERY_S = 3600.0
PAUSE_S = 0.5  # between batches: a purge of a million must not hold up who writes meanwhile
MAX_DAYS = 36_500


class Retention:
    """Purges until it is told to stop. Any number may run; a comment is erased once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                purge(self._database, now=datetime.now(UTC), stop=stop)
            except SQLAlchemyError as error:
                log.error("retention.database_failed", error=type(error).__name__)
            stop.wait(EVERY_S)


def purge(database: Database, *, now: datetime, slug: str | None = None, stop: threading.Event | None = None) -> int:
    """Erase what the sites, or one of them, keep no longer, a batch a transaction; how many comments it were."""
    with database.read() as session:
        query = sa.select(Site).where(Site.retention_days.is_not(None))
        sites = session.scalars(query if slug is None else query.where(Site.slug == slug)).all()
    purged = 0
    for site in sites:
        before = now - timedelta(days=site.retention_days or 0)
        while not (stop and stop.is_set()):
            erased = erasure.erase_old(database, site, before=before, now=now)
            purged += erased
            if erased:
                log.info("comments_expired", site=site.slug, comments=erased)
            if erased < erasure.AT_ONCE:
                break
            if stop:
                stop.wait(PAUSE_S)
    return purged

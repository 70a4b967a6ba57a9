"""Tells moderators by mail that comments wait: looks every few seconds who is due, and writes to them."""

import threading
import time
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from moderation.config import MailSettings, Settings
from moderation.mail.messages import waiting_mail
from moderation.mail.smtp import MailError, MailUnsure, send
from moderation.storage import mail, outbox
from moderation.storage.engine import Database
from moderation.storage.secrets import no_mail_token
from moderation.storage.tables import Mail, Membership

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 5.0
LONGEST_PAUSE_S = 600.0
LOOKED_AGAIN = timedelta(minutes=10)


class Mailer:
    """Writes until it is told to stop. Any number may share a database: a mail is taken before it is written."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings

    def run(self, stop: threading.Event) -> None:
        """Work until *stop* is set. A mail server or database that fails is asked less and less often."""
        failures = 0
        while self._settings.mail is not None and not stop.is_set():
            try:
                is_well = self.look(stop)
            except Exception as error:
                is_well = False
                _log_failure(error)
            failures = 0 if is_well else failures + 1
            stop.wait(min(LOOK_EVERY_S * 2**failures, LONGEST_PAUSE_S))

    def look(self, stop: threading.Event | None = None, *, now: datetime | None = None) -> bool:
        """Write to everybody who is due and has something to be told; False if the mail server is not there."""
        if self._settings.mail is None:
            return True
        with self._database.read() as session:
            now = now or outbox.database_now(session)
            rows = mail.due(session, now)
        for row in rows:
            if stop is not None and stop.is_set():
                return True
            if not self._write(self._settings.mail, row, now):
                return False
        return True

    def _write(self, server: MailSettings, row: Membership, now: datetime) -> bool:
        told_to = now - mail.SETTLED
        with self._database.read() as session:
            waiting = mail.waiting(session, row, told_to)
        # Every morning is a reminder, too; the others are told of what is new.
        if not waiting or not (waiting.is_new or row.mail is Mail.DAILY):
            self._remember(row, told_to)
            return True
        with self._database.write() as session:
            taken = mail.take(session, row, now)
        if taken is None:
            return True  # another worker writes it
        started = time.monotonic()
        try:
            self._send(server, row, waiting, now)
        except MailError as error:
            with self._database.write() as session:
                again = not isinstance(error, MailUnsure)
                mail.failed(session, row, taken, str(error), now, again=again)
            log.warning("mail.failed", **_about(row), failures=row.mail_failures + 1, error=str(error))
            return not error.is_server
        with self._database.write() as session:
            mail.sent(session, row, told_to, now)
        log.info("mail.sent", **_about(row), duration_ms=round((time.monotonic() - started) * 1000))
        return True

    def _remember(self, row: Membership, told_to: datetime) -> None:
        """Let the next look begin where this one ended, now and then, so that it stays a short one."""
        if row.mail_told_to is not None and told_to - row.mail_told_to > LOOKED_AGAIN:
            with self._database.write() as session:
                mail.no_news(session, row, told_to)

    def _send(self, server: MailSettings, row: Membership, waiting: mail.Waiting, now: datetime) -> None:
        settings = self._settings
        token = no_mail_token(row.moderator_id, row.site_id, settings.secret_key)
        message = waiting_mail(
            server,
            settings.public_base_url,
            to=row.moderator,
            site=row.site,
            mail=row.mail,
            waiting=waiting,
            now=now,
            zone=mail.zone_of(row.moderator),
            stop_url=f"{settings.public_base_url}/no-mail/{token}",
        )
        send(server, message)


def _about(row: Membership) -> dict[str, str]:
    return {"moderator": str(row.moderator_id), "site_id": str(row.site_id), "mail": row.mail.value}


def _log_failure(error: BaseException) -> None:
    """A database's own message may hold what was being written, and ours an address: the class says enough."""
    log.error("mail.look_failed", error=type(error).__name__, is_database=isinstance(error, SQLAlchemyError))

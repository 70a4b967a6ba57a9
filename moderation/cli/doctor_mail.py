"""What `doctor` says of mail: whether the server takes one, and whether its links lead anywhere."""

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

import sqlalchemy as sa

from moderation.cli.finding import Finding
from moderation.config import Settings
from moderation.mail.smtp import MailError, check
from moderation.storage.engine import Database
from moderation.storage.tables import Mail, Membership

TIMEOUT_S = 10.0


def examine_mail(database: Database, settings: Settings) -> Iterator[Finding]:
    """Connect and sign in to the SMTP server; nothing is sent."""
    with database.read() as session:
        asked = sa.select(sa.func.count()).select_from(Membership).where(Membership.mail != Mail.NEVER)
        wanted = session.scalar(asked) or 0
    if settings.mail is None:
        if wanted:
            detail = f"{wanted} moderators' choices of mail have no server to go out by"
            yield Finding("mail", False, detail, "export SMTP_HOST=... MAIL_FROM=... (see docs/operate.md)")
        else:
            yield Finding("mail", True, "off: SMTP_HOST is not set")
        return
    try:
        check(settings.mail, timeout_s=TIMEOUT_S)
    except MailError as error:
        yield Finding("mail", False, str(error), "set the SMTP_ variables, then send a test mail from Settings, Mail")
        return
    if _is_here_alone(settings.public_base_url):
        detail = "the links in mails lead to this machine alone"
        yield Finding("mail", False, detail, "export PUBLIC_BASE_URL=https://...")
        return
    yield Finding("mail", True, f"{settings.mail.host} takes it, {settings.mail.security}, for {wanted} choices")


def _is_here_alone(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

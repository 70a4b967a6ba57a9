"""The mails, in plain text: how much waits, why, and the links; no word of a comment, no name, no address."""

import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from moderation.config import MailSettings
from moderation.mail.smtp import MailError
from moderation.storage.mail import COUNTED, Waiting
from moderation.storage.tables import Mail, Moderator, Site

OFTEN = {
    Mail.AT_ONCE: "at once when something new waits",
    Mail.HOURLY: "once an hour when something new waits",
    Mail.DAILY: "every morning while something waits",
}
LONGEST_TITLE = 80

_texts = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=False,  # noqa: S701 - plain text
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    undefined=StrictUndefined,
    extensions=["jinja2.ext.i18n"],
)
_texts.filters["number"] = lambda count: f"{COUNTED - 1:,}+" if count >= COUNTED else f"{count:,}"
_texts.install_null_translations(newstyle=True)  # type: ignore[attr-defined]


def waiting_mail(
    settings: MailSettings,
    base_url: str,
    *,
    to: Moderator,
    site: Site,
    mail: Mail,
    waiting: Waiting,
    now: datetime,
    zone: ZoneInfo,
    stop_url: str,
) -> EmailMessage:
    """That comments of *site* wait."""
    name = one_line(site.name)
    text = _texts.get_template("waiting.txt").render(
        waiting=waiting,
        items=[
            {
                "comment_id": item.comment_id,
                "article": one_line(item.article)[:LONGEST_TITLE],
                "when": f"{item.created_at.astimezone(zone):%Y-%m-%d %H:%M}",
                "reasons": [code.replace("_", " ") for code in item.reasons],
            }
            for item in waiting.newest
        ],
        site=name,
        base=base_url,
        stop=stop_url,
        often=OFTEN[mail],
    )
    message = _message(settings, base_url, to, _subject(name, waiting), text, now)
    message["List-Id"] = f"<{site.slug}.{_host(base_url)}>"
    message["List-Unsubscribe"] = f"<{stop_url}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return message


def trial_mail(settings: MailSettings, base_url: str, *, to: Moderator, now: datetime) -> EmailMessage:
    """What the button on the settings page sends."""
    text = (
        "This is the test mail that you asked for. Mail works: you are told here when comments wait,\n"
        f"as often as you choose on {base_url}/account/mail\n"
    )
    return _message(settings, base_url, to, "Test mail", text, now)


def one_line(text: str) -> str:
    """*text* as it may stand in a header or a line: no line ends, no control or direction characters."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]", " ", text).split())


def _subject(site: str, waiting: Waiting) -> str:
    for count, one, many in (
        (waiting.held, "comment waits", "comments wait"),
        (waiting.reported, "reported comment", "reported comments"),
        (waiting.appeals, "objection", "objections"),
    ):
        if count:
            return f"{site}: {_texts.filters['number'](count)} {one if count == 1 else many}"
    return site


def _message(
    settings: MailSettings, base_url: str, to: Moderator, subject: str, text: str, now: datetime
) -> EmailMessage:
    """
    Raises:
        MailError: the recipient's address is none.
    """
    message = EmailMessage()
    try:
        message["To"] = Address(display_name=one_line(to.name), addr_spec=to.email)
        message["From"] = settings.sender
    except Exception as error:  # the parser raises many kinds
        raise MailError("The address is unusable for mail.") from error
    message["Subject"] = subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=_host(base_url))
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"  # the same for Exchange, which asks for another word
    message.set_content(text, cte="quoted-printable")
    return message


def _host(base_url: str) -> str:
    return urlsplit(base_url).hostname or "localhost"

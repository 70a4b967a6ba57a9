"""The mails, in plain text: how much waits, why, and the links; no word of a comment, no name, no address."""

import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from gettext import NullTranslations, translation
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from moderation.config import ROOT, MailSettings
from moderation.domain.words import N_
from moderation.mail.smtp import MailError
from moderation.storage.mail import COUNTED, Waiting
from moderation.storage.tables import Mail, Moderator, Site

OFTEN = {
    Mail.AT_ONCE: N_("at once when something new waits"),
    Mail.HOURLY: N_("once an hour when something new waits"),
    Mail.DAILY: N_("every morning while something waits"),
}
# The usual reasons, for the catalogue; a rarer one is said as its code.
REASONS = (
    *(N_("toxicity"), N_("severe toxicity"), N_("insult"), N_("profanity"), N_("threat"), N_("identity attack")),
    *(N_("sexually explicit"), N_("spam"), N_("not scored"), N_("listed word"), N_("pattern"), N_("too many links")),
    *(N_("repeated text"), N_("language unsupported"), N_("edited after decision"), N_("author watched")),
    *(N_("author blocked"), N_("reported")),
)
TRANSLATIONS = ROOT / "moderation" / "web" / "translations"
LONGEST_TITLE = 80


def _words(to: Moderator) -> NullTranslations:
    """The catalogue of the language that somebody chose for themselves; English where there is none."""
    chosen = str(to.preferences.get("language") or "")
    return translation("messages", TRANSLATIONS, [chosen], fallback=True) if chosen else NullTranslations()


def _number(count: int) -> str:
    return f"{COUNTED - 1:,}+" if count >= COUNTED else f"{count:,}"


def _template(words: NullTranslations) -> Template:
    texts = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=False,  # noqa: S701 - plain text
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    texts.filters["number"] = _number
    texts.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined]
    return texts.get_template("waiting.txt")


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
    name, words = one_line(site.name), _words(to)
    text = _template(words).render(
        waiting=waiting,
        items=[
            {
                "comment_id": item.comment_id,
                "article": one_line(item.article)[:LONGEST_TITLE],
                "when": f"{item.created_at.astimezone(zone):%Y-%m-%d %H:%M}",
                "reasons": [words.gettext(code.replace("_", " ")) for code in item.reasons],
            }
            for item in waiting.newest
        ],
        site=name,
        base=base_url,
        stop=stop_url,
        often=words.gettext(OFTEN[mail]),
    )
    message = _message(settings, base_url, to, _subject(name, waiting, words), text, now)
    message["List-Id"] = f"<{site.slug}.{_host(base_url)}>"
    message["List-Unsubscribe"] = f"<{stop_url}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return message


def trial_mail(settings: MailSettings, base_url: str, *, to: Moderator, now: datetime) -> EmailMessage:
    """What the button on the settings page sends."""
    words = _words(to)
    text = words.gettext(
        "This is the test mail that you asked for. Mail works: you are told here when comments wait,\n"
        "as often as you choose on %(link)s\n"
    ) % {"link": f"{base_url}/account/mail"}
    return _message(settings, base_url, to, words.gettext("Test mail"), text, now)


def one_line(text: str) -> str:
    """*text* as it may stand in a header or a line: no line ends, no control or direction characters."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]", " ", text).split())


def _subject(site: str, waiting: Waiting, words: NullTranslations) -> str:
    held, reported, appeals = waiting.held, waiting.reported, waiting.appeals
    if held:
        sentence = words.ngettext("%(site)s: %(n)s comment waits", "%(site)s: %(n)s comments wait", held)
    elif reported:
        sentence = words.ngettext("%(site)s: %(n)s reported comment", "%(site)s: %(n)s reported comments", reported)
    elif appeals:
        sentence = words.ngettext("%(site)s: %(n)s objection", "%(site)s: %(n)s objections", appeals)
    else:
        return site
    return sentence % {"site": site, "n": _number(held or reported or appeals)}


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

"""One mail to the SMTP server of the settings, and what is wrong with the server where it does not take it."""

import re
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8

from moderation.config import MailSettings
from moderation.domain.words import N_

TIMEOUT_S = 15.0
LONGEST_LINE = 998  # of RFC 5322; at the usual 78 a long link in a header would be encoded, and read by nobody

REFUSED_SENDER = N_("The mail server refused the sender (it answered %(code)s).")
REFUSED_RECIPIENT = N_("The mail server refused the recipient (it answered %(code)s).")
REFUSED_MESSAGE = N_("The mail server refused the message (it answered %(code)s).")


class MailError(Exception):
    """The mail did not leave. The message is for people, and names no address.

    `is_server` tells that no other mail would get through either.
    """

    def __init__(self, message: str, *, is_server: bool = False) -> None:
        super().__init__(message)
        self.is_server = is_server


class MailUnsure(MailError):
    """The connection broke after the mail was handed over: it may have arrived, so it is not sent again."""


def said(failure: str, say: Callable[[str], str]) -> str:
    """A failure, as an error or the database words it, in a language, which *say* knows."""
    if code := re.search(r"\(it answered (\d+)\)", failure):
        values = {"code": code[1]}
        for sentence in (REFUSED_SENDER, REFUSED_RECIPIENT, REFUSED_MESSAGE):
            if failure == sentence % values:
                return say(sentence) % values
    return say(failure) if failure else ""


def send(settings: MailSettings, message: EmailMessage, *, timeout_s: float = TIMEOUT_S) -> None:
    """Hand *message* to the server.

    Raises:
        MailError: it was not taken.
        MailUnsure: nobody can tell.
    """
    sender, recipient = (message[name].addresses[0].addr_spec for name in ("From", "To"))
    is_ascii = (sender + recipient).isascii()
    try:
        body = message.as_bytes(policy=(SMTP if is_ascii else SMTPUTF8).clone(max_line_length=LONGEST_LINE))
    except (ValueError, UnicodeError, IndexError) as error:  # what hostile addresses do to the standard library
        raise MailError("The mail could not be put together: an address in it is unusable.") from error
    with connected(settings, timeout_s) as server:
        if not is_ascii and not server.has_extn("smtputf8"):
            raise MailError("The server takes no addresses with letters beyond ASCII.")
        options = ["smtputf8"] if server.has_extn("smtputf8") and not is_ascii else []
        _expect(server.mail(sender, options), REFUSED_SENDER)
        _expect(server.rcpt(recipient), REFUSED_RECIPIENT)
        try:
            _expect(server.data(body), REFUSED_MESSAGE)
        except smtplib.SMTPDataError as error:
            raise _refused(REFUSED_MESSAGE, error.smtp_code) from error
        except (OSError, smtplib.SMTPException) as error:
            raise MailUnsure(N_("The connection broke while the mail was handed over; it may have arrived.")) from error


def check(settings: MailSettings, *, timeout_s: float = TIMEOUT_S) -> None:
    """Connect and sign in as for a mail, and send none.

    Raises:
        MailError: a mail would not get through.
    """
    with connected(settings, timeout_s) as server:
        server.noop()


@contextmanager
def connected(settings: MailSettings, timeout_s: float) -> Iterator[smtplib.SMTP]:
    """A connection over TLS, signed in, as the settings ask; every failure is a MailError."""
    try:
        server = _connect(settings, timeout_s)
    except Exception as error:
        raise _explain(error) from error
    try:
        yield server
    except (OSError, smtplib.SMTPException) as error:
        raise _explain(error) from error
    finally:
        try:
            server.quit()
        except (OSError, smtplib.SMTPException):
            server.close()


def _connect(settings: MailSettings, timeout_s: float) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if settings.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(settings.host, settings.port, timeout=timeout_s, context=context)
    else:
        server = smtplib.SMTP(settings.host, settings.port, timeout=timeout_s)
    try:
        if settings.security == "starttls":
            server.starttls(context=context)
        server.ehlo_or_helo_if_needed()
        if settings.user:
            server.login(settings.user, settings.password)
    except BaseException:
        server.close()
        raise
    return server


def _expect(answer: tuple[int, bytes], refusal: str) -> None:
    code, _ = answer  # the server's own words may repeat an address
    if not 200 <= code < 300:
        raise _refused(refusal, code)


def _refused(refusal: str, code: int) -> MailError:
    return MailError(refusal % {"code": code})


def _explain(error: Exception) -> MailError:
    match error:
        case MailError():
            return error
        case ssl.SSLCertVerificationError():
            words = N_("The mail server's certificate is not valid for its name.")
        case ssl.SSLError():
            words = N_("No TLS with the mail server: SMTP_SECURITY or SMTP_PORT does not fit it.")
        case smtplib.SMTPAuthenticationError():
            words = N_("The mail server did not take SMTP_USER and SMTP_PASSWORD.")
        case smtplib.SMTPNotSupportedError():
            words = N_("The mail server offers no STARTTLS, or no sign-in: SMTP_SECURITY or SMTP_USER does not fit it.")
        case smtplib.SMTPServerDisconnected() if isinstance(error.__context__, TimeoutError):
            words = N_("The mail server did not answer in time.")
        case smtplib.SMTPException():
            words = N_("The mail server broke the conversation off.")
        case TimeoutError():
            words = N_("The mail server did not answer in time.")
        case OSError():
            words = N_("The mail server cannot be reached: look at SMTP_HOST and SMTP_PORT.")
        case _:
            words = N_("The mail could not be sent.")
    return MailError(words, is_server=True)

"""A mail over real SMTP: with TLS and sign-in, and every way in which a server can say no."""

import socket
from dataclasses import replace
from email.message import EmailMessage

import pytest

from moderation.mail.smtp import MailError, MailUnsure, check, send

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


@pytest.fixture
def mail():
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@blog.example", "Mona <mod@example.org>", "3 wait"
    message.set_content("Dot\n.\nand ümlaut — done.\n", cte="quoted-printable")
    return message


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
@pytest.mark.parametrize("signs_in", [False, True])
def test_a_mail_arrives_as_it_was_written(start_server, trusted, mail, security, signs_in):
    inbox, settings = start_server(security, signs_in=signs_in)

    check(settings)
    send(settings, mail)

    assert inbox.recipients == ["mod@example.org"]
    assert inbox.mails[0]["Subject"] == "3 wait"
    assert inbox.mails[0].get_content().replace("\r\n", "\n") == "Dot\n.\nand ümlaut — done.\n"


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_refused(start_server, mail, security):
    inbox, settings = start_server(security)

    with pytest.raises(MailError, match="certificate") as refused:
        send(settings, mail)

    assert refused.value.is_server
    assert inbox.mails == []


def test_a_certificate_for_another_name_is_refused(start_server, trusted, mail):
    inbox, settings = start_server("tls")

    with pytest.raises(MailError, match="certificate"):
        send(replace(settings, host="127.0.0.1"), mail)

    assert inbox.mails == []


def test_nothing_is_sent_in_the_clear_where_starttls_is_missing(start_server, mail):
    inbox, settings = start_server("none")

    with pytest.raises(MailError, match="STARTTLS"):
        send(replace(settings, security="starttls"), mail)

    assert inbox.mails == []


def test_a_wrong_password_is_named_without_showing_it(start_server, mail):
    _, settings = start_server("none", signs_in=True)

    with pytest.raises(MailError, match="SMTP_PASSWORD") as refused:
        check(replace(settings, password="wrong horse"))

    assert "wrong horse" not in str(refused.value) + repr(settings)
    assert refused.value.is_server


@pytest.mark.parametrize(
    ("stage", "answer", "words"),
    [("rcpt", "550 <mod@example.org> unknown", "recipient .*550"), ("data", "452 full", "message .*452")],
)
def test_a_refusal_names_its_code_and_no_address(start_server, mail, stage, answer, words):
    inbox, settings = start_server()
    inbox.refuse[stage] = answer

    with pytest.raises(MailError, match=words) as refused:
        send(settings, mail)

    assert "@" not in str(refused.value)
    assert not refused.value.is_server
    assert not isinstance(refused.value, MailUnsure)


def test_a_line_that_breaks_after_the_mail_was_taken_is_told_from_a_refusal(start_server, mail):
    inbox, settings = start_server()
    inbox.refuse["after"] = True

    with pytest.raises(MailUnsure):
        send(settings, mail)

    assert len(inbox.mails) == 1


def test_a_server_that_is_not_there_is_said_to_be_out_of_reach(start_server, mail):
    _, settings = start_server()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    with pytest.raises(MailError, match="cannot be reached") as refused:
        send(replace(settings, port=port), mail)

    assert refused.value.is_server


def test_a_server_that_says_nothing_is_not_waited_for(start_server, mail):
    _, settings = start_server()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]

        with pytest.raises(MailError, match="in time"):
            send(replace(settings, port=port), mail, timeout_s=0.2)


def test_the_wrong_port_for_tls_is_explained(start_server, mail):
    _, settings = start_server("none")

    with pytest.raises(MailError, match="SMTP_SECURITY"):
        send(replace(settings, security="tls"), mail, timeout_s=2)


@pytest.mark.parametrize("takes_them", [True, False])
def test_addresses_beyond_ascii_need_a_server_that_takes_them(start_server, mail, takes_them):
    inbox, settings = start_server(enable_SMTPUTF8=takes_them)
    del mail["To"]
    mail["To"] = "Jörg <jörg@example.org>"

    if takes_them:
        send(settings, mail)
    else:
        with pytest.raises(MailError, match="ASCII"):
            send(settings, mail)

    assert inbox.recipients == (["jörg@example.org"] if takes_them else [])

"""Moderators are told by mail that comments wait: who, how often, in what words, and never twice."""

import os
import re
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from moderation import appeals, reports, review
from moderation.config import ROOT
from moderation.domain import comment as values
from moderation.domain.comment import Action
from moderation.mail.mailer import Mailer
from moderation.storage import mail, secrets
from moderation.storage.comments import keep_article
from moderation.storage.tables import Mail, Membership, Moderator, Role
from moderation.storage.types import utc_now
from tests.factories import SECRET_KEY, make_comment, make_moderator, make_site

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def server(start_server):
    return start_server()


@pytest.fixture
def inbox(server):
    return server[0]


@pytest.fixture
def mailer(database, settings, server):
    return Mailer(database, replace(settings, mail=server[1]))


@pytest.fixture
def wants(database, site, moderator):
    """Lets somebody choose how often."""

    def _wants(often, *, who=moderator, now=None, of=site):
        with database.write() as session:
            assert mail.choose(session, who, of.id, often, now or utc_now())

    return _wants


@pytest.fixture
def held(database, site):
    def _held(**overrides):
        with database.write() as session:
            return make_comment(session, site, now=utc_now(), **overrides)

    return _held


def later(**by):
    """Some time from now, and past the moments in which a row may not be seen yet."""
    return utc_now() + mail.SETTLED + timedelta(milliseconds=2) + timedelta(**by)


def membership(database, moderator, site):
    with database.read() as session:
        return session.get_one(Membership, (moderator.id, site.id))


# What is in a mail


def test_a_mail_says_how_much_waits_and_where_but_not_a_word_of_it(
    database, site, moderator, inbox, mailer, wants, settings
):
    with database.write() as session:
        article = keep_article(session, site, values.Article("1", title="Roses\r\nBcc: x@y.example \u202e"), utc_now())
        comment = make_comment(
            session,
            site,
            now=utc_now(),
            text="You horrible piece of secret",
            author_name="Anonymous Coward",
            article_id=article.id,
        )
    wants(Mail.AT_ONCE)

    mailer.look(now=later())

    [message] = inbox.mails
    text = message.get_content()
    assert inbox.recipients == ["mod@example.org"]
    assert message["Subject"] == "Garden: 1 comment waits"
    assert "1 comment waits on Garden for a decision." in text
    assert "https://moderation.example/held" in text
    assert f"https://moderation.example/comments/{comment.id}" in text
    assert "on “Roses Bcc: x@y.example”" in text
    assert message["Bcc"] is None
    for word in ("horrible", "secret", "Anonymous", "Coward", "\u202e"):
        assert word not in message.as_string() + text
    assert message.get_content_type() == "text/plain"
    assert text.isprintable() or not re.search(r"[^\S\r\n ]", text)


def test_the_headers_are_those_of_a_mail_by_a_machine(database, site, moderator, inbox, mailer, wants, held):
    held()
    wants(Mail.HOURLY)
    now = later()

    mailer.look(now=now)

    [message] = inbox.mails
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == now.replace(microsecond=0)
    assert re.fullmatch(r"<[^<>@\s]+@moderation\.example>", message["Message-ID"])
    assert message["List-Id"] == "<garden.moderation.example>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = re.fullmatch(r"<https://moderation\.example/no-mail/([\w-]+)>", message["List-Unsubscribe"])
    assert secrets.membership_of_token(link[1], SECRET_KEY) == (moderator.id, site.id)
    assert link[1] in message.get_content()
    # Mail programs read the link as it stands: neither folded nor encoded.
    assert f"\r\nList-Unsubscribe: {link[0]}\r\n".encode() in inbox.raw[0]
    assert str(message["From"]) == "Moderation <moderation@blog.example>"
    assert str(message["To"]) == "Mona <mod@example.org>"


def test_reports_and_objections_wait_too(database, site, inbox, mailer, wants):
    with database.write() as session:
        published = make_comment(session, site, action=Action.PUBLISH, now=utc_now())
        rejected = make_comment(session, site, action=Action.REJECT, now=utc_now())
    reports.report(database, site, published.external_id, reporter="r", reason="", now=utc_now())
    appeals.appeal(database, comment_id=rejected.id, text="Please", now=utc_now())
    wants(Mail.HOURLY)

    mailer.look(now=later())

    text = inbox.mails[0].get_content()
    assert "Readers reported 1 published comment on Garden." in text
    assert "1 commenter on Garden objects to a rejection." in text
    assert "for a decision" not in text
    assert "Please" not in text


def test_an_escalation_is_news_for_owners_alone(database, site, moderator, inbox, mailer, wants, held):
    with database.write() as session:
        olga = make_moderator(session, site, email="olga@example.org", name="Olga", role=Role.OWNER)
    comment = held()
    wants(Mail.AT_ONCE)
    wants(Mail.AT_ONCE, who=olga)
    mailer.look(now=later())
    assert sorted(inbox.recipients) == ["mod@example.org", "olga@example.org"]

    time.sleep(0.02)
    review.escalate(
        database,
        moderator=moderator,
        site_ids=[site.id],
        comment_id=comment.id,
        seen_version=1,
        now=utc_now(),
    )
    mailer.look(now=later(minutes=5))

    assert inbox.recipients[2:] == ["olga@example.org"]
    assert "A moderator asks the owners to look at 1 of them." in inbox.mails[2].get_content()


# How often


def test_nothing_is_sent_while_nothing_waits(database, site, inbox, mailer, wants):
    with database.write() as session:
        make_comment(session, site, action=Action.PUBLISH, now=utc_now())
        make_comment(session, make_site(session, slug="harbour"), now=utc_now())
    wants(Mail.AT_ONCE)

    mailer.look(now=later())

    assert inbox.mails == []


def test_nobody_is_told_who_did_not_ask_or_is_disabled(database, site, moderator, inbox, mailer, wants, held):
    held()
    mailer.look(now=later())
    wants(Mail.AT_ONCE)
    with database.write() as session:
        session.get_one(Moderator, moderator.id).disabled_at = utc_now()
    mailer.look(now=later())

    assert inbox.mails == []


@pytest.mark.parametrize(("often", "pause"), [(Mail.AT_ONCE, 2 * MINUTE), (Mail.HOURLY, HOUR)])
def test_what_comes_after_a_mail_waits_for_the_next(database, inbox, mailer, wants, held, often, pause):
    held()
    wants(often)
    first = later()
    mailer.look(now=first)
    time.sleep(0.02)
    held()

    mailer.look(now=first + pause - timedelta(seconds=1))
    assert len(inbox.mails) == 1
    mailer.look(now=first + pause)

    assert len(inbox.mails) == 2
    assert "2 comments wait" in inbox.mails[1].get_content()


@pytest.mark.parametrize("often", [Mail.AT_ONCE, Mail.HOURLY])
def test_what_was_told_is_not_told_again(database, inbox, mailer, wants, held, often):
    held()
    wants(often)
    first = later()

    for hours in range(5):
        mailer.look(now=first + hours * HOUR)

    assert len(inbox.mails) == 1


def test_a_comment_that_arrives_while_a_mail_is_written_is_told_by_the_next(database, inbox, mailer, wants, held):
    held()
    wants(Mail.AT_ONCE)
    mailer.look(now=later())
    held()  # its key is older than the mail, its row was not to be seen yet
    with database.write() as session:
        row = session.query(Membership).one()
        row.mail_told_to = utc_now() - mail.SETTLED

    mailer.look(now=later(minutes=5))

    assert len(inbox.mails) == 2


def test_the_daily_mail_goes_out_each_morning_while_something_waits(database, moderator, inbox, mailer, wants, held):
    with database.write() as session:
        session.get_one(Moderator, moderator.id).preferences = {"time_zone": "America/New_York"}
    with database.read() as session:
        moderator = session.get_one(Moderator, moderator.id)
    held()
    start = datetime(2027, 3, 12, 13, 0, tzinfo=UTC)  # 8 o'clock; on the 14th their clocks go forward
    wants(Mail.DAILY, who=moderator, now=start)

    sent = []
    for quarter in range(4 * 24 * 4):
        now = start + quarter * timedelta(minutes=15)
        mailer.look(now=now)
        if len(inbox.mails) > len(sent):
            sent.append(now)

    assert [f"{at:%d %H:%M}" for at in sent] == ["13 12:00", "14 11:00", "15 11:00", "16 11:00"]


def test_saving_the_same_choice_again_brings_no_second_mail(database, moderator, site, inbox, mailer, wants, held):
    held()
    wants(Mail.HOURLY)
    mailer.look(now=later())
    held()
    wants(Mail.HOURLY)
    mailer.look(now=later(minutes=10))

    assert len(inbox.mails) == 1


# Never twice, never lost


def test_two_workers_write_one_mail_in_each_period(database, settings, server, inbox, wants, held):
    def race(now):
        together = threading.Barrier(6)

        def look():
            mailer = Mailer(database, replace(settings, mail=server[1]))
            together.wait()
            mailer.look(now=now)

        threads = [threading.Thread(target=look) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return len(inbox.mails)

    wants(Mail.AT_ONCE)
    held()
    assert race(later()) == 1
    time.sleep(0.02)
    held()
    assert race(later(minutes=5)) == 2


def test_a_mail_that_was_refused_is_tried_again_and_again_later(database, moderator, site, inbox, mailer, wants, held):
    held()
    wants(Mail.HOURLY)
    inbox.refuse["rcpt"] = "450 <mod@example.org> come back"
    now, waits = later(), []

    with capture_logs() as lines:
        for _ in range(7):
            mailer.look(now=now)
            following = membership(database, moderator, site).mail_next_at
            waits.append(following - now)
            mailer.look(now=following - timedelta(seconds=1))  # too early
            now = following
    assert waits == [MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR, DAY, DAY]
    row = membership(database, moderator, site)
    assert (row.mail_failures, row.mail_error) == (7, "The mail server refused the recipient (it answered 450).")
    assert row.mailed_at is None
    assert "@" not in str(lines)
    assert [line["event"] for line in lines] == ["mail.failed"] * 7

    inbox.refuse.clear()
    mailer.look(now=now)
    row = membership(database, moderator, site)
    assert len(inbox.mails) == 1
    assert (row.mail_failures, row.mail_error) == (0, "")


def test_one_refused_recipient_keeps_nobody_else_waiting(database, site, inbox, mailer, wants, held):
    with database.write() as session:
        odd = make_moderator(session, site, email="not an address\r\nBcc: x@example.org", name="Odd")
        nils = make_moderator(session, site, email="nils@example.org", name="Nils")
    held()
    for who in (odd, nils):
        wants(Mail.HOURLY, who=who)

    mailer.look(now=later())

    assert inbox.recipients == ["nils@example.org"]
    assert "unusable" in membership(database, odd, site).mail_error


def test_a_mail_that_may_have_arrived_is_not_sent_again_in_its_period(
    database, moderator, site, inbox, mailer, wants, held
):
    held()
    wants(Mail.HOURLY)
    inbox.refuse["after"] = True
    first = later()
    mailer.look(now=first)
    inbox.refuse.clear()

    mailer.look(now=first + 59 * MINUTE)
    assert len(inbox.mails) == 1
    assert "may have arrived" in membership(database, moderator, site).mail_error
    mailer.look(now=first + HOUR)

    assert len(inbox.mails) == 2


def test_a_mail_server_that_is_gone_is_not_knocked_at_for_everybody(database, site, settings, wants, held, server):
    with database.write() as session:
        others = [make_moderator(session, site, email=f"m{n}@example.org", name=f"M{n}") for n in range(3)]
    held()
    for who in others:
        wants(Mail.HOURLY, who=who)
    mailer = Mailer(database, replace(settings, mail=replace(server[1], port=1)))

    assert not mailer.look(now=later())

    assert sorted(membership(database, who, site).mail_failures for who in others) == [0, 0, 1]


@contextmanager
def process(database, settings, server):
    """A mailer in a process of its own."""
    environment = {
        "PATH": os.environ["PATH"],
        "MODERATION_SECRET_KEY": SECRET_KEY,
        "DATABASE_URL": database.url.render_as_string(hide_password=False),
        "SMTP_HOST": server.host,
        "SMTP_PORT": str(server.port),
        "SMTP_SECURITY": "none",
        "MAIL_FROM": "moderation@blog.example",
        "MODERATION_HOME": str(settings.home),
    }
    started = subprocess.Popen([sys.executable, "-m", "moderation", "worker"], env=environment, cwd=ROOT)
    yield started
    started.kill()
    started.wait()


def test_a_worker_that_is_killed_while_it_sends_brings_no_second_mail(
    database, settings, moderator, site, server, inbox, wants, held
):
    held()
    wants(Mail.HOURLY)
    reached, dead = threading.Event(), threading.Event()
    inbox.before_data += [reached.set, lambda: dead.wait(20)]

    with process(database, settings, server[1]) as first:
        assert reached.wait(30)
        first.kill()
        first.wait()
        dead.set()
    inbox.before_data.clear()
    with process(database, settings, server[1]):
        time.sleep(8)
    assert len(inbox.mails) == 1

    # What came of it was never written down, so the next period's mail tells of it again.
    row = membership(database, moderator, site)
    assert row.mailed_at is None
    Mailer(database, replace(settings, mail=server[1])).look(now=row.mail_next_at)
    assert len(inbox.mails) == 2

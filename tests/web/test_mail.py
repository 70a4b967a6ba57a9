"""The pages about mail: one's own choice, the owners' list, the test button, and the link that ends it."""

from dataclasses import replace

import pytest

from moderation.config import MailSettings
from moderation.storage import moderators, secrets
from moderation.storage.tables import Mail, Membership, Role
from moderation.web.app import create_app
from tests.factories import SECRET_KEY, make_moderator
from tests.mail.conftest import Inbox, Server
from tests.web.conftest import Tags, sign_in_as, token_of

SITE_PAGE, OWN_PAGE = "/settings/garden/mail", "/account/mail"


@pytest.fixture
def olga(database, site):
    with database.write() as session:
        return make_moderator(session, site, email="olga@example.org", name="Olga <b>", role=Role.OWNER)


@pytest.fixture
def owner(app, database, olga):
    return sign_in_as(app, database, olga)


def choice(database, who, site):
    with database.read() as session:
        return session.get_one(Membership, (who.id, site.id)).mail


def test_everybody_chooses_for_themselves_on_each_site(database, site, other_site, mona, browser):
    with database.write() as session:
        moderators.join_site(session, mona, other_site, Role.VIEWER)

    answer = browser.post(OWN_PAGE, on=OWN_PAGE, **{f"mail-{site.id}": "hourly", f"mail-{other_site.id}": "daily"})

    assert answer.status_code == 303
    assert (choice(database, mona, site), choice(database, mona, other_site)) == (Mail.HOURLY, Mail.DAILY)
    assert '<option value="hourly" selected>' in browser.get(OWN_PAGE).text


def test_nobody_chooses_for_a_site_that_is_not_theirs(database, site, other_site, mona, browser):
    with database.write() as session:
        otto = make_moderator(session, other_site, email="otto@example.org", name="Otto")

    browser.post(OWN_PAGE, on=OWN_PAGE, **{f"mail-{other_site.id}": "daily"})

    assert choice(database, otto, other_site) is Mail.NEVER


def test_owners_choose_for_everybody_of_their_site(database, site, mona, olga, owner):
    page = owner.get(SITE_PAGE).text
    assert "Olga &lt;b&gt;" in page
    assert "mod@example.org" in page

    answer = owner.post(SITE_PAGE, on=SITE_PAGE, **{f"mail-{mona.id}": "at_once", f"mail-{olga.id}": "daily"})

    assert answer.status_code == 303
    assert (choice(database, mona, site), choice(database, olga, site)) == (Mail.AT_ONCE, Mail.DAILY)


@pytest.mark.parametrize("path", [SITE_PAGE, f"{SITE_PAGE}/test"])
def test_only_owners_do(database, site, mona, olga, browser, viewer, path):
    assert browser.get(SITE_PAGE).status_code == viewer.get(SITE_PAGE).status_code == 403
    for who in (browser, viewer):
        answer = who.post(path, token=token_of(who.get("/account").text), **{f"mail-{olga.id}": "daily"})
        assert answer.status_code == 403
    assert choice(database, olga, site) is Mail.NEVER


def test_a_choice_that_is_none_changes_nothing(database, site, mona, browser):
    assert browser.post(OWN_PAGE, on=OWN_PAGE, **{f"mail-{site.id}": "often"}).status_code == 422
    assert choice(database, mona, site) is Mail.NEVER


def test_without_a_server_the_page_says_so_and_offers_no_test(browser):
    page = browser.get(OWN_PAGE).text

    assert "sends no mail yet" in Tags(page).text
    assert "Send me a test mail" not in page
    assert browser.post(f"{OWN_PAGE}/test", on=OWN_PAGE).status_code == 404


@pytest.fixture
def mail_server():
    server = Server(Inbox(), hostname="127.0.0.1", port=0)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def mailing(settings, database, mona, mail_server):
    """Mona's browser, where mails go out by a real server."""
    mail = MailSettings(host="127.0.0.1", port=mail_server.used_port, security="none", sender="moderation@blog.example")
    app = create_app(replace(settings, mail=mail), database=database, scorer=object())
    return sign_in_as(app, database, mona)


def test_the_test_mail_goes_to_oneself_and_says_what_the_server_said(mailing, mail_server):
    inbox = mail_server.handler

    page = Tags(mailing.post(f"{OWN_PAGE}/test", on=OWN_PAGE, to="else@example.org").text).text

    assert "The mail server took it." in page
    assert inbox.recipients == ["mod@example.org"]
    assert "Mail works" in inbox.mails[0].get_content()
    inbox.refuse["data"] = "554 <mod@example.org> looks like spam"
    refused = Tags(mailing.post(f"{OWN_PAGE}/test", on=OWN_PAGE).text).text
    assert "refused the message (it answered 554)" in refused
    assert "looks like spam" not in refused


def test_nobody_sends_test_mails_without_end(mailing, mail_server):
    answers = [mailing.post(f"{OWN_PAGE}/test", on=OWN_PAGE).status_code for _ in range(7)]

    assert answers == [200] * 5 + [429] * 2
    assert len(mail_server.handler.mails) == 5


@pytest.fixture
def link(database, site, mona):
    with database.write() as session:
        session.get_one(Membership, (mona.id, site.id)).mail = Mail.HOURLY
    return f"/no-mail/{secrets.no_mail_token(mona.id, site.id, SECRET_KEY)}"


def test_a_mail_programs_own_button_ends_the_mails(client, database, site, mona, link):
    answer = client.post(link, data={"List-Unsubscribe": "One-Click"})

    assert answer.status_code == 200
    assert choice(database, mona, site) is Mail.NEVER


def test_opening_the_link_asks_first(client, database, site, mona, link):
    page = Tags(client.get(link).text)

    assert "No more mail about Garden?" in page.text
    assert "mod@example.org" not in page.text
    assert choice(database, mona, site) is Mail.HOURLY
    client.post(link)
    assert "You are no longer told" in Tags(client.get(link).text).text


@pytest.mark.parametrize("change", [lambda link: link[:-2] + "xx", lambda link: link[:20], lambda link: "/no-mail/é"])
def test_a_link_that_we_did_not_make_ends_nothing(client, database, site, mona, link, change):
    assert client.get(change(link)).status_code == client.post(change(link)).status_code == 404
    assert choice(database, mona, site) is Mail.HOURLY


def test_a_commenters_link_is_no_link_of_a_mail(client, mona, site, link):
    token = secrets.status_token(mona.id, SECRET_KEY)

    assert client.post(f"/no-mail/{token}").status_code == 404
    assert client.get(link.replace("no-mail", "status")).status_code == 404

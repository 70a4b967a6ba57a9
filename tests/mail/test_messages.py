"""The mails in the language that their reader chose."""

import uuid
from zoneinfo import ZoneInfo

import pytest

from moderation.config import MailSettings
from moderation.mail import messages
from moderation.storage.mail import Item, Waiting
from moderation.storage.tables import Mail, Moderator, Site
from tests.factories import NOW
from tests.web.pseudo import untranslated, write_catalogue

SERVER = MailSettings(host="mail.example", port=25, security="none", sender="blog@example.org")
BASE = "https://moderation.example"


@pytest.fixture(autouse=True)
def catalogue(tmp_path, monkeypatch):
    """In which every word is marked."""
    monkeypatch.setattr(messages, "TRANSLATIONS", tmp_path)
    write_catalogue(tmp_path, "ar")


def somebody(**preferences):
    return Moderator(name="Mona", email="mod@example.org", preferences=preferences)


def waiting_mail(to, *, often=Mail.DAILY, held=3, reported=2, appeals=1):
    reasons = ("insult", "not_scored", "edited_after_decision")
    item = Item(comment_id=uuid.uuid4(), article="Tulips", created_at=NOW, reasons=reasons)
    counts = {"held": held, "not_scored": 1, "escalated": 1, "reported": reported, "appeals": appeals}
    return messages.waiting_mail(
        SERVER,
        BASE,
        to=to,
        site=Site(name="Garden", slug="garden"),
        mail=often,
        waiting=Waiting(**counts, newest=(item,), is_new=True),
        now=NOW,
        zone=ZoneInfo("UTC"),
        stop_url=f"{BASE}/no-mail/1",
    )


@pytest.mark.parametrize("often", [mail for mail in Mail if mail is not Mail.NEVER])
@pytest.mark.parametrize("counts", [{}, {"held": 0}, {"held": 0, "reported": 0}])
def test_no_word_of_a_mail_is_left_untranslated(often, counts):
    mail = waiting_mail(somebody(language="ar"), often=often, **counts)

    assert untranslated(f"{mail['Subject']} {mail.get_content()}", ("Garden", "Tulips")) == []


def test_the_test_mail_speaks_its_readers_language():
    mail = messages.trial_mail(SERVER, BASE, to=somebody(language="ar"), now=NOW)

    assert untranslated(f"{mail['Subject']} {mail.get_content()}") == []


@pytest.mark.parametrize("preferences", [{}, {"language": "xx"}, {"language": "../../etc"}])
def test_without_a_catalogue_a_mail_is_in_english(preferences):
    assert waiting_mail(somebody(**preferences))["Subject"] == "Garden: 3 comments wait"

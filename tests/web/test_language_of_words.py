"""Words that are put together elsewhere, or were stored, are said in the reader's language, too."""

import unicodedata
from datetime import UTC, datetime

import pytest
from babel.messages.pofile import read_po
from flask import Flask

from moderation import preferences, standing
from moderation.domain.comment import Action, State
from moderation.domain.errors import AlreadyDecided, Claimed, IllegalTransition
from moderation.domain.standing import Standing
from moderation.mail.smtp import REFUSED_RECIPIENT, said
from moderation.storage.tables import Author, Mail, Membership
from moderation.web import language
from moderation.web.app import create_app
from moderation.web.card import invisible
from moderation.web.card.marking import _INVISIBLE, pieces
from tests.web.conftest import Tags, sign_in_as
from tests.web.pseudo import _found, mark, write_catalogue

LATER = datetime(2090, 1, 2, 3, 4, tzinfo=UTC)
STORED = [
    "The mail server refused the recipient (it answered 550).",
    "The mail server did not answer in time.",
    "The address is unusable for mail.",
]


@pytest.fixture
def database(sqlite_database):
    """What a page says does not depend on the engine."""
    return sqlite_database


@pytest.fixture
def marked_app(tmp_path, monkeypatch, settings, database) -> Flask:
    """The service with a catalogue in which every translated word is marked."""
    monkeypatch.setattr(language, "TRANSLATIONS", tmp_path / "translations")
    write_catalogue(tmp_path / "translations", "ar")
    return create_app(settings, database=database, scorer=object())


@pytest.fixture
def reader(marked_app, database, mona):
    """Mona, who chose that language."""
    preferences.change(database, mona, language="ar")
    return sign_in_as(marked_app, database, mona)


def read(browser, path):
    return Tags(browser.get(path).text).spaced


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (AlreadyDecided(state=State.REJECTED), "⟦Somebody decided first: the comment is now ⟦rejected⟧.⟧"),
        (AlreadyDecided(by="Ann", state=State.SPAM), "⟦Ann decided first: the comment is now ⟦spam⟧.⟧"),
        (Claimed(), "⟦Somebody is looking at this comment just now.⟧"),
        (
            IllegalTransition(state=State.ERASED, action=Action.PUBLISH),
            "⟦A comment that is ⟦erased⟧ cannot take the action ⟦publish⟧.⟧",
        ),
    ],
)
def test_who_and_what_was_first_is_said_whole(error, words):
    assert error.said(mark) == words
    assert str(error) == words.replace("⟦", "").replace("⟧", "")


def test_every_state_and_every_action_has_its_word_in_the_catalogue():
    gathered = {message for _, _, message, _, _ in _found()}

    assert {item.value for kind in (State, Action) for item in kind} <= gathered


@pytest.mark.parametrize(
    ("kind", "until", "words"),
    [
        (Standing.WATCHED, LATER, "⟦Standing: ⟦watched⟧ until "),
        (Standing.BLOCKED, None, "⟦Standing: ⟦blocked⟧.⟧"),
        (None, None, "⟦Standing: none any more.⟧"),
    ],
)
def test_a_note_of_a_standing_is_said_and_its_reason_is_as_it_was_written(
    database, site, mona, reader, kind, until, words
):
    with database.write() as session:
        author = Author(site_id=site.id, external_id="id:u-3", name="Ann", created_at=LATER)
        session.add(author)
    change = {"standing": kind, "until": until, "why": "long.\nknown"}
    standing.change(database, moderator=mona, site_ids=[site.id], author_id=author.id, now=datetime.now(UTC), **change)

    page = read(reader, f"/authors/{author.id}")

    assert words in page
    assert "2090-01-02" not in page
    assert "⟦long" not in page
    assert "long. known" in " ".join(page.split())


@pytest.mark.parametrize(
    "text",
    [
        "Standing: friendly.",
        "On Standing: blocked.",
        "Standing: trusted until then.",
        "Standing: blocked until 2026-13-99 10:00 UTC.",
    ],
)
def test_what_somebody_wrote_of_a_standing_is_theirs(text):
    assert standing.read_note(text) is None


@pytest.mark.parametrize("stored", STORED)
def test_why_a_mail_did_not_go_out_is_said(database, site, mona, reader, stored):
    with database.write() as session:
        row = session.get_one(Membership, (mona.id, site.id))
        row.mail, row.mail_error = Mail.DAILY, stored

    assert mark(stored) in read(reader, "/account/mail")


def test_a_refusal_that_nobody_knows_stays_as_it_is():
    assert said("It broke (it answered 5).", str) == "It broke (it answered 5)."
    assert said("", mark) == ""
    assert said(REFUSED_RECIPIENT % {"code": 1}, mark) == "⟦The mail server refused the recipient (it answered 1).⟧"


def test_a_preference_that_cannot_be_is_refused_in_the_readers_language(reader):
    answer = reader.post(
        "/account/preferences/sight",
        on="/account/preferences",
        theme="plaid",
        opted_out=["COLOUR"],
    )

    assert answer.status_code == 422
    assert "⟦The form has no known choice in it. Go back and load the page again.⟧" in Tags(answer.text).spaced


def test_every_character_without_ink_has_a_name_in_the_readers_language(marked_app):
    hidden = [chr(code) for code in range(0x110000) if _INVISIBLE.match(chr(code))]

    with marked_app.test_request_context(headers={"Accept-Language": "ar"}):
        names = {invisible.name_of(character) for character in hidden}
        badge = next(piece for piece in pieces("a\u200b\x07b") if piece.invisible)

    assert len(hidden) > 1_000
    assert not [name for name in names if not (name.startswith("⟦") and name.endswith("⟧"))]
    assert badge.invisible == "⟦zero width space⟧, ⟦control character⟧"


@pytest.mark.parametrize("character", invisible.NAMES)
def test_in_english_they_are_called_as_unicode_calls_them(character):
    assert _INVISIBLE.match(character)
    assert str(invisible.name_of(character)) == unicodedata.name(character).lower()


def test_translators_are_given_every_word_that_the_sources_have():
    with (language.TRANSLATIONS / "messages.pot").open("rb") as file:
        given = {message.id for message in read_po(file) if message.id}

    assert given == {words for _, _, words, _, _ in _found()}, "`make messages` gathers them"

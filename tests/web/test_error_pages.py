"""What went wrong is said where the moderator is: with the way to every other page around it, and always."""

import pytest
import sqlalchemy as sa

from moderation import preferences
from moderation.scoring import Scorer
from moderation.web import error_page, language
from moderation.web.access import for_moderators
from moderation.web.app import create_app
from tests.factories import FakeReader, make_comment
from tests.web.conftest import Tags, sign_in_as
from tests.web.pseudo import untranslated, write_catalogue


@pytest.fixture
def database(sqlite_database):
    """Nothing here depends on the engine, save where it is away."""
    return sqlite_database


def fail(*arguments, **options):
    raise ZeroDivisionError


def away(*arguments, **options):
    raise sa.exc.OperationalError("", {}, Exception())


@pytest.fixture
def failing(app, monkeypatch):
    """A page with a fault in it."""
    monkeypatch.setitem(app.view_functions, "dashboard.batches.past", for_moderators(fail))


def answers(browser):
    """One of each kind, as a signed-in browser gets them."""
    return {
        400: browser.post("/account/preferences/keys", token="old"),
        403: browser.post("/settings/sites/new", slug="harbour"),
        404: browser.get("/nowhere"),
        405: browser.client.post("/decided"),
        413: browser.post("/account/preferences/keys", back="x" * 20_000_000),
        422: browser.get("/decided?after=odd"),
        500: browser.get("/batches"),
    }


@pytest.mark.usefixtures("failing")
def test_a_moderator_keeps_the_navigation_on_every_error_page(browser, database, site):
    with database.write() as session:
        make_comment(session, site)
    for status, answer in answers(browser).items():
        tags = Tags(answer.text)
        assert answer.status_code == status
        assert {"Pages", "Queues"} <= {attrs.get("aria-label") for attrs in tags.named("nav")}, status
        assert {"/", "/decided", "/search"} <= {attrs.get("href") for attrs in tags.named("a")}, status
        assert "/nowhere" not in answer.text


def test_an_error_page_looks_and_speaks_as_the_moderator_chose(settings, database, mona, tmp_path, monkeypatch):
    monkeypatch.setattr(language, "TRANSLATIONS", tmp_path / "translations")
    write_catalogue(language.TRANSLATIONS, "ar")
    app = create_app(settings, database=database, scorer=Scorer(FakeReader()))
    preferences.change(database, mona, theme="dark", language="ar")
    browser = sign_in_as(app, database, mona)

    for answer in (browser.get("/nowhere"), browser.post("/account/preferences/keys", token="old")):
        assert Tags(answer.text).named("html")[0] == {"lang": "ar", "dir": "rtl", "data-theme": "dark"}
        assert untranslated(answer.text, {"Moderation", "Mona"}) == []
    app.extensions["moderation"].scorer.close()


def test_a_stranger_sees_the_error_alone(client):
    answer = client.get("/nowhere")

    assert answer.status_code == 404
    assert "<nav" not in answer.text
    assert 'href="/"' in answer.text


@pytest.mark.usefixtures("failing")
def test_a_fault_in_the_frame_leaves_the_bare_page(browser, monkeypatch):
    monkeypatch.setattr(error_page, "page", fail)

    for status, answer in answers(browser).items():
        assert answer.status_code == status
        assert f'<p class="status">{status}</p>' in answer.text
        assert "<nav" not in answer.text


def test_without_a_database_a_wrong_address_is_still_a_wrong_address(browser, database, monkeypatch):
    monkeypatch.setattr(database, "read", away)

    answer = browser.get("/nowhere")

    assert answer.status_code == 404
    assert "<nav" not in answer.text


def test_a_script_of_a_page_gets_the_error_without_what_surrounds_it(browser):
    assert "<nav" not in browser.get("/nowhere", headers={"HX-Request": "true"}).text

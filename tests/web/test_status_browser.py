"""A commenter objects and a moderator answers, in a real browser, with JavaScript and without."""

from datetime import timedelta

import pytest

from moderation.domain.comment import Action, State
from moderation.storage import secrets
from moderation.storage.tables import Comment
from moderation.storage.types import utc_now
from moderation.web.status import words as status_words
from tests.factories import SECRET_KEY, make_comment
from tests.web.conftest import PASSWORD

OBJECTION = "I <b>meant</b> it kindly."


@pytest.fixture
def database(sqlite_database):
    """One engine is enough for what happens in a browser."""
    return sqlite_database


@pytest.fixture
def open_page(chromium, address):
    """Opens a page of a browser of its own; what a page must not do fails the test."""
    contexts, faults = [], []

    def opened(path, *, with_script, **options):
        context = chromium.new_context(base_url=address, java_script_enabled=with_script, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: faults.append(f"error: {error}"))
        page.on("console", lambda line: faults.append(line.text) if "Content Security" in line.text else None)
        page.on("request", lambda sent: faults.append(sent.url) if not sent.url.startswith(address) else None)
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def rejected(database, site):
    with database.write() as session:
        return make_comment(session, site, action=Action.REJECT, now=utc_now() - timedelta(hours=1))


@pytest.mark.parametrize("with_script", [True, False])
def test_objection_goes_in_and_its_answer_comes_back(open_page, database, mona, rejected, with_script, monkeypatch):
    monkeypatch.setattr(status_words, "UNDO_WINDOW", timedelta(0))
    link = f"/status/{secrets.status_token(rejected.id, SECRET_KEY)}"
    commenter = open_page(link, with_script=with_script)

    commenter.get_by_label("Your objection").fill(OBJECTION)
    commenter.get_by_label("Your objection").press("Tab")
    commenter.keyboard.press("Enter")
    commenter.wait_for_selector("text=A moderator will look at the comment again")

    moderator = open_page("/sign-in", with_script=with_script)
    moderator.fill("#email", "mod@example.org")
    moderator.fill("#password", PASSWORD)
    moderator.press("#password", "Enter")
    moderator.wait_for_selector("#list")
    moderator.goto("/appeals")
    assert moderator.get_by_text(OBJECTION).count() == 1
    moderator.get_by_label("Your answer").fill("You are right.")
    moderator.get_by_role("button", name="Publish it after all").click()
    moderator.wait_for_selector("text=Nobody disagrees.")

    commenter.reload()
    commenter.wait_for_selector("text=Your comment is published")
    assert commenter.get_by_text("You are right.").count() == 1
    with database.read() as session:
        assert session.get_one(Comment, rejected.id).state is State.PUBLISHED


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_page_fits_the_screen_and_its_button_a_thumb(open_page, rejected, width):
    link = f"/status/{secrets.status_token(rejected.id, SECRET_KEY)}"
    page = open_page(link, with_script=True, viewport={"width": width, "height": 800})

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.get_by_role("button").evaluate("button => button.getBoundingClientRect().height") >= 44

"""Preferences and filters in a real browser: by mouse, and without JavaScript."""

import pytest

from moderation import preferences
from moderation.storage import marks
from moderation.storage.tables import Moderator
from tests.factories import make_comment


@pytest.fixture
def database(sqlite_database):
    return sqlite_database


def chosen(database, moderator):
    with database.read() as session:
        return preferences.read(session.get_one(Moderator, moderator.id))


def test_the_browsers_zone_and_dark_colours_by_mouse(open_page, database, mona):
    page = open_page(timezone_id="Asia/Tokyo", color_scheme="light")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.goto("/account/preferences")

    page.get_by_role("button", name="Take this browser’s").click()
    page.get_by_label("Dark").check()
    page.get_by_role("button", name="Keep this").click()
    page.wait_for_selector("text=Your preferences are kept.")

    assert (chosen(database, mona).time_zone, chosen(database, mona).theme) == ("Asia/Tokyo", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light


def test_without_javascript_a_queue_is_narrowed_a_card_skipped_and_a_key_moved(open_page, database, site, mona):
    with database.write() as session:
        made = [make_comment(session, site, risk=risk) for risk in (0.7, 0.6, 0.5)]
        session.flush()
        for comment in made[:2]:
            marks.set_reasons(session, comment, ["threat"], is_new=True)
    page = open_page(with_script=False)

    page.locator("summary", has_text="Filter").click()
    page.select_option("select[name=attribute]", "threat")
    page.get_by_role("button", name="Show").click()
    page.wait_for_selector("text=Show everything")
    page.locator(".card").first.get_by_role("button", name="Skip").click()
    page.wait_for_selector("text=You skipped these")

    ids = page.locator(".card").evaluate_all("cards => cards.map((card) => card.id)")
    assert ids == [f"c-{made[1].id}", f"c-{made[0].id}"]
    assert "attribute=threat" in page.url
    page.goto("/account/preferences")
    page.fill("input[name=reject]", "h")
    page.get_by_role("button", name="Keep these keys").click()
    page.wait_for_selector("text=Your preferences are kept.")
    assert chosen(database, mona).keys == {"reject": "h"}

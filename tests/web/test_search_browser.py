"""Search in a real browser: by its key, by mouse, and without JavaScript."""

import pytest

from tests.factories import make_comment


@pytest.fixture
def database(sqlite_database):
    return sqlite_database


@pytest.fixture
def two(database, site):
    with database.write() as session:
        return [make_comment(session, site, text=text) for text in ("A red rose", "A tulip")]


def found(page):
    return page.locator(".card").evaluate_all("cards => cards.map((card) => card.id)")


def test_slash_goes_into_the_box_and_enter_searches(open_page, two):
    page = open_page()

    page.keyboard.press("/")
    page.keyboard.type("is:held rose")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=is%3Aheld+rose")

    assert found(page) == [f"c-{two[0].id}"]
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    assert page.evaluate("getSelection().toString() || document.activeElement.value") == "is:held rose"


def test_on_a_phone_a_link_leads_to_the_box(open_page, two):
    page = open_page(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)

    page.get_by_role("button", name="Menu").tap()
    page.get_by_role("link", name="Search").tap()
    page.wait_for_url("**/search")
    page.fill("#q", "tulip")
    page.get_by_role("button", name="Search", exact=True).tap()
    page.wait_for_url("**q=tulip**")

    assert found(page) == [f"c-{two[1].id}"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_javascript_the_box_searches_and_a_bad_line_is_explained(open_page, two):
    page = open_page(with_script=False)

    page.fill("#find", "is:nice")
    page.press("#find", "Enter")
    page.wait_for_selector("text=A comment is never “nice”")
    page.fill("#q", "tulip")
    page.press("#q", "Enter")
    page.wait_for_selector(".card")

    assert found(page) == [f"c-{two[1].id}"]

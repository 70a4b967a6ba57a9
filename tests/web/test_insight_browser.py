"""Insight in a real browser: by mouse, by keyboard without JavaScript, on a phone, and as axe sees it."""

from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.story import Clock, Story, play


@pytest.fixture
def database(sqlite_database):
    """One engine is enough for what happens in a browser."""
    return sqlite_database


@pytest.fixture
def story(database, site, mona, monkeypatch):
    """A story on Mona's site; it began four hours ago."""
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=4)
    story = Story(database, Clock(monkeypatch, start), "garden", site=site, mona=mona)
    play(story, start)
    return story


def faults_of(page):
    found = Axe().run(page).response["violations"]
    return [(fault["id"], node["html"]) for fault in found for node in fault["nodes"][:2]]


def test_a_column_leads_to_its_comments(open_page, story):
    page = open_page()
    page.goto("/insight?days=7")

    page.locator("section.comments svg.chart a:not([aria-label$=none])").last.click()

    page.wait_for_selector("h1 >> text=Comments that came")
    assert page.locator("li.row").count() >= 1
    page.get_by_role("link", name="Back to insight").click()
    page.wait_for_selector("h1 >> text=Insight")


def test_without_javascript_the_keyboard_reaches_tables_and_comments(open_page, story):
    page = open_page(with_script=False)
    page.get_by_role("link", name="Insight").click()
    page.locator("section.wait summary").focus()
    page.keyboard.press("Enter")

    table = page.locator("section.wait table")
    assert table.is_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.wait_for_selector("h1 >> text=Waited")
    assert page.locator("li.row").count() == 2


def test_another_period_is_chosen_by_the_form(open_page, story):
    page = open_page()
    page.goto("/insight")
    page.locator("select[name=days]").select_option("90")
    page.get_by_role("button", name="Show").click()

    page.wait_for_url("**days=90**")
    assert page.locator("section.comments svg.chart a").count() == 90


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_bars_anybody_s_way(open_page, story, scheme, width):
    page = open_page(color_scheme=scheme, viewport={"width": width, "height": 800})
    for path in ("/insight?days=1", "/insight?days=30"):
        page.goto(path)
        for summary in page.locator(".panels summary").all():
            summary.click()

        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert faults_of(page) == []
        assert page.evaluate("window.violations") == []
    page.locator("section.reasons td a").first.click()
    page.wait_for_selector("li.row")
    assert faults_of(page) == []


def test_a_file_is_saved_under_its_name(open_page, story):
    page = open_page()
    page.goto("/insight")
    with page.expect_download() as saved:
        page.locator("section.reasons .file a").click()

    assert saved.value.suggested_filename == "insight-reasons.csv"

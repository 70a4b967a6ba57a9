"""Many comments at once in a real browser: by mouse, by keyboard alone, and without JavaScript."""

import pytest
import sqlalchemy as sa

from moderation import batch_work
from moderation.domain.comment import State
from moderation.storage.tables import Comment
from tests.factories import make_comment
from tests.web.test_hostile import HOSTILE


@pytest.fixture
def database(sqlite_database):
    """One engine is enough for what happens in a browser."""
    return sqlite_database


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(
        "moderation.web.batches.pages.AT_ONCE_S", 60
    )  # a busy machine is no reason to answer before the end
    monkeypatch.setattr(batch_work, "REST", 0)


@pytest.fixture
def held(database, site):
    """Twenty comments with scores of 1, 5, 9, ... 77 %."""
    with database.write() as session:
        return [make_comment(session, site, risk=(4 * number + 1) / 100) for number in range(20)]


def count(database, state):
    with database.read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Comment).where(Comment.state == state))


def press_until(page, key, found, *, times=80):
    for _ in range(times):
        page.keyboard.press(key)
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", found):
            return
    raise AssertionError(f"{key} does not lead to {found}")


def test_handles_follow_the_mouse_and_the_count_follows_them(open_page, held):
    page = open_page()
    page.get_by_role("link", name="Many at once").click()
    page.wait_for_selector(".handles input")
    to = page.get_by_label("To this score").bounding_box()
    plot = page.locator(".plot").bounding_box()

    page.mouse.move(plot["x"] + plot["width"] * int(page.locator("[name=to]").input_value()) / 100, to["y"] + 12)
    page.mouse.down()
    page.mouse.move(plot["x"] + plot["width"] * 0.6, to["y"] + 12, steps=5)
    page.mouse.up()

    assert page.locator("[name=to]").input_value() == "60"
    assert page.locator("[data-inside]").inner_text() == "15 comments are selected"
    assert page.locator(".bar-of.in").count() == 15
    assert not page.get_by_role("button", name="Show", exact=True).is_visible()


def test_handles_cannot_pass_each_other(open_page, held):
    page = open_page()
    page.goto("/held/batch?from=20&to=24")

    page.get_by_label("To this score").focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")

    assert (page.locator("[name=from]").input_value(), page.locator("[name=to]").input_value()) == ("20", "22")
    page.locator("[name=from]").fill("90")
    page.keyboard.press("Tab")
    assert page.locator("[name=to]").input_value() == "92"
    assert page.locator("[data-inside]").inner_text() == "0 comments are selected"
    assert page.get_by_role("button", name="Approve these").is_disabled()


def test_a_typed_number_counts_after_a_pause_and_keeps_the_focus_and_the_cursor(open_page, held):
    page = open_page()
    page.goto("/held/batch?from=20&to=40")
    asked = []
    page.on("request", lambda sent: None if "/static/" in sent.url else asked.append(sent.url))
    field = page.locator("[name=to]")
    field.select_text()

    page.keyboard.type("6")
    page.wait_for_selector("text=1 comment is selected")
    assert page.locator("[name=from]").input_value() == "4"  # it is pushed on
    assert field.input_value() == "6"
    page.keyboard.type("1")
    page.wait_for_selector("text=11 comments are selected")

    # 61 itself is no edge of a bar: it waits for the field to be left.
    assert (page.locator("[name=from]").input_value(), field.input_value()) == ("20", "61")
    assert page.evaluate("document.activeElement.name") == "to"
    assert page.get_by_label("To this score").input_value() == "62"
    page.keyboard.press("Tab")
    assert field.input_value() == "62"
    assert asked == []


def test_an_emptied_field_takes_its_number_back_when_it_is_left(open_page, held):
    page = open_page()
    page.goto("/held/batch?from=20&to=40")
    page.locator("[name=to]").select_text()

    page.keyboard.press("Delete")
    page.wait_for_timeout(500)
    assert (page.locator("[name=to]").input_value(), page.locator("[data-inside]").inner_text()) == (
        "",
        "5 comments are selected",
    )
    page.keyboard.press("Tab")

    assert page.locator("[name=to]").input_value() == "40"


def test_batch_with_proof_by_keyboard_alone_and_its_undo(open_page, database, held):
    page = open_page()
    page.goto("/held/batch?from=0&to=20")
    press_until(page, "Tab", "[data-end=to]")
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    assert page.locator("[data-inside]").inner_text() == "10 comments are selected"
    press_until(page, "Tab", ".choices [value=publish]")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=First look at a sample")

    for _ in range(10):
        press_until(page, "Tab", ".verdict input")
        page.keyboard.press("Space")
    press_until(page, "Tab", ".keep button")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=0 of 10 bad")
    press_until(page, "Tab", "button.main")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Batch: Approved")
    assert count(database, State.PUBLISHED) == 10

    page.keyboard.press("z")
    page.wait_for_selector(".news >> text=Taken back: 10 comments")
    assert count(database, State.PUBLISHED) == 0


def test_enter_in_a_verdict_keeps_them_and_never_starts_the_batch(open_page, database, held):
    page = open_page()
    page.goto("/held/batch?from=0&to=20")
    page.get_by_role("button", name="Approve these").click()
    for verdict in page.get_by_label("Fine").all():
        verdict.check()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=0 of 5 bad")

    page.get_by_label("Fine").first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Approve 5 comments").wait_for()
    assert count(database, State.PUBLISHED) == 0


def test_without_javascript_fields_and_forms_do_all_of_it(open_page, database, held):
    page = open_page(with_script=False)
    page.get_by_role("link", name="Many at once").click()
    assert not page.locator(".handles").is_visible()
    page.locator("[name=from]").fill("40")
    page.locator("[name=to]").fill("80")
    page.get_by_role("button", name="Show", exact=True).click()
    assert "10 comments are selected" in page.inner_text(".how-many")
    page.get_by_role("button", name="Reject these").click()
    for place, verdict in enumerate(page.get_by_label("Bad").all()):
        verdict.check() if place else page.get_by_label("Fine").first.check()
    page.get_by_role("button", name="Keep these verdicts").click()
    assert "1 of 10 fine" in page.inner_text("#proof")
    page.get_by_label("are approved").check()
    page.get_by_label("I want it all the same").check()
    page.get_by_role("button", name="Reject 9 comments").click()

    assert (count(database, State.REJECTED), count(database, State.PUBLISHED)) == (9, 1)
    page.get_by_role("button", name="Take the whole batch back").click()
    assert count(database, State.HELD) == 20
    assert "Taken back by Mona" in page.inner_text(".batch")


def test_ticking_by_mouse_shows_the_form_and_decides_them_together(open_page, database, held):
    page = open_page()
    assert page.locator("#selected [value=reject]").is_disabled()

    page.locator(".card .select").nth(1).click()
    page.locator(".card .select").nth(4).click()
    assert page.locator("[data-ticked]").inner_text() == "2 selected"
    page.get_by_role("button", name="Reject the selected").click()
    page.wait_for_selector(".news >> text=Rejected 2 comments.")
    assert count(database, State.REJECTED) == 2

    page.locator(".news").get_by_role("button", name="Undo").click()
    page.wait_for_selector(".news >> text=Taken back: 2 comments")
    assert count(database, State.REJECTED) == 0


def test_x_ticks_the_card_that_has_the_focus(open_page, database, held):
    page = open_page()
    for key in ("j", "x", "j", "j", "x", "j", "x", "x"):
        page.keyboard.press(key)

    assert page.locator("[data-ticked]").inner_text() == "2 selected"
    press_until(page, "Tab", "#selected [value=reject]", times=300)
    page.keyboard.press("Enter")
    page.wait_for_selector(".news >> text=Rejected 2 comments.")
    assert count(database, State.REJECTED) == 2


def test_sample_is_judged_with_the_keys_of_the_cards(open_page, database, held):
    page = open_page()
    page.goto("/held/batch?from=0&to=20")
    page.get_by_role("button", name="Approve these").click()
    page.wait_for_selector(".sampled")

    for place in range(5):
        page.keyboard.press("j")
        page.keyboard.press("d" if place == 2 else "f")
    page.get_by_role("button", name="Keep these verdicts").click()

    page.wait_for_selector("text=1 of 5 bad")


def test_all_on_the_page_are_ticked_with_a_script_and_without(open_page, database, held):
    page = open_page()
    page.get_by_role("button", name="Select all on this page").click()
    assert page.locator("[data-ticked]").inner_text() == "20 selected"
    page.get_by_role("button", name="Select all on this page").click()
    assert not page.locator("[data-ticked]").is_visible()

    plain = open_page(with_script=False)
    plain.get_by_role("link", name="Select all on this page").click()
    plain.get_by_role("button", name="Spam for the selected").click()
    assert "Marked 20 comments as spam." in plain.inner_text(".news")
    assert count(database, State.SPAM) == 20


@pytest.mark.parametrize("size", [(390, 844), (1280, 900)])
def test_hostile_comments_do_nothing_in_a_sample_and_nothing_is_too_wide(open_page, database, site, size):
    with database.write() as session:
        for text in HOSTILE:
            whole = text.replace("\x00", "\ufffd")
            make_comment(session, site, text=whole, author_name=whole[:300], risk=0.2)
    page = open_page(viewport={"width": size[0], "height": size[1]})

    page.goto("/held/batch?from=0&to=40")
    widths = [page.evaluate("document.documentElement.scrollWidth <= innerWidth")]
    page.get_by_role("button", name="Approve these").click()
    page.wait_for_selector(".sampled")
    widths.append(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
    violations = page.evaluate("window.violations")
    for verdict in page.get_by_label("Fine").all():
        verdict.check()
    page.get_by_role("button", name="Keep these verdicts").click()
    page.get_by_role("button", name="Approve ").click()
    page.wait_for_selector("#batch")
    widths.append(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
    page.goto("/batches")
    widths.append(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))

    assert (violations, page.evaluate("window.violations"), widths) == ([], [], [True] * 4)


def test_fingers_find_every_button(open_page, held):
    page = open_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    for path in ("/", "/held/batch", "/batches"):
        page.goto(path)
        heights = page.evaluate(
            "[...document.querySelectorAll('button, nav a, .select')].filter((e) => e.checkVisibility())"
            ".map((e) => e.getBoundingClientRect().height)"
        )
        assert min(heights) >= 44, path

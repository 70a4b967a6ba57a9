"""Single keys in a real browser: all of the table, other people's keys, and no keys."""

import pytest

from moderation import preferences
from moderation.domain.comment import Action, State
from tests.factories import make_comment
from tests.web.browsing import focused, state_of


@pytest.fixture
def database(sqlite_database):
    return sqlite_database


@pytest.fixture
def two(database, site):
    with database.write() as session:
        return [make_comment(session, site, risk=risk, author_name=name) for risk, name in ((0.7, "Ann"), (0.6, "Bo"))]


def press(page, *keys):
    for key in keys:
        page.wait_for_load_state()
        page.keyboard.press(key)


def announced(page):
    """What has a key, and which."""
    found = page.locator("[aria-keyshortcuts]").evaluate_all(
        "all => all.map((e) => [e.dataset.does, e.getAttribute('aria-keyshortcuts')])"
    )
    return set(map(tuple, found))


def test_digits_lead_to_the_six_queues(open_page, database, site):
    with database.write() as session:
        make_comment(session, site, action=Action.SPAM)
    page = open_page()
    page.goto("/decided")  # from here each digit leads to another address, so that each is waited for

    for digit, path in zip(
        "123456", ("/", "/reported", "/not-scored", "/published", "/rejected", "/spam"), strict=True
    ):
        press(page, digit)
        page.wait_for_url(f"**{path}")


def test_f_approves_s_marks_as_spam_and_e_escalates(open_page, database, site, two):
    with database.write() as session:
        third = make_comment(session, site, risk=0.1, author_name="Cy")
    page = open_page()

    for key, news in (("f", "Approved the comment by Ann"), ("s", "Marked the comment by Bo"), ("e", "Escalated")):
        if key == "f":
            press(page, "j")  # afterwards the next card has the focus
        press(page, key)
        page.wait_for_selector(f".news >> text={news}")

    assert [state_of(database, c) for c in (*two, third)] == [State.PUBLISHED, State.SPAM, State.HELD]


def test_n_puts_a_card_behind_and_moves_on(open_page, database, two):
    page = open_page()

    press(page, "j", "n")
    page.wait_for_selector("text=You skipped these")

    assert page.locator(".card").evaluate_all("cards => cards.map((card) => card.id)") == [
        f"c-{two[1].id}",
        f"c-{two[0].id}",
    ]
    assert focused(page) == f"c-{two[1].id}"
    assert state_of(database, two[0]) is State.HELD


def order(page):
    return page.locator(".card").evaluate_all("cards => cards.map((card) => card.id)")


def test_z_takes_a_skip_back_and_the_comment_has_its_place_and_the_focus_again(open_page, database, two):
    page = open_page()
    before = order(page)
    press(page, "j", "n")
    page.wait_for_selector(".news >> text=Skipped")

    press(page, "z")
    page.wait_for_selector(".news >> text=Taken back")

    assert order(page) == before
    assert focused(page) == f"c-{two[0].id}"
    assert page.get_by_text("You skipped these").count() == 0
    press(page, "d")
    page.wait_for_selector(".news >> text=Rejected the comment by Ann")
    press(page, "z")
    page.wait_for_selector(".news >> text=Taken back: the comment by Ann")
    assert [state_of(database, comment) for comment in two] == [State.HELD, State.HELD]


@pytest.mark.parametrize("with_script", [True, False])
def test_the_button_beside_the_news_of_a_skip_takes_it_back(open_page, two, with_script):
    page = open_page(with_script=with_script)
    before = order(page)
    page.locator(".card").first.get_by_role("button", name="Skip").click()
    page.wait_for_selector(".news >> text=Skipped")

    page.locator(".news").get_by_role("button", name="Undo").click()
    page.wait_for_selector(".news >> text=Taken back")

    assert order(page) == before


def type_with(page, key, *, shift):
    """A letter as the browser tells of it with Caps Lock on, which Playwright's own keyboard does not have."""
    cdp = page.context.new_cdp_session(page)
    place = {"key": key, "code": f"Key{key.upper()}", "windowsVirtualKeyCode": ord(key.upper())}
    for kind in ("keyDown", "keyUp"):
        cdp.send("Input.dispatchKeyEvent", {"type": kind, "modifiers": 8 if shift else 0, **place})


def test_caps_lock_changes_no_key(open_page, database, two):
    page = open_page()

    type_with(page, "J", shift=False)
    assert focused(page) == f"c-{two[0].id}"
    type_with(page, "D", shift=False)

    page.wait_for_selector(".news >> text=Rejected the comment by Ann")


@pytest.mark.parametrize("letters", ["JD", "jd"], ids=["without Caps Lock", "with Caps Lock"])
def test_a_letter_with_shift_does_nothing(open_page, database, two, letters):
    page = open_page()

    for letter in letters:
        type_with(page, letter, shift=True)
    page.wait_for_timeout(200)
    assert focused(page) == ""
    page.locator(".card").first.focus()
    type_with(page, letters[1], shift=True)
    page.wait_for_timeout(200)

    assert state_of(database, two[0]) is State.HELD


def test_a_sign_that_needs_shift_works_with_it(open_page, two):
    page = open_page()

    page.keyboard.press("Shift+?")

    assert page.locator("#keys dl").is_visible()


def test_a_capital_that_a_moderator_chose_is_its_key_with_shift(open_page, database, mona, two):
    preferences.change(database, mona, keys={"reject": "H", "next": "D", "previous": "d"})
    page = open_page()

    type_with(page, "D", shift=True)
    assert focused(page) == f"c-{two[0].id}"
    type_with(page, "d", shift=True)  # Caps Lock is on
    assert focused(page) == f"c-{two[1].id}"
    type_with(page, "D", shift=False)  # and it still is
    assert focused(page) == f"c-{two[0].id}"
    type_with(page, "h", shift=False)
    page.wait_for_timeout(200)
    assert state_of(database, two[0]) is State.HELD

    type_with(page, "H", shift=True)
    page.wait_for_selector(".news >> text=Rejected the comment by Ann")
    page.wait_for_load_state()
    type_with(page, "H", shift=False)  # Caps Lock alone, where no small h does anything
    page.wait_for_selector(".news >> text=Rejected the comment by Bo")


def test_the_help_opens_with_its_key_and_says_what_the_keys_do(open_page, two):
    page = open_page()

    press(page, "?")

    assert page.locator("#keys dl").is_visible()
    assert page.evaluate("document.activeElement.closest('details')?.id") == "keys"
    shown = dict(page.locator("#keys dl div").evaluate_all("rows => rows.map((r) => r.innerText.split(/\\n+/))"))
    assert shown["f"] == "Approve the comment"
    assert {("publish", "f"), ("reject", "d"), ("skip", "n"), ("queue-held", "1")} <= announced(page)


def test_a_moderators_own_keys_work_and_the_help_shows_them(open_page, database, mona, two):
    preferences.change(database, mona, keys={"reject": "h", "help": "f"})
    page = open_page()

    press(page, "j", "d", "?")
    page.wait_for_timeout(200)
    assert state_of(database, two[0]) is State.HELD
    assert not page.locator("#keys dl").is_visible()
    press(page, "f")
    assert page.locator("kbd[data-does=reject]").inner_text() == "h"
    press(page, "j", "h")
    page.wait_for_selector(".news >> text=Rejected the comment by Ann")


def test_keys_are_switched_off_in_the_help_and_stay_off(open_page, database, two):
    page = open_page()
    press(page, "?")
    page.get_by_role("button", name="Switch the keys off").click()
    page.wait_for_selector("html:not(.with-keys)")

    press(page, "j", "d")
    page.wait_for_timeout(200)

    assert focused(page) == ""
    assert state_of(database, two[0]) is State.HELD
    assert not page.locator("[aria-keyshortcuts]").count()


@pytest.mark.parametrize("field", ["select[name=sort]", "textarea[name=note]"])
def test_no_key_works_in_a_field(open_page, database, two, field):
    page = open_page()
    if "textarea" in field:
        page.goto(f"/comments/{two[0].id}")
    page.focus(field)

    press(page, "d", "f", "2")
    page.wait_for_timeout(200)

    assert [state_of(database, comment) for comment in two] == [State.HELD, State.HELD]
    assert "/reported" not in page.url


def test_r_leads_to_the_list_of_reasons_and_so_does_the_link_without_the_script(open_page, two):
    page, plain = open_page(), open_page(with_script=False)

    press(page, "j", "r")
    plain.get_by_role("link", name="Give a reason").first.click()

    page.wait_for_selector("select[name=reason]:focus")
    plain.wait_for_selector("select[name=reason]:focus")
    page.keyboard.press("Shift+Tab")
    press(page, "r")
    page.wait_for_selector("select[name=reason]:focus")


def test_x_acts_on_what_a_card_has_for_selecting(open_page, two):
    page = open_page()
    page.evaluate(
        """() => {
          for (const card of document.querySelectorAll(".card:not(:has([data-does=select]))"))
            card.insertAdjacentHTML("beforeend", '<input type="checkbox" data-does="select">');
        }"""
    )

    press(page, "j", "x", "j", "x", "x")

    cards = page.locator(".card")
    assert cards.nth(0).locator("input[data-does=select]").is_checked()
    assert not cards.nth(1).locator("input[data-does=select]").is_checked()


def test_a_shortcut_is_announced_by_what_is_pressed(open_page, database, mona, two):
    preferences.change(database, mona, keys={"reject": "H", "spam": "+"})
    page = open_page()

    assert {("reject", "Shift+H"), ("spam", "Plus"), ("publish", "f")} <= announced(page)


@pytest.mark.parametrize(("chosen", "told"), [({"keys": {"undo": "y"}}, ["y"]), ({"keys_on": False}, [])])
def test_undo_of_many_is_announced_by_the_moderators_own_key_or_not_at_all(
    open_page, database, mona, two, chosen, told
):
    preferences.change(database, mona, **chosen)
    page = open_page()
    for comment in two:
        page.check(f"#c-{comment.id} input[type=checkbox]")
    page.get_by_role("button", name="Approve the selected").click()
    page.wait_for_selector(".news .undo")

    assert [key for does, key in announced(page) if does == "undo"] == told

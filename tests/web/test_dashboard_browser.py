"""The dashboard in a real browser: by keyboard, without JavaScript, and in the face of hostile text."""

import pytest

from moderation import intake
from moderation.domain.comment import Action, State
from moderation.scoring import Scorer
from moderation.storage.tables import Comment, Moderator
from tests.factories import NOW, make_comment, make_submission, mark_reported
from tests.web.browsing import focused, state_of
from tests.web.test_grounds import Weigher
from tests.web.test_hostile import HOSTILE


@pytest.fixture
def database(sqlite_database):
    """One engine is enough for what happens in a browser."""
    return sqlite_database


@pytest.fixture
def two(database, site):
    with database.write() as session:
        return [make_comment(session, site, risk=risk, author_name=name) for risk, name in ((0.9, "Ann"), (0.8, "Bo"))]


def test_single_keys_reject_move_on_and_undo(open_page, database, two):
    page = open_page()

    page.keyboard.press("j")
    assert focused(page) == f"c-{two[0].id}"
    page.keyboard.press("d")
    page.wait_for_selector(".news >> text=Rejected the comment by Ann")

    assert state_of(database, two[0]) is State.REJECTED
    assert focused(page) == f"c-{two[1].id}"

    page.keyboard.press("z")
    page.wait_for_selector(".news >> text=is held again")

    assert state_of(database, two[0]) is State.HELD
    assert focused(page) == f"c-{two[0].id}"


def test_on_a_phone_what_was_decided_does_not_cover_the_next_comment(open_page, database, site, two):
    with database.write() as session:
        for _ in range(4):
            make_comment(session, site, risk=0.5)
    page = open_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)

    page.locator(f"#c-{two[0].id} [value=reject]").tap()
    page.wait_for_selector(".news >> text=Rejected the comment by Ann")

    assert focused(page) == f"c-{two[1].id}"
    top = page.evaluate("document.activeElement.getBoundingClientRect().top")
    assert top >= page.evaluate("document.querySelector('.news').getBoundingClientRect().bottom")


@pytest.mark.parametrize("width", [780, 1024, 1280])
def test_no_name_in_the_bar_is_broken(open_page, database, mona, width):
    with database.write() as session:
        session.merge(mona).name = "Mona with a longer name"
    page = open_page(viewport={"width": width, "height": 700})

    for path in ("/", "/search"):
        page.goto(path)
        lines = page.locator(".bar li a").evaluate_all("all => all.map((link) => [link.innerText, link.offsetHeight])")
        assert [line for line in lines if line[1] > 56] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_javascript_tab_and_enter_are_enough(open_page, database, two):
    page = open_page(with_script=False)

    reject = page.locator(".card").first.get_by_role("button", name="Reject")
    for _ in range(40):
        page.keyboard.press("Tab")
        if reject.evaluate("button => button === document.activeElement"):
            break
    page.keyboard.press("Enter")
    page.wait_for_selector(".news >> text=Rejected the comment by Ann")

    assert state_of(database, two[0]) is State.REJECTED
    assert page.locator(":focus").get_attribute("id") == f"c-{two[1].id}"
    page.get_by_role("button", name="Undo").click()
    page.wait_for_selector(".news >> text=is held again")
    assert state_of(database, two[0]) is State.HELD


@pytest.mark.parametrize("keys", ["d", "j Control+d", "j Alt+d", "j Meta+d", "j Shift+D"])
def test_a_key_decides_nothing_with_a_modifier_or_without_a_card(open_page, database, two, keys):
    page = open_page()

    for key in keys.split():
        page.keyboard.press(key)
    page.wait_for_timeout(200)

    assert [state_of(database, comment) for comment in two] == [State.HELD, State.HELD]


def test_a_key_that_is_held_down_decides_once(open_page, database, two):
    page = open_page()
    page.keyboard.press("j")

    page.keyboard.down("d")
    page.keyboard.down("d")
    page.wait_for_selector(".news")
    page.keyboard.down("d")
    page.wait_for_timeout(200)

    assert [state_of(database, comment) for comment in two] == [State.REJECTED, State.HELD]


def test_hostile_comments_do_nothing_in_a_browser(open_page, database, site):
    with database.write() as session:
        for text in HOSTILE:
            whole = text.replace("\x00", "\ufffd")
            make_comment(session, site, text=whole, author_name=whole[:300], parent_text=whole)
            mark_reported(session, make_comment(session, site, action=Action.PUBLISH, text=whole))
        ids = [comment.id for comment in session.query(Comment)]

    page = open_page()
    for path in [
        "/",
        "/reported",
        "/deliveries",
        *(f"/comments/{comment_id}{part}" for comment_id in ids for part in ("", "/conversation")),
    ]:
        page.goto(path)
        assert page.evaluate("window.violations") == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


@pytest.mark.parametrize("path", ["/", "/reported", "/decided", "/deliveries"])
def test_on_a_phone_nothing_is_wider_than_the_screen_and_buttons_fit_a_thumb(open_page, database, site, two, path):
    page = open_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.goto(path)

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    heights = page.evaluate(
        "[...document.querySelectorAll('button, nav a')].filter((e) => e.checkVisibility())"
        ".map((e) => e.getBoundingClientRect().height)"
    )
    assert min(heights) >= 44


def test_raising_and_lowering_words_differ_in_the_shape_of_their_lines(open_page, database, site):
    scorer = Scorer(Weigher())
    intake.submit(database, scorer, site, [make_submission(text="idiot idiot thanks")], now=NOW)
    scorer.close()

    page = open_page(with_script=False)

    shapes = [
        page.locator(f".card mark.{kind}").first.evaluate("mark => getComputedStyle(mark).textDecorationStyle")
        for kind in ("scored", "lowered")
    ]
    assert shapes == ["solid", "dotted"]


def test_a_name_is_whole_in_the_menu_of_a_phone(open_page, database, mona):
    with database.write() as session:
        session.get_one(Moderator, mona.id).name = "Maria da Conceição"
    page = open_page(viewport={"width": 390, "height": 844})

    page.click(".open-menu")

    assert page.locator(".me").evaluate("link => link.scrollWidth <= link.clientWidth")

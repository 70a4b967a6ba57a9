"""What a card opens, in a real browser: by mouse, by keyboard alone, without JavaScript."""

import pytest

from moderation import intake
from moderation.domain.comment import Article, Author, Parent
from moderation.storage import authors
from moderation.storage.types import utc_now
from tests.factories import make_comment, make_submission


@pytest.fixture
def database(sqlite_database):
    """One engine is enough for what happens in a browser."""
    return sqlite_database


@pytest.fixture
def scene(app, database, site, owner):
    """A comment of Cy's that waits, between two published ones; Mona owns the site."""
    for number, name, text, parent in (
        ("1", "Ann", "What Ann wrote", None),
        ("2", "Cy", "A bad answer", Parent("1", "")),
        ("3", "Bo", "What Bo wrote", Parent("2", "")),
    ):
        sent = make_submission(
            id=number,
            text=text,
            author=Author(id=name, name=name),
            article=Article("17", "https://blog.example/a", "Bees in town", "Bees do well."),
            parent=parent,
        )
        intake.submit(database, app.extensions["moderation"].scorer, site, [sent], now=utc_now())


def test_the_drawer_opens_gives_a_standing_and_gives_the_focus_back(open_page, database, site, scene):
    page = open_page()
    page.click(".card [data-does=author]")
    page.wait_for_selector("#drawer[open] >> text=Newest comments")
    assert page.evaluate("document.activeElement.id") == "drawer-title"

    page.click("text=Trust, watch or block")
    page.get_by_role("radio", name="Watched").check()
    page.get_by_label("Why, for the other moderators").fill("Third time")
    page.click("text=Set it")
    page.wait_for_selector("#drawer .stands >> text=Third time")
    page.keyboard.press("Escape")

    assert not page.locator("#drawer").is_visible()
    assert page.evaluate("document.activeElement.dataset.does") == "author"
    assert page.evaluate("location.pathname") == "/"
    with database.read() as session:
        assert [author.name for author in authors.with_standing(session, site.id, utc_now())] == ["Cy"]


def test_by_keyboard_alone_the_conversation_and_the_author_open_and_close(open_page, scene):
    page = open_page()
    page.focus(".card [data-does=conversation]")
    page.keyboard.press("Enter")
    page.wait_for_selector(".around .thread >> text=What Ann wrote")
    assert page.locator(".around .thread >> text=What Bo wrote").is_visible()
    page.keyboard.press("Enter")
    assert not page.locator(".around .thread").is_visible()

    page.focus(".card [data-does=author]")
    page.keyboard.press("Enter")
    page.wait_for_selector("#drawer[open] >> text=A note for the other moderators")
    page.focus("#drawer textarea")
    page.keyboard.type("Seen before")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#drawer .said-of-it >> text=Seen before")


def test_single_keys_open_the_conversation_and_the_author_of_the_card_in_focus(open_page, scene):
    page = open_page()

    page.keyboard.press("j")
    page.keyboard.press("c")
    page.wait_for_selector(".around .thread >> text=What Ann wrote")
    page.keyboard.press("u")
    page.wait_for_selector("#drawer[open] >> text=Newest comments")
    page.keyboard.press("f")  # decides nothing: the drawer is in front

    page.keyboard.press("Escape")
    assert page.locator(".card").count() == 1


def test_without_javascript_the_links_are_pages(open_page, scene):
    page = open_page(with_script=False)

    page.click(".card summary[data-does=conversation]")
    page.click("text=See what stands around it")
    page.wait_for_selector(".thread >> text=What Bo wrote")
    page.goto("/")
    page.click(".card [data-does=receipt]")
    page.wait_for_selector("h1 >> text=Receipt")
    page.goto("/")
    page.click(".card [data-does=author]")
    page.wait_for_selector("h1 >> text=Cy")
    page.click("text=Trust, watch or block")
    page.get_by_role("radio", name="Blocked").check()
    page.get_by_label("How long").select_option("month")
    page.click("text=Set it")
    page.wait_for_selector(".stands >> text=Blocked until")
    page.locator("textarea[name=text]").fill("Seen before")
    page.click("text=Add the note")
    page.wait_for_selector(".said-of-it >> text=Seen before")


def test_whoever_was_signed_out_is_asked_to_sign_in_again(open_page, database, scene):
    page = open_page()
    page.context.clear_cookies()

    page.click(".card [data-does=author]")

    page.wait_for_selector("#password")
    assert page.evaluate("location.pathname") == "/sign-in"


def test_with_ctrl_a_link_opens_its_own_tab(open_page, scene):
    page = open_page()

    with page.context.expect_page() as opened:
        page.click(".card [data-does=author]", modifiers=["Control"])

    opened.value.wait_for_selector("h1 >> text=Cy")
    assert not page.locator("#drawer").is_visible()


@pytest.fixture
def slur(database, site):
    with database.write() as session:
        make_comment(session, site, text="What shit is that", risk=0.9)
        make_comment(session, site, text="And this crap", risk=0.5)


def is_seen(page):
    """Whether the word under the cover is drawn, and its cover is not: the same is told to a screen reader."""
    under, cover = page.locator(".slur .under"), page.locator(".slur .cover")
    assert under.is_visible() is not cover.is_visible()
    return under.is_visible()


def test_the_last_dot_of_a_cover_is_whole(open_page, database, site):
    with database.write() as session:
        make_comment(session, site, text="What shitty fucking bullshit is that, bitches")

    measure = "covers => covers.map(it => [it.firstElementChild, it].map(box => box.getBoundingClientRect().right))"
    ends = open_page().locator(".slur .cover").evaluate_all(measure)

    assert len(ends) == 4
    assert all(dots <= cover + 1 for dots, cover in ends), ends


@pytest.mark.parametrize("with_script", [True, False])
def test_a_covered_word_is_shown_under_the_pointer_and_while_it_is_pressed(open_page, slur, with_script):
    page = open_page(with_script=with_script)
    page.mouse.move(1, 1)
    assert not is_seen(page)
    box = page.locator(".slur").bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    page.mouse.move(*middle)
    assert is_seen(page)
    page.mouse.move(1, 1)
    assert not is_seen(page)
    page.mouse.click(*middle)
    page.mouse.move(1, 1)
    assert is_seen(page)
    assert page.locator(".slur").bounding_box() == box


@pytest.mark.parametrize("with_script", [True, False])
def test_by_keyboard_a_covered_word_is_shown_with_its_card_and_stays_if_it_is_asked_for(open_page, slur, with_script):
    page = open_page(with_script=with_script)
    page.get_by_label("Show masked words").focus()
    assert is_seen(page)

    page.locator(".card").nth(1).focus()
    assert not is_seen(page)
    page.get_by_label("Show masked words").focus()
    page.keyboard.press("Space")
    page.locator(".card").nth(1).focus()
    assert is_seen(page)

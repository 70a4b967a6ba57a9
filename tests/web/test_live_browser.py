"""New comments in a real browser: a button, a list that does not move, silence while nobody looks."""

import pytest

from moderation import appeals, claims
from moderation.domain.comment import Action
from moderation.storage.tables import Comment
from moderation.storage.types import utc_now
from tests.factories import make_comment, make_moderator

ASK = "document.dispatchEvent(new Event('visibilitychange'))"


@pytest.fixture
def database(sqlite_database):
    return sqlite_database


@pytest.fixture
def two(database, site):
    with database.write() as session:
        return [make_comment(session, site, risk=risk) for risk in (0.7, 0.6)]


def tops(page):
    return page.locator(".card").evaluate_all("cards => cards.map((c) => [c.id, c.getBoundingClientRect().top])")


def test_new_comments_are_a_button_and_the_list_does_not_move(open_page, database, site, two):
    page = open_page()
    page.keyboard.press("j")
    before = tops(page)
    with database.write() as session:
        new = make_comment(session, site, risk=0.9)

    page.evaluate(ASK)
    page.wait_for_selector("#new-ones >> text=1 new")

    assert tops(page) == before
    assert page.evaluate("document.activeElement.id") == f"c-{two[0].id}"
    assert page.evaluate("window.violations") == []
    page.click("#new-ones")
    page.wait_for_selector(f"#c-{new.id}")


def test_nothing_is_asked_while_the_page_is_hidden(open_page, database, site, two):
    page = open_page()
    asked = []
    page.on("request", lambda sent: asked.append(sent.url) if "/news/" in sent.url else None)
    page.evaluate("Object.defineProperty(document, 'hidden', { value: true, configurable: true })")

    page.evaluate(ASK)
    page.wait_for_timeout(300)
    assert asked == []
    page.evaluate("delete document.hidden")
    with page.expect_response(lambda answer: "/news/" in answer.url) as answer:
        page.evaluate(ASK)
    assert answer.value.status == 304


def test_a_card_that_a_colleague_opens_closes_here_and_opens_again(open_page, database, site, mona, two):
    with database.write() as session:
        nils = make_moderator(session, site, email="nils@example.org", name="Nils")
    page = open_page()
    card = page.locator(f"#c-{two[1].id}")

    claims.take(database, moderator=nils, site_ids=[site.id], comment_id=two[1].id, now=utc_now())
    page.evaluate(ASK)
    card.locator("text=Nils is looking at this comment just now.").wait_for()
    assert not card.get_by_role("button", name="Reject").is_visible()
    card.focus()
    page.keyboard.press("d")
    page.wait_for_timeout(300)
    assert page.evaluate("location.pathname") == "/"

    claims.release(database, moderator=nils, comment_id=two[1].id)
    page.evaluate(ASK)
    card.get_by_role("button", name="Reject").wait_for()
    wait_until(page, lambda: holder(database, two[1]) == mona.id)


def holder(database, comment):
    with database.read() as session:
        return session.get_one(Comment, comment.id).claimed_by


def wait_until(page, true):
    for _ in range(50):
        if true():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it did not come about")


def test_leaving_a_comments_own_page_frees_it(open_page, database, mona, two):
    page = open_page()
    page.goto(f"/comments/{two[0].id}")
    assert holder(database, two[0]) == mona.id

    page.goto("/decided")

    wait_until(page, lambda: holder(database, two[0]) is None)


def test_an_objection_is_taken_by_whoever_answers_it_and_freed_on_leaving(open_page, database, site, mona):
    with database.write() as session:
        comment = make_comment(session, site, action=Action.REJECT)
    appeals.appeal(database, comment_id=comment.id, text="I meant it kindly.", now=utc_now())
    page = open_page()
    page.goto("/appeals")
    assert holder(database, comment) is None

    page.focus("textarea")
    wait_until(page, lambda: holder(database, comment) == mona.id)
    page.goto("/decided")

    wait_until(page, lambda: holder(database, comment) is None)

"""The main job, with real processes and a real browser: a comment is held before it is published."""

import json
import re
import uuid

import pytest
from playwright.sync_api import expect

from tests.e2e.stack import EMAIL, PASSWORD, Stack, wait_until

expect.set_options(timeout=20_000)  # a busy machine is slow, not wrong


@pytest.fixture(params=["sqlite", "postgres"])
def stack(request, tmp_path):
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'home' / 'moderation.db'}"
    else:
        url = request.getfixturevalue("postgres_cluster").create_database(f"e2e_{uuid.uuid4().hex}")
    stack = Stack(tmp_path / "home", url)
    try:
        stack.set_up()
        stack.start()
        yield stack
    finally:
        stack.stop()


@pytest.fixture
def page(chromium):
    """A page that fails its test on an error in the console, such as a broken security policy."""
    context = chromium.new_context()
    page = context.new_page()
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def seed(shared):
    return json.loads((shared / "seed" / "article_and_comment.json").read_text(encoding="utf-8"))


def post_comment(page, stack, seed, name, text):
    """Write a comment under the seed article, as a reader; the comment on the page."""
    page.goto(stack.blog_url)
    page.get_by_role("link", name=re.compile(re.escape(seed["article"]["title"]))).first.click()
    page.locator("[name=name]").fill(name)
    page.locator("[name=text]").fill(text)
    page.get_by_role("button", name="Post comment").click()
    comment = page.locator("article.comment", has_text=text[:60])
    expect(comment).to_be_visible()
    return comment


def sign_in(page, stack):
    page.goto(stack.service_url)
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def card_of(page, author):
    return page.locator("article.card").filter(has=page.get_by_role("heading", name=author))


def reject_by_keyboard(page, author):
    """The author's card, rejected with the keyboard alone."""
    card = card_of(page, author)
    expect(card).to_be_visible()
    page.wait_for_load_state()  # the keys work once the scripts have run
    card.focus()
    page.keyboard.press("d")
    expect(card).not_to_be_visible()


def state_at_blog(page):
    page.reload()
    return page.locator("article.comment").last.get_attribute("data-state")


def test_reader_moderator_and_blog_go_through_the_whole_loop(stack, page, chromium, seed):
    kind = post_comment(page, stack, seed, "Ann", "Thank you for this careful and moving article.")
    expect(kind).to_have_attribute("data-state", "published")
    text = seed["comment"]["text"]
    held = post_comment(page, stack, seed, "Michael", text)
    expect(held).to_have_attribute("data-state", "held")
    address = page.url

    moderator = chromium.new_context().new_page()
    sign_in(moderator, stack)
    card = card_of(moderator, "Michael")
    expect(card).to_contain_text("probability")
    expect(card.locator("mark").first).to_be_visible()
    reject_by_keyboard(moderator, "Michael")
    moderator.context.close()

    page.goto(address)
    wait_until(lambda: state_at_blog(page) == "rejected", "the blog to hear of it")
    expect(page.locator("article.comment").last).to_contain_text("signature verified")


def test_strangers_never_see_what_is_held(stack, page, chromium, seed):
    text = seed["comment"]["text"]
    post_comment(page, stack, seed, "Michael", text)

    stranger = chromium.new_context().new_page()
    stranger.goto(page.url)
    expect(stranger.locator("article.comment", has_text=text[:60])).to_have_count(0)
    stranger.context.close()


def test_outcome_reaches_the_blog_although_the_worker_was_killed_while_delivering(stack, page, chromium, seed):
    text = seed["comment"]["text"]
    post_comment(page, stack, seed, "Michael", text)
    address = page.url
    stack.gate.is_open.clear()

    moderator = chromium.new_context().new_page()
    sign_in(moderator, stack)
    reject_by_keyboard(moderator, "Michael")
    moderator.context.close()

    wait_until(lambda: stack.gate.held, "the delivery to begin")
    stack.kill("service" if stack.is_sqlite else "worker")
    stack.gate.drop_held()
    stack.gate.is_open.set()
    page.goto(address)
    assert state_at_blog(page) == "held"

    if stack.is_sqlite:
        stack.start_service()
    else:
        stack.start_worker()
    wait_until(lambda: state_at_blog(page) == "rejected", "the blog to hear of it after the lease")
    expect(page.locator("article.comment").last).to_contain_text("signature verified")

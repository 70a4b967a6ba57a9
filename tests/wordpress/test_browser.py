"""The whole loop as people go through it: a reader, a moderator in the dashboard, an administrator in WordPress."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from moderation.storage import moderators, sites
from tests.e2e.stack import EMAIL, wait_until
from tests.e2e.stack import PASSWORD as DASHBOARD_PASSWORD
from tests.wordpress.conftest import KIND, UNKIND
from tests.wordpress.wordpress import ADMIN, PASSWORD

expect.set_options(timeout=30_000)  # a busy machine is slow, not wrong


@pytest.fixture
def open_page(chromium, blog):
    """A browser of somebody's own; it fails the test on an error of a script of the page."""
    opened, complaints = [], []

    def _open():
        context = chromium.new_context(viewport={"width": 1280, "height": 800})
        opened.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield _open
    for context in opened:
        context.close()
    assert complaints == []


def write(page, blog, name, text):
    page.goto(f"{blog.url}/?p={blog.article}")
    page.locator("#comment").fill(text)
    page.locator("#author").fill(name)
    page.locator("#email").fill(f"{name.lower()}@example.org")
    page.locator("#submit").click()
    page.wait_for_load_state()


def sign_in(page, blog):
    page.goto(f"{blog.url}/wp-login.php")
    page.locator("#user_login").fill(ADMIN)
    page.locator("#user_pass").fill(PASSWORD)
    page.locator("#wp-submit").click()


def test_reader_moderator_and_administrator(open_page, blog, service, shared_seed):
    reader = open_page()
    write(reader, blog, "Vera", KIND + " Vera")
    expect(reader.get_by_text(KIND + " Vera")).to_be_visible()
    text = shared_seed["comment"]["text"]
    write(reader, blog, "Walt", text + " ")
    assert blog.status("Walt") == "0"
    expect(reader.get_by_role("link", name="What happens with this comment, and why")).to_be_visible()
    stranger = open_page()
    stranger.goto(f"{blog.url}/?p={blog.article}")
    expect(stranger.get_by_text(text[:40])).to_have_count(0)

    admin = open_page()
    sign_in(admin, blog)
    expect(admin.locator("#wpadminbar")).to_be_visible()
    admin.goto(f"{blog.url}/wp-admin/options-general.php?page=moderation-service")
    admin.get_by_role("button", name="Test the connection").click()
    found = admin.get_by_role("status")
    expect(found).to_contain_text("The webhook secret is right.")
    expect(found).to_contain_text("A test of the way back has arrived")
    expect(found).not_to_contain_text("To mend")

    admin.goto(f"{blog.url}/wp-admin/edit-comments.php")
    row = admin.locator("#the-comment-list tr", has_text="Walt").first
    expect(row.locator(".column-moderation_service")).to_contain_text("probability")
    card = row.get_by_role("link", name="Open the card of Walt’s comment").get_attribute("href")

    with service.database.write() as session:
        mona, site = moderators.moderator_by_email(session, EMAIL), sites.site_by_slug(session, blog.keys.slug)
        moderators.join_site(session, mona, site, moderators.Role.MODERATOR)
    dashboard = open_page()
    dashboard.goto(card)
    dashboard.get_by_label("E-mail").fill(EMAIL)
    dashboard.get_by_label("Password").fill(DASHBOARD_PASSWORD)
    dashboard.keyboard.press("Enter")
    expect(dashboard.get_by_role("heading", name="Walt")).to_be_visible()
    dashboard.get_by_role("button", name=re.compile("^Reject")).first.click()
    wait_until(lambda: blog.status("Walt") == "trash", "the decision to come back", timeout_s=60)

    # And the other way: approved in the list of what waits here.
    write(reader, blog, "Xenia", UNKIND + " Xenia")
    admin.goto(f"{blog.url}/wp-admin/edit-comments.php?comment_status=moderated")
    row = admin.locator("#the-comment-list tr", has_text="Xenia").first
    row.hover()
    row.get_by_role("button", name=re.compile("^Approve")).or_(row.locator(".approve a")).first.click()
    wait_until(lambda: blog.status("Xenia") == "1", "the comment to be approved")
    remote_id = blog.remote_id("Xenia")
    wait_until(lambda: service.comment(blog.keys, remote_id)["state"] == "published", "the service to hear of it")


def test_settings_are_checked_and_secrets_never_shown(open_page, blog):
    page = open_page()
    sign_in(page, blog)
    page.goto(f"{blog.url}/wp-admin/options-general.php?page=moderation-service")
    before = blog.php("return get_option( 'moderation_service' );")
    assert before["key"] not in page.content()
    assert before["secret"] not in page.content()
    page.get_by_label("Address", exact=True).fill("https://")
    page.evaluate("document.querySelector('#ms-address').type = 'text'")
    page.get_by_label("Webhook secret").fill("whsec_*")
    page.get_by_label("the author’s IP address").uncheck()
    page.get_by_role("button", name="Save Changes").click()
    expect(page.locator(".settings-error").first).to_contain_text("has to begin with https://")
    expect(page.get_by_text("This is not a webhook secret")).to_be_visible()
    after = blog.php("return get_option( 'moderation_service' );")
    assert (after["address"], after["secret"], after["send_ip"]) == (before["address"], before["secret"], False)
    page.get_by_label("the author’s IP address").check()
    page.get_by_role("button", name="Save Changes").click()
    expect(page.get_by_text("Settings saved.")).to_be_visible()
    assert blog.php("return get_option( 'moderation_service' );")["send_ip"] is True


@pytest.mark.parametrize("width", [1280, 390])
def test_our_part_of_the_administration_breaks_no_rule_of_axe_and_fits_a_phone(open_page, blog, width):
    blog.comment(blog.article, "Yves", UNKIND + f" Yves {width}")
    page = open_page()
    page.set_viewport_size({"width": width, "height": 844})
    sign_in(page, blog)
    page.goto(f"{blog.url}/wp-admin/options-general.php?page=moderation-service")
    page.get_by_role("button", name="Test the connection").click()
    expect(page.get_by_role("status")).to_be_visible()
    assert Axe().run(page, context=".wrap").response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.goto(f"{blog.url}/wp-admin/edit-comments.php")
    assert Axe().run(page, context=".column-moderation_service").response["violations"] == []

"""The settings in a real browser: sliders by mouse, by keyboard, without JavaScript; every page on a phone, by axe."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe

from moderation import policies
from moderation.domain.comment import Action, Actor
from moderation.domain.reading import ATTRIBUTES
from moderation.recording import record
from moderation.storage import mail, outbox, secrets
from moderation.storage.tables import Comment, EventState, Mail, Membership, Role, Site
from moderation.storage.types import utc_now
from tests.factories import SECRET_KEY, make_comment, make_moderator
from tests.web.conftest import PASSWORD

BANDS = "/settings/garden/bands"
PAGES = [
    "/settings/garden",
    "/settings/garden/deliveries",
    BANDS,
    "/settings/garden/words",
    "/settings/garden/reasons",
    "/settings/garden/people",
    "/settings/garden/mail",
    "/settings/garden/akismet",
    "/settings/garden/coral",
    "/account",
    "/account/mail",
]


@pytest.fixture
def database(sqlite_database):
    """One engine is enough for what happens in a browser."""
    return sqlite_database


@pytest.fixture
def olga(database, site, password_hash):
    with database.write() as session:
        olga = make_moderator(session, site, email="olga@example.org", name="Olga", role=Role.OWNER)
        olga.password_hash = password_hash
        return olga


@pytest.fixture
def open_page(chromium, address, olga):
    """Opens a page that is signed in as Olga, an owner; whatever a page must not do fails the test."""
    contexts, faults = [], []

    def opened(path, *, with_script=True, **options):
        context = chromium.new_context(base_url=address, java_script_enabled=with_script, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: faults.append(f"error: {error}"))
        page.on("console", lambda line: faults.append(line.text) if "Content Security" in line.text else None)
        page.on("request", lambda sent: faults.append(sent.url) if not sent.url.startswith(address) else None)
        page.goto("/sign-in")
        page.fill("#email", "olga@example.org")
        page.fill("#password", PASSWORD)
        page.press("#password", "Enter")
        page.wait_for_selector("#list")
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def past(database, site):
    """Ten days with a comment for each tenth of a score: 5, 15, ... 95 percent of an insult."""
    with database.write() as session:
        for number in range(10):
            at = utc_now() - timedelta(days=10 - number, minutes=-5)
            comment = Comment(
                site_id=site.id, external_id=f"p{number}", text="x", risk=0.5, revision=1, version=0, created_at=at
            )
            comment.open_reports, comment.decided_by_person = 0, False
            scores = {**dict.fromkeys(ATTRIBUTES, 0.01), "INSULT": number / 10 + 0.05}
            record(
                session,
                site,
                comment,
                Action.HOLD if number >= 5 else Action.PUBLISH,
                actor=Actor.MACHINE,
                receipt={"reasons": [], "scores": scores, "spans": [], "signals": [], "model": "fake-1"},
                now=at,
                article=None,
            )


def insult(database, site):
    with database.read() as session:
        row = session.get_one(Site, site.id)
    return policies.current(database, row)[0]["bands"]["INSULT"]


def test_a_slider_moved_by_arrow_keys_takes_edge_and_figures_with_it(open_page, database, site, past):
    page = open_page(BANDS)
    slider = page.get_by_label("Insult: Hold from")
    assert page.locator("#catches-INSULT-hold").inner_text().startswith("5 comments reach it")

    slider.focus()
    for _ in range(30):
        page.keyboard.press("ArrowLeft")

    page.wait_for_selector("text=3 comments that are published now would be held")
    assert page.locator("output[for=INSULT-hold]").inner_text() == "20 %"
    assert slider.get_attribute("aria-valuetext") == "20 %"
    assert page.locator("svg line[data-edge='INSULT.hold']").get_attribute("x1") == "20"
    assert page.locator(".summary").inner_text() == (
        "With these bands, 0.3 more a day would be held; 0.3 fewer a day would be published."
    )
    assert page.locator("#catches-INSULT-hold").inner_text().startswith("8 comments reach it")
    assert "10 comments, the newest of the last 10 days" in page.locator("#effect").inner_text()
    assert slider.evaluate("slider => slider === document.activeElement")
    assert insult(database, site)["hold"] == 0.5  # nothing is saved so far

    page.get_by_role("button", name="Save the bands").press("Enter")
    page.wait_for_selector("text=Saved.")
    assert insult(database, site) == {"hold": 0.2, "reject": None}


def test_a_slider_is_dragged_and_all_the_way_is_never(open_page, database, site, past):
    page = open_page(BANDS)
    slider = page.get_by_label("Insult: Hold from")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    y = box["y"] + box["height"] / 2

    page.mouse.move(box["x"] + box["width"] / 2, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] + 20, y, steps=5)
    page.mouse.up()

    page.wait_for_selector("text=5 comments that are held now would be published")
    assert page.locator("output[for=INSULT-hold]").inner_text() == "never"
    assert "0.5 fewer a day would be held" in page.locator(".summary").inner_text()
    page.get_by_role("button", name="Save the bands").click()
    page.wait_for_selector("text=Saved.")
    assert insult(database, site) == {"hold": None, "reject": None}


def test_without_javascript_a_button_tries_the_bands(open_page, database, site, past):
    page = open_page(BANDS, with_script=False)
    slider = page.get_by_label("Insult: Reject from")

    slider.focus()
    for _ in range(20):
        page.keyboard.press("ArrowLeft")
    page.get_by_role("button", name="Try the bands").press("Enter")
    page.wait_for_selector("text=2 comments that are held now would be rejected")

    assert page.locator("output[for=INSULT-reject]").inner_text() == "80 %"
    assert page.get_by_label("Insult: Reject from").input_value() == "80"
    page.get_by_role("button", name="Save the bands").click()
    page.wait_for_selector("text=Saved.")
    assert insult(database, site) == {"hold": 0.5, "reject": 0.8}


@pytest.mark.parametrize("with_script", [True, False])
def test_a_word_is_checked_and_mail_chosen_and_an_event_sent_again(open_page, database, site, olga, with_script):
    with database.write() as session:
        comment = make_comment(session, site, action=Action.PUBLISH, text="An ass grazes", now=utc_now())
        session.flush()
        [event] = outbox.events(session, site.id, EventState.PARKED)
        event.state = EventState.FAILED
    page = open_page("/settings/garden/words", with_script=with_script)
    page.get_by_label("Words that hold a comment").fill("ass")
    page.get_by_role("button", name="Check against past comments").press("Enter")
    page.wait_for_selector("text=1 published comment")
    page.get_by_role("link", name="An ass grazes").click()
    page.wait_for_url(f"**/comments/{comment.id}")

    page.goto("/account/mail")
    page.get_by_label("How often Garden is told by mail").select_option("daily")
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector("text=You are told as you chose")
    with database.read() as session:
        assert session.get_one(Membership, (olga.id, site.id)).mail is Mail.DAILY

    page.goto("/settings/garden/deliveries?state=failed")
    page.get_by_role("button", name="Replay comment.published").press("Enter")
    page.wait_for_selector("text=The event will be sent again now.")
    with database.read() as session:
        assert [row.id for row in outbox.events(session, site.id, EventState.PENDING)] == [event.id]


def test_the_link_of_a_mail_ends_it(open_page, database, site, olga):
    with database.write() as session:
        mail.choose(session, olga, site.id, Mail.HOURLY, utc_now())
    page = open_page(f"/no-mail/{secrets.no_mail_token(olga.id, site.id, SECRET_KEY)}", with_script=False)

    page.get_by_role("button", name="No more mail").click()

    page.wait_for_selector("text=You are no longer told")
    with database.read() as session:
        assert session.get_one(Membership, (olga.id, site.id)).mail is Mail.NEVER


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_a_phone_or_breaks_a_rule_of_axe(open_page, past, olga, scheme):
    page = open_page("/account", viewport={"width": 390, "height": 844}, color_scheme=scheme)

    for path in PAGES:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        small = page.evaluate(
            "[...document.querySelectorAll('main button, main select, main input:not([type=hidden]), .tabs a')]"
            ".filter((e) => (e.closest('label') ?? e).getBoundingClientRect().height < 44).map((e) => e.outerHTML)"
        )
        assert small == [], path
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"

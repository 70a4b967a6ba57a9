"""Everything that can be done without JavaScript, done without it, by the names that stand on the pages.

Batches by score, bands, insight, search, a narrowed queue, the links of a card, the preferences, a mail's link and
an objection have their own such tests, in the files of their pages; here is the rest.
"""

import time
from datetime import timedelta

import pyotp
import pytest
import sqlalchemy as sa

from moderation.domain import comment as values
from moderation.domain.comment import Action, State
from moderation.domain.standing import Standing
from moderation.storage import comments, coral
from moderation.storage.tables import (
    AkismetKey,
    ApiKey,
    Author,
    Comment,
    Decision,
    Mail,
    Membership,
    Moderator,
    ModeratorSession,
    Note,
    Role,
    Site,
)
from moderation.storage.types import utc_now
from tests.factories import NOW, make_comment, mark_reported
from tests.web.browsing import state_of
from tests.web.conftest import PASSWORD


@pytest.fixture
def database(sqlite_database):
    """One engine is enough for what happens in a browser."""
    return sqlite_database


@pytest.fixture
def page(open_page, owner):
    """A page without JavaScript, of an owner."""
    return open_page(with_script=False)


@pytest.fixture
def held(database, site):
    """Held comments of one author: the riskiest stands first."""
    with database.write() as session:
        ann = comments.keep_author(session, site, values.Author(id="u-1", name="Ann"), NOW)
        session.flush()
        return [
            make_comment(
                session, site, text=f"Text {number}", author_name="Ann", author_id=ann.id, risk=0.9 - number / 10
            )
            for number in range(6)
        ]


def one(database, query):
    with database.read() as session:
        return session.scalars(query).one()


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def until(page, is_so):
    """A batch goes on after the answer: whoever has no script loads the page again."""
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end
        page.reload()


def test_every_queue_is_a_link_and_says_what_is_in_it(page, database, site):
    with database.write() as session:
        for action in (Action.HOLD, Action.REJECT, Action.SPAM):
            make_comment(session, site, action=action, author_name=action.value)
        mark_reported(session, make_comment(session, site, action=Action.PUBLISH, author_name="publish"))
    stands = {"Held": "hold", "Reported": "publish", "Published": "publish", "Rejected": "reject", "Spam": "spam"}

    for name in ("Held", "Reported", "Not scored", "Escalated", "Published", "Rejected", "Spam", "All"):
        page.get_by_role("navigation").get_by_role("link", name=name).first.click()
        assert page.locator("h1").inner_text() == name
        assert page.locator(".card").count() == {"All": 4}.get(name, int(name in stands))
        if name in stands:
            assert stands[name] in page.locator(".card").inner_text()


def test_cards_are_claimed_decided_with_a_reason_noted_escalated_skipped_and_taken_back(page, database, mona, held):
    first, second, third, fourth, *_ = held
    page.goto("/")
    page.locator(f"#c-{first.id}").get_by_role("link", name="Give a reason").click()
    assert one(database, sa.select(Comment.claimed_by).where(Comment.id == first.id)) == mona.id
    page.get_by_label("A note for the other moderators").fill("Look at the last word.")
    button(page, "Add the note").click()
    assert one(database, sa.select(Note.text).where(Note.comment_id == first.id)) == "Look at the last word."
    reason = page.get_by_label("Why it is refused")
    code = reason.locator("option").nth(1).get_attribute("value")
    reason.select_option(code)
    page.get_by_label("Words for the commenter").fill("Please be kind.")
    button(page, "Reject").click()
    said = sa.select(Decision).where(Decision.comment_id == first.id, Decision.version == 2)
    assert (one(database, said).reason_code, one(database, said).note) == (code, "Please be kind.")
    assert state_of(database, first) is State.REJECTED

    page.locator(".news").get_by_role("button", name="Undo").click()
    assert state_of(database, first) is State.HELD

    page.goto("/")
    for comment, name, state in ((second, "Approve", State.PUBLISHED), (third, "Spam", State.SPAM)):
        button(page.locator(f"#c-{comment.id}"), name).click()
        assert state_of(database, comment) is state
    button(page.locator(f"#c-{fourth.id}"), "Escalate").click()
    assert one(database, sa.select(Comment.escalated_by).where(Comment.id == fourth.id)) == mona.id

    top = page.locator(".card").first
    skipped = top.get_attribute("id")
    button(top, "Skip").click()
    assert page.locator(".card").first.get_attribute("id") != skipped
    page.locator(".news").get_by_role("button", name="Undo").click()
    assert page.locator(".card").first.get_attribute("id") == skipped
    button(page.locator(".card").first, "Skip").click()
    button(page, "Put them back into the list").click()
    assert page.locator(".card").first.get_attribute("id") == skipped


def test_an_author_is_noted_blocked_for_a_time_and_refused_as_a_whole(page, database, held):
    page.goto("/")
    page.locator(".card").first.get_by_role("link", name="Ann").click()
    assert page.locator("h1").inner_text() == "Ann"
    page.get_by_label("A note for the other moderators").fill("Third time.")
    button(page, "Add the note").click()
    assert one(database, sa.select(Note.text).where(Note.author_id == held[0].author_id)) == "Third time."

    page.get_by_text("Trust, watch or block").click()
    page.get_by_label("Blocked").check()
    page.get_by_label("How long").select_option("week")
    page.get_by_label("Why, for the other moderators").fill("Only insults.")
    button(page, "Set it").click()
    ann = one(database, sa.select(Author))
    assert (ann.standing, ann.standing_why) == (Standing.BLOCKED, "Only insults.")
    assert timedelta(days=6) < ann.standing_until - utc_now() < timedelta(days=8)

    page.get_by_text("Refuse all of their comments").click()
    button(page, "Reject them all…").click()
    page.get_by_label("Fine: leave it out").first.check()
    page.get_by_role("button", name="Reject 6 comments").click()
    expected = [State.HELD, *[State.REJECTED] * 5]
    until(page, lambda: sorted(state_of(database, comment) for comment in held) == expected)


def test_ticked_comments_are_decided_together(page, database, held):
    page.goto("/")
    for number in (1, 3):
        page.locator(f"#c-{held[number].id} [name=chosen]").check()
    page.get_by_role("button", name="Approve the selected").click()

    def published():
        return [number for number, comment in enumerate(held) if state_of(database, comment) is State.PUBLISHED]

    until(page, lambda: published() == [1, 3])


def test_an_owner_sets_everything_of_a_site(page, database, site, mona):
    page.goto("/settings/garden")
    page.get_by_label("Name of a new key").fill("Production")
    button(page, "Make a key").click()
    assert one(database, sa.select(ApiKey.name)) == "Production"
    page.get_by_label("Address that hears of decisions").fill("https://blog.example/hook")
    button(page, "Save the address").click()
    page.get_by_label("What commenters read").select_option("state")
    button(page.locator("section[aria-labelledby=commenters]"), "Save").click()
    page.get_by_label("Days after a comment came").fill("90")
    button(page.locator("section[aria-labelledby=retention-title]"), "Save").click()
    before = one(database, sa.select(Site))
    assert (before.webhook_url, before.status_page, before.retention_days) == ("https://blog.example/hook", "state", 90)
    button(page, "Replace the secret").click()
    assert one(database, sa.select(Site)).webhook_secret_before == before.webhook_secret

    page.goto("/settings/garden/words")
    page.get_by_label("Words that hold a comment").fill("nincompoop")
    button(page, "Save the lists").click()
    assert one(database, sa.select(Site)).policy_version == before.policy_version + 1

    page.goto("/settings/garden/people")
    page.get_by_label("E-mail address").fill("vera@example.org")
    page.locator("#person-name").fill("Vera")
    page.locator("#role").select_option("viewer")
    button(page, "Add").click()
    vera = one(database, sa.select(Moderator).where(Moderator.email == "vera@example.org"))
    assert one(database, sa.select(Membership).where(Membership.moderator_id == vera.id)).role is Role.VIEWER

    page.goto("/settings/garden/mail")
    page.get_by_label("How often Mona is told by mail").select_option("daily")
    button(page, "Save").click()
    assert one(database, sa.select(Membership).where(Membership.moderator_id == mona.id)).mail is Mail.DAILY

    page.goto("/settings/garden/akismet")
    button(page, "Make a key").click()
    assert one(database, sa.select(AkismetKey)).site_id == site.id

    page.goto("/settings/garden/coral")
    page.get_by_label("Signing secret").fill("a secret that Coral made")
    button(page, "Save").click()
    with database.read() as session:
        assert len(coral.secrets_in_use(session, utc_now(), site)) == 1
    button(page, "Take nothing from Coral any more").click()
    with database.read() as session:
        assert not coral.secrets_in_use(session, utc_now(), site)

    page.goto("/settings/sites/new")
    page.get_by_label("Name", exact=True).fill("Harbour")
    page.get_by_label("Short name").fill("harbour")
    button(page, "Add the site").click()
    assert one(database, sa.select(Site).where(Site.slug == "harbour")).name == "Harbour"


def test_a_first_password_is_replaced_and_two_step_sign_in_set_up_used_and_switched_off(page, database, mona):
    with database.write() as session:
        session.get_one(Moderator, mona.id).first_password_ends_at = utc_now() + timedelta(days=1)
    page.goto("/")
    assert page.url.endswith("/account")
    password = page.locator("section[aria-labelledby=password-title]")
    password.get_by_label("The password you were given").fill(PASSWORD)
    password.get_by_label("New password", exact=True).fill("tulips in the rain")
    password.get_by_label("New password again").fill("tulips in the sun")
    button(page, "Change the password").click()
    assert page.get_by_role("alert").inner_text() == "The two new passwords are not the same."
    password.get_by_label("The password you were given").fill(PASSWORD)
    password.get_by_label("New password", exact=True).fill("tulips in the rain")
    password.get_by_label("New password again").fill("tulips in the rain")
    button(page, "Change the password").click()
    assert "Your password is changed" in page.locator(".news").inner_text()

    page.get_by_label("Present password").last.fill("tulips in the rain")
    button(page, "Set it up").click()
    app = pyotp.TOTP(page.locator(".secret").inner_text().replace(" ", ""))
    page.get_by_label("The code that the app shows now").fill("no code")
    button(page, "Switch it on").click()
    assert "This code is not right" in page.get_by_role("alert").inner_text()
    assert page.locator(".secret").inner_text().replace(" ", "") == app.secret
    page.get_by_label("The code that the app shows now").fill(app.now())
    button(page, "Switch it on").click()
    codes = page.locator(".codes li").all_inner_texts()
    button(page, "I have kept them").click()

    sign_in_again(page, "tulips in the rain")
    page.get_by_label("Code from your app").fill("no code")
    button(page, "Sign in").click()
    assert "This code is not right" in page.get_by_role("alert").inner_text()
    page.get_by_label("Code from your app").fill(codes[0])
    button(page, "Sign in").click()
    assert page.locator("h1").inner_text() == "Held"

    page.goto("/account")
    assert f"{len(codes) - 1} recovery codes left." in page.locator("main").inner_text()
    own_two_step(page, "tulips in the rain", codes[1])
    button(page, "New recovery codes").click()
    renewed = page.locator(".codes li").all_inner_texts()
    assert not set(renewed) & set(codes)
    page.goto("/account")
    own_two_step(page, "tulips in the rain", renewed[0])
    button(page, "Switch off").click()
    assert one(database, sa.select(Moderator)).totp_secret is None


def sign_in_again(page, password):
    button(page, "Sign out").click()
    page.get_by_label("E-mail address").fill("mod@example.org")
    page.get_by_label("Password").fill(password)
    button(page, "Sign in").click()


def own_two_step(page, password, code):
    page.get_by_label("Present password").last.fill(password)
    page.get_by_label("Code from your app, or a recovery code").fill(code)


def test_whoever_is_signed_in_signs_out(page, database):
    button(page, "Sign out").click()

    with database.read() as session:
        assert session.scalars(sa.select(ModeratorSession)).all() == []
    assert page.url.endswith("/sign-in")

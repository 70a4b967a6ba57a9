"""Two moderators at the same queue, each in a browser of their own: nothing is decided twice, nothing is lost."""

from contextlib import ExitStack

import pytest
import sqlalchemy as sa

from moderation.domain.comment import Action, Actor, State
from moderation.storage import moderators, sites
from moderation.storage.engine import Database
from moderation.storage.tables import Comment, Decision, Event
from moderation.storage.types import utc_now
from tests.e2e.stack import EMAIL, Stack
from tests.factories import make_comment, make_moderator

COMMENTS = 12


@pytest.fixture(params=["sqlite", "postgres"])
def stack(request, tmp_path):
    url = f"sqlite:///{tmp_path / 'race.db'}"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_cluster").create_database("race")
    stack = Stack(tmp_path / "home", url)
    stack.set_up()
    stack.start_service()
    yield stack
    stack.stop()


def test_two_browsers_race_for_the_same_comments(stack, chromium):
    database = Database(stack.environment["DATABASE_URL"])
    with database.write() as session:
        site = sites.list_sites(session)[0]
        mona = moderators.moderator_by_email(session, EMAIL)
        people = [mona, make_moderator(session, site, email="nils@example.org", name="Nils")]
        for number in range(COMMENTS):
            make_comment(session, site, risk=0.95 - number / 100, now=utc_now())
    with database.write() as session:
        cookies = [moderators.open_session(session, person, utc_now()) for person in people]

    lost = []  # what one of them was told that the other had done, or was about to
    contexts = [chromium.new_context(base_url=stack.service_url) for _ in people]
    pages = []
    for context, cookie in zip(contexts, cookies, strict=True):
        context.add_cookies([{"name": "moderation", "value": cookie, "url": stack.service_url}])
        pages.append(context.new_page())
        pages[-1].on("response", lambda answer: lost.append(answer.url) if answer.status == 409 else None)
    choices = ("Approve", "Reject")
    for turn in range(COMMENTS * 3):
        for page in pages:
            page.wait_for_load_state()
            page.goto("/")
        if not any(page.locator("#main article.card").count() for page in pages):
            break
        # Both look at the same list now, and both take the first comment that the other has not claimed.
        buttons = [
            (page, page.locator("#main article.card button[name=action]").get_by_text(choice, exact=True).first)
            for page, choice in zip(pages, choices, strict=True)
        ]
        free = [(page, button) for page, button in buttons if button.count()]
        with ExitStack() as answers:
            for page, _ in free:
                answers.enter_context(page.expect_navigation())
            for _, button in free[:: -1 if turn % 2 else 1]:
                button.click(no_wait_after=True)
    for context in contexts:
        context.close()

    with database.read() as session:
        states = [row.state for row in session.scalars(sa.select(Comment))]
        by_people = session.scalars(sa.select(Decision).where(Decision.actor == Actor.MODERATOR)).all()
        told = session.scalars(sa.select(Event.decision_id).where(Event.decision_id.is_not(None))).all()
    database.dispose()
    assert [address for address in lost if address.endswith("/decision")], "they never met"
    assert len(states) == COMMENTS
    assert set(states) <= {State.PUBLISHED, State.REJECTED}
    assert sorted(item.comment_id for item in by_people) == sorted({item.comment_id for item in by_people})
    assert len(by_people) == COMMENTS
    assert {item.action for item in by_people} == {Action.PUBLISH, Action.REJECT}
    assert {item.moderator_id for item in by_people} == {person.id for person in people}
    assert {item.id for item in by_people} <= set(told)

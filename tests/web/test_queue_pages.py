"""Every queue has a page: what is in it, in which order, narrowed to what, and what it says when it is empty."""

import pytest

from moderation.domain.comment import Action
from moderation.storage import marks
from moderation.web.shelves import SHELVES
from tests.factories import make_comment, make_moderator
from tests.web.conftest import Tags, sign_in_as
from tests.web.test_dashboard import cards_on


@pytest.fixture
def database(sqlite_database):
    """The queues themselves are tested on both engines."""
    return sqlite_database


def path_of(shelf):
    return "/" if shelf.path == "held" else f"/{shelf.path}"


@pytest.mark.parametrize("shelf", SHELVES, ids=lambda shelf: shelf.path)
def test_every_queue_is_in_the_navigation_and_says_when_it_is_empty(browser, shelf):
    tags = Tags(browser.get(path_of(shelf)).text)

    here = [attrs["href"] for attrs in tags.named("a") if attrs.get("aria-current") == "page"]
    assert here == [path_of(shelf)]
    assert f"{shelf.cheer} {shelf.empty}" in tags.text


def test_a_decided_comment_is_in_the_queue_of_its_state(browser, database, site):
    with database.write() as session:
        made = {
            path: make_comment(session, site, action=action)
            for path, action in (("published", Action.PUBLISH), ("rejected", Action.REJECT), ("spam", Action.SPAM))
        }

    for path, comment in made.items():
        assert cards_on(browser.get(f"/{path}").text) == [f"c-{comment.id}"]
    assert len(cards_on(browser.get("/all").text)) == 3


@pytest.mark.parametrize(("sort", "order"), [("risk", (1, 2, 0)), ("newest", (2, 1, 0)), ("oldest", (0, 1, 2))])
def test_a_queue_can_be_read_in_three_orders(browser, database, site, sort, order):
    with database.write() as session:
        made = [make_comment(session, site, risk=risk) for risk in (0.2, 0.9, 0.5)]

    page = browser.get(f"/?sort={sort}").text

    assert cards_on(page) == [f"c-{made[number].id}" for number in order]
    assert f'value="{sort}" selected' in page


def test_a_queue_can_be_narrowed_to_a_reason_and_keeps_it_over_its_pages(browser, database, site):
    with database.write() as session:
        for number in range(30):
            comment = make_comment(session, site)
            session.flush()
            marks.set_reasons(session, comment, ["threat" if number < 25 else "insult"], is_new=True)

    seen, following = [], "/?reason=threat&sort=oldest"
    while following:
        tags = Tags(browser.get(following).text)
        seen += cards_on(browser.get(following).text)
        following = next((attrs["href"] for attrs in tags.named("a") if attrs.get("rel") == "next"), None)

    assert len(seen) == len(set(seen)) == 25


def test_a_narrowed_queue_without_comments_leads_back_to_the_whole(browser, database, site):
    with database.write() as session:
        make_comment(session, site)

    page = browser.get("/?reason=threat")

    assert "Nothing of this kind." in page.text
    assert "Nicely done" not in page.text


def test_a_site_of_others_is_as_good_as_none(app, database, site, other_site):
    with database.write() as session:
        mine, theirs = make_comment(session, site), make_comment(session, other_site)
        mona = make_moderator(session, site)
        both = make_moderator(session, site, other_site, email="both@example.org")

    assert cards_on(sign_in_as(app, database, mona).get(f"/?site={other_site.id}").text) == [f"c-{mine.id}"]
    assert cards_on(sign_in_as(app, database, both).get(f"/?site={other_site.id}").text) == [f"c-{theirs.id}"]


def test_what_nobody_must_see_to_is_not_counted(browser, database, site):
    with database.write() as session:
        for _ in range(3):
            make_comment(session, site, action=Action.PUBLISH)

    assert "Published Rejected" in Tags(browser.get("/").text).text

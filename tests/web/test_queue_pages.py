"""Every queue has a page: what is in it, in which order, narrowed to what, and what it says when it is empty."""

import pytest
import sqlalchemy as sa

from moderation.domain.comment import Action, Article
from moderation.storage import comments, marks
from moderation.storage.tables import Decision
from moderation.web.dashboard.shelves import SHELVES
from tests.factories import NOW, make_comment, make_moderator, mark_reported
from tests.web.conftest import Tags, decide, sign_in_as
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


def test_a_comment_of_empty_lines_takes_a_page_of_a_list_and_no_more(browser, database, site):
    with database.write() as session:
        long = make_comment(session, site, text="Above" + "\n" * 500 + "far below")

    page = browser.get("/").text

    assert page.partition("Above")[2].partition("</p>")[0].count("\n") < 45
    assert "This is only the beginning." in page
    assert "far below" in browser.get(f"/comments/{long.id}").text


def test_marks_are_explained_where_there_can_be_any(browser, database, site):
    with database.write() as session:
        marks.set_reasons(session, make_comment(session, site), ("not_scored",), is_new=True)
        make_comment(session, site)

    assert "words raised the score" in browser.get("/").text
    page = browser.get("/not-scored").text
    assert len(cards_on(page)) == 1
    assert "words raised the score" not in page


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

    seen, following = [], "/?attribute=threat&sort=oldest"
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


def test_a_queue_can_be_narrowed_to_an_article_that_it_is_about(browser, database, site, other_site):
    with database.write() as session:
        one, two, theirs = (
            comments.keep_article(session, owner, Article("1" if owner is site else name, title=name), NOW)
            for owner, name in ((site, "Roses"), (other_site, "Theirs"), (other_site, "More"))
        )
        session.flush()
        mine = make_comment(session, site, article_id=one.id)
        make_comment(session, site)
        make_comment(session, other_site, article_id=theirs.id)

    page = browser.get("/").text
    assert f'<option value="{one.id}">Roses (1)' in page
    assert "Theirs" not in page
    narrowed = browser.get(f"/?article={one.id}").text
    assert cards_on(narrowed) == [f"c-{mine.id}"]
    assert f'<option value="{one.id}" selected>' in narrowed
    assert cards_on(browser.get(f"/?article={two.id}").text) == []
    assert len(cards_on(browser.get("/?article=x").text)) == 2


def test_a_decision_leads_back_to_the_narrowed_queue(browser, database, site):
    with database.write() as session:
        comment = make_comment(session, site, risk=0.9)
        following = make_comment(session, site, risk=0.1)
        session.flush()
        for each in (comment, following):
            marks.set_reasons(session, each, ["threat"], is_new=True)

    page = browser.get("/?attribute=threat&sort=oldest").text
    back = next(attrs["value"] for attrs in Tags(page).named("input") if attrs.get("name") == "back")

    assert back == f"/?attribute=threat&sort=oldest#c-{following.id}"
    assert decide(browser, comment, back=back).location == back


def test_who_comes_second_stays_in_the_narrowed_queue(browser, colleague, database, site):
    with database.write() as session:
        comment, other, third = (make_comment(session, site) for _ in range(3))
        session.flush()
        marks.set_reasons(session, other, ["threat"], is_new=True)
    decide(colleague, comment)

    answer = decide(browser, comment, back="/?attribute=threat#list")

    assert answer.status_code == 409
    assert cards_on(answer.text) == [f"c-{comment.id}", f"c-{other.id}"]
    assert f"c-{third.id}" not in answer.text
    assert 'name="back" value="/?attribute=threat"' in answer.text


@pytest.fixture
def three(database, site):
    with database.write() as session:
        return [make_comment(session, site, risk=risk) for risk in (0.7, 0.6, 0.5)]


def skip(browser, comment, back="/"):
    return browser.post(f"/comments/{comment.id}/skip", back=back)


def test_what_one_skips_comes_last_for_oneself_alone_and_nothing_is_decided(browser, colleague, database, three):
    browser.post(f"/comments/{three[0].id}/claim")

    assert skip(browser, three[0], "/?sort=risk#x").location == "/?sort=risk#x"

    assert cards_on(browser.get("/").text) == [f"c-{three[number].id}" for number in (1, 2, 0)]
    assert cards_on(colleague.get("/").text) == [f"c-{comment.id}" for comment in three]
    assert "is looking" not in colleague.get("/").text
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Decision)) == len(three)


def test_skipped_cards_stand_on_the_last_page_only_and_can_be_put_back(browser, database, site, three):
    with database.write() as session:
        for _ in range(20):
            make_comment(session, site, risk=0.1)
    for comment in three[:2]:
        skip(browser, comment)

    first = browser.get("/").text
    following = next(attrs["href"] for attrs in Tags(first).named("a") if attrs.get("rel") == "next")

    assert len(cards_on(first)) == 20
    assert "You skipped these" not in first
    assert cards_on(browser.get(following).text)[1:] == [f"c-{comment.id}" for comment in three[:2]]
    browser.post("/skipped/bring-back", back="/")
    assert cards_on(browser.get("/").text)[:3] == [f"c-{comment.id}" for comment in three]


def test_a_skipped_card_that_was_decided_is_gone(browser, colleague, three):
    skip(browser, three[0])
    decide(colleague, three[0])

    assert f"c-{three[0].id}" not in cards_on(browser.get("/").text)


def take_back(browser, place=""):
    """Press Undo on the page after a skip."""
    tags = Tags(browser.get("/").text)
    forms = [attrs["action"] for attrs in tags.named("form") if attrs.get("action", "").endswith("/take-back")]
    fields = [attrs["value"] for attrs in tags.named("input") if attrs.get("name") == "place"]
    assert fields == [place]
    return browser.post(forms[0], back="/?sort=newest#x", place=fields[0])


def test_a_skip_is_taken_back_from_the_page_that_tells_of_it(browser, three):
    for number in (0, 1):
        skip(browser, three[number])

    assert take_back(browser).location == "/?sort=newest#x"

    assert cards_on(browser.get("/").text) == [f"c-{three[number].id}" for number in (1, 2, 0)]
    assert "/take-back" not in browser.get("/").text


def test_what_was_skipped_twice_returns_to_its_place_among_the_skipped(browser, three):
    for number in (0, 1, 0):
        skip(browser, three[number])
    take_back(browser, place="0")

    assert cards_on(browser.get("/").text) == [f"c-{three[number].id}" for number in (2, 0, 1)]


def test_nothing_is_skipped_by_taking_a_skip_back(browser, three):
    browser.post(f"/skipped/{three[0].id}/take-back", back="/", place="0")

    assert "You skipped these" not in browser.get("/").text


def test_the_page_after_a_skip_asks_the_database_nothing_more(browser, three, asked):
    skip(browser, three[0])
    asked.clear()
    assert "Skipped: the comment comes last for you." in browser.get("/").text
    with_news = len(asked)
    asked.clear()
    browser.get("/")

    assert with_news == len(asked)


def test_more_is_skipped_than_a_cookie_holds(browser, database, site):
    with database.write() as session:
        many = [make_comment(session, site) for _ in range(105)]
    for comment in many:
        skip(browser, comment)

    page = browser.get("/").text

    assert len(browser.client.get_cookie("form").value) < 4_000
    assert cards_on(page)[:5] == [f"c-{comment.id}" for comment in many[:5]]


def test_an_empty_queue_says_where_somebody_waits(browser, database, site):
    with database.write() as session:
        mark_reported(session, make_comment(session, site, action=Action.PUBLISH))

    assert "When you like, somebody waits here: Reported (1)" in Tags(browser.get("/").text).text


def test_twenty_cards_ask_the_database_no_more_often_than_two(browser, database, site, asked):
    counts = []
    for number in (1, 1, 18):
        with database.write() as session:
            for _ in range(number):
                make_comment(session, site)
        asked.clear()
        browser.get("/")
        counts.append(len(asked))

    # The first page of all reads the site's policy, which is then known.
    assert counts[1] == counts[2] <= 22, counts

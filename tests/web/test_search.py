"""One box finds comments by text, author, article, reason, state, site and day, and says how far it looked."""

import uuid
from datetime import UTC, datetime

import pytest

from moderation import preferences
from moderation.domain.comment import Action, Article, Author
from moderation.storage import comments, marks, search
from moderation.storage.types import first_uuid7, time_of_uuid7
from tests.factories import NOW, make_comment
from tests.web.conftest import Tags
from tests.web.test_dashboard import cards_on


@pytest.fixture
def shelf(database, site, other_site):
    """Comments that differ in everything one can ask for; one of them on a site of others."""
    with database.write() as session:
        article = comments.keep_article(session, site, Article("17", title="A Harbour in Winter"), NOW)
        author = comments.keep_author(session, site, Author(id="u-3", name="Ann Lee"), NOW)
        session.flush()
        made = {
            "rose": make_comment(session, site, text="A red rose, 100% red", author_name="Bo"),
            "tulip": make_comment(session, site, text="A red tulip", action=Action.PUBLISH, author_name="Ann Lee"),
            "anns": make_comment(session, site, author_id=author.id, author_name="Ann Lee", article_id=article.id),
            "threat": make_comment(session, site, action=Action.REJECT, author_name="Cy"),
            "old": make_comment(
                session,
                site,
                author_name="Cy",
                id=uuid.UUID(int=first_uuid7(datetime(2026, 3, 4, 23, 30, tzinfo=UTC)).int + 1),
            ),
            "theirs": make_comment(session, other_site, text="A red rose of theirs"),
        }
        session.flush()
        marks.set_reasons(session, made["threat"], ["threat", "listed_word"], is_new=True)
    return made


def find(browser, line, **more):
    return browser.get("/search", query_string={"q": line, **more})


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("red", {"rose", "tulip"}),
        ("RED rose", {"rose"}),
        ('"red rose"', {"rose"}),
        ('"rose red"', set()),
        ("100%", {"rose"}),
        ("author:ann", {"tulip", "anns"}),
        ("author:u-3", {"anns"}),
        ("author:ann red", {"tulip"}),
        ("article:harbour", {"anns"}),
        ("article:17", {"anns"}),
        ("reason:threat", {"threat"}),
        ('reason:threat reason:"listed word"', {"threat"}),
        ("reason:insult", set()),
        ("is:published", {"tulip"}),
        ("is:published red", {"tulip"}),
        ("is:held author:lee", {"anns"}),
        ("on:2026-03-04", {"old"}),
        ("until:2026-03", {"old"}),
        ("until:2026-03-03", set()),
        ("site:garden is:rejected", {"threat"}),
    ],
)
def test_a_search_finds_what_it_names(browser, shelf, line, found):
    page = find(browser, line)

    assert page.status_code == 200
    assert set(cards_on(page.text)) == {f"c-{shelf[name].id}" for name in found}
    assert ("Nothing was found." in page.text) == (not found)


def test_days_are_those_of_the_readers_zone(browser, database, mona, shelf):
    preferences.change(database, mona, time_zone="Europe/Berlin")

    assert cards_on(find(browser, "on:2026-03-04").text) == []
    assert cards_on(find(browser, "on:2026-03-05").text) == [f"c-{shelf['old'].id}"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("is:nice", "A comment is never “nice”"),
        ("autor:<b>", "“autor:” is nothing to search by"),
        ("article:nowhere", "No article has “nowhere” in its title."),
        ("site:harbour", "None of your sites is called “harbour”."),
    ],
)
def test_a_search_that_cannot_be_is_answered_with_what_to_change(browser, shelf, line, says):
    answer = find(browser, line)

    assert answer.status_code == 422
    assert says in Tags(answer.text).text
    assert next(attrs for attrs in Tags(answer.text).named("input") if attrs["name"] == "q")["value"] == line
    assert "<b>" not in answer.text


@pytest.mark.parametrize("sort", ["newest", "oldest", "risk"])
def test_a_long_search_says_how_far_it_looked_and_goes_on(browser, database, site, monkeypatch, sort):
    monkeypatch.setattr(search, "SCANNED", 4)
    monkeypatch.setattr(search, "SCANNED_BY_RISK", 4)
    with database.write() as session:
        made = [make_comment(session, site, risk=0.05 * n, text="rare" if n in {0, 9} else "common") for n in range(10)]

    seen, said, following = [], [], f"/search?q=rare&sort={sort}"
    while following:
        page = browser.get(following).text
        seen += cards_on(page)
        said.append(Tags(page).text)
        following = next((attrs["href"] for attrs in Tags(page).named("a") if attrs.get("rel") == "next"), None)

    assert set(seen) == {f"c-{made[0].id}", f"c-{made[9].id}"}
    assert len(said) == 3
    assert "Nothing found so far." in said[1]
    ways = {"newest": "everything back to", "oldest": "everything up to", "risk": "down to a risk of"}
    assert all(ways[sort] in words and "Look further" in words for words in said[:2])
    assert "That is all." in said[2]


def test_the_empty_box_says_what_one_can_ask_for(browser):
    page = Tags(browser.get("/search").text).text

    assert "author:ann" in page
    assert "listed word" in page
    assert "Nothing was found" not in page


def test_a_decision_leads_back_to_the_search(browser, shelf):
    page = find(browser, "rose", sort="risk").text

    backs = [attrs["value"] for attrs in Tags(page).named("input") if attrs.get("name") == "back"]
    assert backs[0] == "/search?q=rose&sort=risk#list"


def test_a_key_knows_its_time():
    assert time_of_uuid7(first_uuid7(NOW)) == NOW

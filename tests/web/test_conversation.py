"""What stands around a comment: the article, what it answers, what answers it."""

import pytest

from moderation import erasure, intake
from moderation.domain.comment import Article, Author, Parent
from moderation.storage.tables import Comment
from moderation.storage.types import utc_now
from moderation.web.dashboard.conversation import excerpt
from tests.factories import make_comment, make_submission
from tests.web.conftest import Tags

ARTICLE = Article("17", "https://blog.example/bees", "Bees in town", "Bees <do> well between houses.")


@pytest.fixture
def database(sqlite_database):
    """What is shown does not depend on the engine."""
    return sqlite_database


@pytest.fixture
def send(app, database, site):
    def _send(number, text, parent=None, parent_text=""):
        sent = make_submission(
            id=number,
            text=text,
            author=Author(name=f"Author {number}"),
            article=ARTICLE,
            parent=Parent(parent, parent_text) if parent else None,
        )
        intake.submit(database, app.extensions["moderation"].scorer, site, [sent], now=utc_now())
        with database.read() as session:
            return session.query(Comment).filter_by(external_id=number).one()

    return _send


@pytest.fixture
def middle(send):
    """The third of five: two above it, two below."""
    send("1", "First words")
    send("2", "Second words", "1")
    found = send("3", "A bad third", "2")
    send("4", "Fourth words", "3")
    send("5", "Fifth words", "3")
    return found


def test_the_conversation_is_read_from_the_article_down_to_the_answers(browser, middle):
    for path in (f"/comments/{middle.id}/conversation", f"/comments/{middle.id}"):
        text = Tags(browser.get(path).text).spaced
        text = text[text.rindex("The article") :]
        in_order = [
            "Bees in town",
            "Bees <do> well",
            "First words",
            "Second words",
            "third",
            "2 answers",
            "Fourth",
            "Fifth",
        ]
        places = [text.index(words) for words in in_order]
        assert places == sorted(places)


def test_the_comment_itself_is_marked_and_so_are_the_words_that_raised_its_score(browser, middle):
    page = browser.get(f"/comments/{middle.id}/conversation").text

    [this] = [attrs for attrs in Tags(page).named("li") if attrs.get("aria-current")]
    assert "this" in this["class"].split()
    assert '>bad<span class="spoken"> (rude)</span></mark> third' in page


def test_a_parent_that_only_the_blog_knows_is_shown_as_it_was_sent(browser, send):
    comment = send("8", "A bad answer", "unknown", "What was <said>")

    page = browser.get(f"/comments/{comment.id}/conversation").text

    assert "What was &lt;said&gt;" in page
    assert "The comment it answers" in Tags(page).spaced


def test_an_erased_parent_keeps_its_place(browser, database, site, middle):
    erasure.erase(database, site, "2", now=utc_now())

    text = Tags(browser.get(f"/comments/{middle.id}/conversation").text).spaced

    assert "The text was erased." in text
    assert "Second words" not in text


def test_a_comment_that_stands_alone_says_so(browser, database, site):
    with database.write() as session:
        comment = make_comment(session, site)

    assert "none answers it" in browser.get(f"/comments/{comment.id}/conversation").text


def test_the_card_opens_its_conversation_in_place_or_as_a_page(browser, middle):
    path = f"/comments/{middle.id}/conversation"
    tags = Tags(browser.get("/").text)

    [around] = [attrs for attrs in tags.named("details") if "around" in attrs.get("class", "").split()]
    assert around["hx-get"] == path
    assert [attrs.get("data-does") for attrs in tags.named("summary")].count("conversation") == 1
    assert path in [attrs["href"] for attrs in tags.named("a")]
    assert not Tags(browser.get(path, headers={"HX-Request": "true"}).text).named("html")


def test_a_conversation_of_another_site_is_not_there(browser, database, other_site):
    with database.write() as session:
        theirs = make_comment(session, other_site)

    assert browser.get(f"/comments/{theirs.id}/conversation").status_code == 404


def test_an_excerpt_ends_with_a_whole_word():
    assert excerpt("short") == "short"
    assert excerpt("one  two\nthree", 9) == "one two …"
    assert excerpt("one " * 1000, 11) == "one one one …"

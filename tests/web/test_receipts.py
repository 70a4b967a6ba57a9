"""The receipt of a decision in full."""

import json
import re

import pytest

from moderation import erasure, intake
from moderation.storage import comments
from moderation.storage.tables import Comment
from moderation.storage.types import utc_now
from tests.factories import make_comment, make_submission
from tests.web.conftest import Tags
from tests.web.test_grounds import WEIGHTS, submit  # noqa: F401 - a fixture


@pytest.fixture
def database(sqlite_database):
    """What is shown does not depend on the engine."""
    return sqlite_database


@pytest.fixture
def decision(database, submit):  # noqa: F811
    """The policy's, on a comment that Weigher read."""
    submit("You daft idiot stung", article="bees stung and were smoked")
    with database.read() as session:
        return comments.latest_decision(session, session.query(Comment).one())


def test_the_card_leads_to_the_whole_receipt(browser, decision):
    links = [attrs["href"] for attrs in Tags(browser.get("/").text).named("a") if attrs.get("data-does") == "receipt"]

    assert links == [f"/decisions/{decision.id}/receipt"]


def test_scores_words_and_versions_are_all_there(browser, decision):
    page = browser.get(f"/decisions/{decision.id}/receipt").text
    text = Tags(page).spaced

    assert "Model fake-2" in text
    assert "Policy version 1" in text
    assert "Rude 77.7% – – -2.00 +3.00 +0.25" in text
    assert "idiot 9–14 rude +2.50" in text
    assert "stung rude, would have added 0.50 more" in text


def test_what_is_stored_is_shown_to_the_last_number(browser, decision):
    page = browser.get(f"/decisions/{decision.id}/receipt").text

    shown = re.search(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL)[1].replace("&#34;", '"').replace("&amp;", "&")
    assert json.loads(shown) == decision.receipt


def test_a_receipt_quotes_the_text_that_it_was_about(app, browser, database, site, decision):
    with database.read() as session:
        external_id = session.get_one(Comment, decision.comment_id).external_id
    sent = make_submission(id=external_id, text="Quite another text")
    intake.submit(database, app.extensions["moderation"].scorer, site, [sent], now=utc_now())

    assert "idiot 9–14 rude +2.50" in Tags(browser.get(f"/decisions/{decision.id}/receipt").text).spaced


def test_after_erasure_only_numbers_are_left(browser, database, site, decision):
    with database.read() as session:
        external_id = session.get_one(Comment, decision.comment_id).external_id
    erasure.erase(database, site, external_id, now=utc_now())

    text = Tags(browser.get(f"/decisions/{decision.id}/receipt").text).spaced

    assert "idiot" not in text
    assert "gone with the text 9–14 rude +2.50" in text


def test_a_word_that_is_covered_in_the_comment_is_covered_in_its_receipt(browser, database, submit, monkeypatch):  # noqa: F811
    monkeypatch.setitem(WEIGHTS, "bastard", 2.5)
    submit("You daft bastard")
    with database.read() as session:
        decision = comments.latest_decision(session, session.query(Comment).one())

    page = browser.get(f"/decisions/{decision.id}/receipt").text

    assert re.findall(r'class="under">(\w+)<', page) == ["bastard"]
    assert page.count("Show masked words") == 1


def test_a_receipt_of_another_site_is_not_there(browser, database, other_site):
    with database.write() as session:
        theirs = make_comment(session, other_site)
        decision = comments.latest_decision(session, theirs)

    assert browser.get(f"/decisions/{decision.id}/receipt").status_code == 404

"""A page asks what is new: 304 when nothing is, a number when something is, and who has which comment."""

import re
from datetime import timedelta

import pytest

from moderation.domain.comment import Action
from moderation.storage import marks
from moderation.storage.tables import ModeratorSession
from moderation.storage.types import utc_now
from tests.factories import make_comment, mark_reported
from tests.web.conftest import Tags


@pytest.fixture
def held(database, site):
    with database.write() as session:
        return make_comment(session, site)


def slot(page):
    """Where the page asks, and what it knows already."""
    attrs = next(attrs for _, attrs in Tags(page).found if attrs.get("id") == "live")
    return attrs["hx-get"], re.search(r'"If-None-Match": "(.*)"', attrs["hx-headers"].replace('\\"', '"'))[1]


def ask(browser, place):
    return browser.get(place[0], headers={"If-None-Match": place[1]})


def test_while_nothing_is_new_the_answer_is_empty(browser, held):
    answer = ask(browser, slot(browser.get("/").text))

    assert (answer.status_code, answer.data) == (304, b"")


def test_what_came_since_is_counted_once_and_then_quiet(browser, database, site, held):
    place = slot(browser.get("/").text)
    with database.write() as session:
        for _ in range(7):
            make_comment(session, site)
        make_comment(session, site, action=Action.PUBLISH)

    answer = ask(browser, place)

    assert answer.status_code == 200
    assert Tags(answer.text).text == "7 new"
    assert [attrs["href"] for attrs in Tags(answer.text).named("a")] == ["/"]
    assert ask(browser, slot(answer.text)).status_code == 304


def test_an_empty_queue_hears_of_its_first_comment(browser, database, site):
    place = slot(browser.get("/").text)
    with database.write() as session:
        make_comment(session, site)

    assert Tags(ask(browser, place).text).text == "1 new"


def test_an_old_comment_that_is_reported_now_is_new_among_the_reported(browser, database, site):
    with database.write() as session:
        old, older = (make_comment(session, site, action=Action.PUBLISH) for _ in range(2))
        mark_reported(session, older)
    place = slot(browser.get("/reported").text)
    with database.write() as session:
        mark_reported(session, session.merge(old))

    assert Tags(ask(browser, place).text).text == "1 new"


def test_only_what_the_list_is_narrowed_to_is_new(browser, database, site, other_site, held):
    place = slot(browser.get("/?attribute=threat&sort=oldest").text)
    with database.write() as session:
        make_comment(session, site)
        make_comment(session, other_site)
        threat = make_comment(session, site)
        session.flush()
        marks.set_reasons(session, threat, ["threat"], is_new=True)

    answer = ask(browser, place)

    assert Tags(answer.text).text == "1 new"
    assert [attrs["href"] for attrs in Tags(answer.text).named("a")] == [
        "/?attribute=threat&sort=oldest".replace("attribute=threat&sort=oldest", "sort=oldest&attribute=threat")
    ]


def test_who_has_a_comment_is_said_to_others_until_it_is_free(browser, colleague, held):
    place = slot(browser.get("/").text)
    colleague.post(f"/comments/{held.id}/claim")

    answer = ask(browser, place)
    attrs = next(attrs for _, attrs in Tags(answer.text).found if attrs.get("id") == "live")

    assert attrs["data-taken"] == f'{{"c-{held.id}": "Nils is looking at this comment just now."}}'
    assert ask(browser, slot(answer.text)).status_code == 304
    colleague.post(f"/comments/{held.id}/release")
    freed = ask(browser, slot(answer.text))
    assert 'data-taken="{}"' in freed.text
    assert 'data-taken="{}"' in colleague.get("/").text


def test_asking_keeps_nobody_signed_in_and_says_when_they_are_not(browser, database, held):
    place = slot(browser.get("/").text)
    long_ago = utc_now() - timedelta(hours=1)
    with database.write() as session:
        session.query(ModeratorSession).update({"seen_at": long_ago})
    assert ask(browser, place).status_code == 304
    with database.read() as session:
        assert session.query(ModeratorSession).one().seen_at == long_ago
    with database.write() as session:
        session.query(ModeratorSession).delete()

    answer = ask(browser, place)

    assert answer.status_code == 286
    assert "You are signed out." in answer.text
    assert "hx-get" not in answer.text


def test_signing_out_gives_everything_back(browser, colleague, held):
    browser.post(f"/comments/{held.id}/claim")

    browser.post("/sign-out")

    assert colleague.post(f"/comments/{held.id}/claim").status_code == 200

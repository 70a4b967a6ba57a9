"""The page of open objections, and the moderators' answers."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from moderation import appeals as verbs
from moderation import review
from moderation.domain.comment import Action, State
from moderation.recording import UNDO_WINDOW
from moderation.storage import appeals, secrets
from moderation.storage.tables import Comment, Event
from moderation.storage.types import utc_now
from tests.factories import SECRET_KEY, make_comment
from tests.web.conftest import Tags

NOW = utc_now() - timedelta(hours=1)


@pytest.fixture
def objected(database, site):
    """A rejected comment whose author objects."""
    with database.write() as session:
        comment = make_comment(session, site, action=Action.REJECT, now=NOW, author_name="Ann")
    verbs.appeal(database, comment_id=comment.id, text="I <b>meant</b> it kindly.", now=NOW)
    return comment


def answer(browser, comment, action="publish", *, version=1, **fields):
    return browser.post(f"/appeals/{comment.id}/answer", on="/appeals", action=action, version=version, **fields)


def stored(database, comment):
    with database.read() as session:
        return session.get_one(Comment, comment.id), appeals.of_comment(session, comment.id)


def text_of(response):
    return Tags(response.text).text


def test_open_objections_are_listed_with_their_words(browser, objected):
    page = browser.get("/appeals")

    assert "I <b>meant</b> it kindly." in text_of(page)
    assert "<b>meant" not in page.text
    assert objected.text in text_of(page)


def test_ten_objections_ask_the_database_no_more_often_than_two(browser, database, site, asked):
    counts = []
    for number in (1, 1, 8):
        with database.write() as session:
            rejected = [make_comment(session, site, action=Action.REJECT, now=NOW) for _ in range(number)]
        for comment in rejected:
            verbs.appeal(database, comment_id=comment.id, text="I meant it kindly.", now=NOW)
        asked.clear()
        browser.get("/appeals")
        counts.append(len(asked))
        assert sum("FROM decisions" in statement for statement in asked) == 1

    # The first page of all reads the site's policy, which is then known.
    assert counts[1] == counts[2], counts


def test_empty_page_says_so(browser, mona):
    assert "Nobody disagrees." in text_of(browser.get("/appeals"))


@pytest.mark.parametrize(
    ("action", "state", "told"), [("publish", State.PUBLISHED, "granted"), ("reject", State.REJECTED, "declined")]
)
def test_answer_decides_the_comment_and_goes_to_the_blog(browser, database, objected, action, state, told):
    response = answer(browser, objected, action, text="We\r\nlooked again.", reason="insult")

    assert response.status_code == 303
    comment, appeal = stored(database, objected)
    assert (comment.state, appeal.answer) == (state, "We\nlooked again.")
    assert appeal.decision.reason_code == ("" if action == "publish" else "insult")
    with database.read() as session:
        event = session.scalars(sa.select(Event).order_by(Event.id.desc()).limit(1)).one()
    assert event.payload["data"]["appeal"] == {"state": told, "answer": "We\nlooked again."}
    assert objected.text not in text_of(browser.get("/appeals"))


def test_commenter_reads_the_answer_once_it_can_no_longer_vanish(app, database, site, mona, objected):
    client, link = app.test_client(), f"/status/{secrets.status_token(objected.id, SECRET_KEY)}"
    who = {"moderator": mona, "site_ids": [site.id], "comment_id": objected.id}

    decision = verbs.answer(
        database, **who, seen_version=1, action=Action.PUBLISH, text="You <i>are</i> right.", now=utc_now()
    )
    assert "A moderator will look at the comment again" in text_of(client.get(link))
    assert "not published" in text_of(client.get(link))
    review.undo(database, moderator=mona, site_ids=[site.id], decision_id=decision.id, now=utc_now())

    verbs.answer(
        database,
        **who,
        seen_version=3,
        action=Action.PUBLISH,
        text="You <i>are</i> right.",
        now=utc_now() - UNDO_WINDOW,
    )

    shown = text_of(client.get(link))
    assert "and agrees with you." in shown
    assert "Your comment is published" in shown
    assert shown.count("You <i>are</i> right.") == 1


def test_who_answers_second_is_told_and_keeps_their_words(browser, colleague, database, objected):
    answer(colleague, objected, "reject", text="No.")

    response = answer(browser, objected, text="But yes.")

    assert response.status_code == 409
    assert "Your answer was not taken." in text_of(response)
    assert "But yes." in text_of(response)
    assert stored(database, objected)[0].state is State.REJECTED


def test_answer_that_the_policy_does_not_take_comes_back(browser, database, site, objected):
    response = answer(browser, objected, "reject", text="No.", reason="made-up")

    assert response.status_code == 422
    assert "not on the site's list" in text_of(response)
    assert "No." in response.text
    assert stored(database, objected)[1].answered_at is None


def test_spam_that_stays_spam_is_not_made_a_rejection(browser, database, site):
    with database.write() as session:
        comment = make_comment(session, site, action=Action.SPAM, now=NOW)
    verbs.appeal(database, comment_id=comment.id, text="No spam!", now=NOW)

    page = Tags(browser.get("/appeals").text)
    assert [button["value"] for button in page.named("button") if button.get("name")] == ["publish", "spam"]
    assert answer(browser, comment, "spam").status_code == 303
    assert stored(database, comment)[0].state is State.SPAM


def test_viewer_reads_and_does_not_answer(viewer, database, objected):
    page = viewer.get("/appeals")

    assert "meant" in page.text
    assert not [form for form in Tags(page.text).named("form") if "answer" in form["action"]]
    token = next(field["value"] for field in Tags(page.text).named("input") if field["name"] == "csrf_token")
    assert answer(viewer, objected, token=token).status_code == 403
    assert stored(database, objected)[1].answered_at is None


def test_other_sites_objections_are_neither_seen_nor_answered(browser, database, other_site):
    with database.write() as session:
        comment = make_comment(session, other_site, action=Action.REJECT, now=NOW, text="a foreign kumquat")
    verbs.appeal(database, comment_id=comment.id, text="kumquat", now=NOW)

    assert "kumquat" not in browser.get("/appeals").text
    assert answer(browser, comment).status_code == 404
    assert stored(database, comment)[1].answered_at is None


def test_stranger_is_sent_to_sign_in(client, database, objected):
    assert client.get("/appeals").status_code == 303
    assert client.post(f"/appeals/{objected.id}/answer", data={"action": "publish", "version": 1}).status_code in {
        303,
        400,
    }
    assert stored(database, objected)[1].answered_at is None


def test_answer_needs_the_form_s_token(browser, database, objected):
    assert answer(browser, objected, token="wrong").status_code == 400
    assert stored(database, objected)[1].answered_at is None


def test_long_list_goes_on(browser, database, site):
    with database.write() as session:
        rows = [make_comment(session, site, action=Action.REJECT, now=NOW) for _ in range(21)]
    for row in rows:
        verbs.appeal(database, comment_id=row.id, text="Please.", now=NOW)

    first = Tags(browser.get("/appeals").text)
    following = next(link["href"] for link in first.named("a") if link.get("rel") == "next")

    assert text_of(browser.get(following)).count("The author objects") == 1


def test_an_objection_that_somebody_else_has_open_cannot_be_answered(browser, colleague, database, objected):
    colleague.post(f"/comments/{objected.id}/claim", on="/appeals")

    page = browser.get("/appeals")
    refused = answer(browser, objected)

    assert "Nils is looking at this comment just now." in text_of(page)
    assert "Publish it after all" not in text_of(page)
    assert refused.status_code == 409
    assert stored(database, objected)[0].state is State.REJECTED

"""The commenter's page: what it tells, what it never tells, and the one objection it takes."""

from datetime import timedelta

import pytest

from moderation import erasure, review
from moderation.domain.comment import Action, Actor
from moderation.domain.reading import ATTRIBUTES
from moderation.domain.signals import SignalCode
from moderation.recording import UNDO_WINDOW, record
from moderation.storage import appeals, secrets, sites
from moderation.storage.tables import Comment, Site, StatusPage
from moderation.storage.types import utc_now
from moderation.web.status import words as status_words
from moderation.web.throttle import AppealThrottle
from tests.factories import SECRET_KEY, make_comment
from tests.web.conftest import Tags
from tests.web.test_hostile import HOSTILE

NOW = utc_now() - timedelta(hours=1)


def link(comment):
    return f"/status/{secrets.status_token(comment.id, SECRET_KEY)}"


def text_of(response):
    return Tags(response.text).text


@pytest.fixture
def make(database, site):
    def _make(action=Action.REJECT, **values):
        with database.write() as session:
            return make_comment(session, site, action=action, now=NOW, **values)

    return _make


@pytest.fixture
def decide(database, site, mona):
    def _decide(comment, action=Action.REJECT, *, version=1, now=NOW, **values):
        return review.decide(
            database,
            moderator=mona,
            site_ids=[site.id],
            comment_id=comment.id,
            seen_version=version,
            action=action,
            now=now,
            **values,
        )

    return _decide


@pytest.fixture
def set_page(database, site):
    def _set(level):
        with database.write() as session:
            sites.set_status_page(session, session.get_one(Site, site.id), level)

    return _set


def appeal_of(database, comment):
    with database.read() as session:
        return appeals.of_comment(session, comment.id)


@pytest.mark.parametrize(
    ("action", "headline"),
    [
        (Action.HOLD, "Your comment is waiting"),
        (Action.PUBLISH, "Your comment is published"),
        (Action.REJECT, "Your comment was not published"),
        (Action.SPAM, "Your comment was taken for spam"),
    ],
)
def test_page_says_how_the_comment_stands(client, make, action, headline):
    response = client.get(link(make(action)))

    assert response.status_code == 200
    assert Tags(response.text).named("h1")
    assert headline in text_of(response)
    assert "Decided by an automatic check." in text_of(response)
    assert ("Is this wrong?" in text_of(response)) is (action in {Action.REJECT, Action.SPAM})
    assert response.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert "Set-Cookie" not in response.headers


def test_comment_s_own_text_is_not_on_the_page(client, make):
    assert "kumquat" not in client.get(link(make(text="kumquat", parent_text="kumquat", author_name="kumquat"))).text


def test_moderator_s_reason_and_words_are_shown_and_their_name_is_not(client, make, decide):
    comment = make(Action.HOLD)
    decide(comment, reason_code="off_topic", note="Please stay with <b>roses</b>.")

    shown = text_of(client.get(link(comment)))

    assert "It has nothing to do with the article." in shown
    assert "Please stay with <b>roses</b>." in shown
    assert "Decided by a moderator." in shown
    assert "Mona" not in shown


def test_words_for_an_owner_stay_inside(client, database, site, mona, make):
    comment = make()
    review.escalate(
        database,
        moderator=mona,
        site_ids=[site.id],
        comment_id=comment.id,
        seen_version=1,
        note="a kumquat of a case",
        now=NOW,
    )

    shown = text_of(client.get(link(comment)))

    assert "Your comment is waiting" in shown
    assert "kumquat" not in shown


def test_site_may_tell_the_state_alone(client, make, decide, set_page):
    comment = make(Action.HOLD)
    decide(comment, reason_code="off_topic", note="Stay with roses.")
    set_page(StatusPage.STATE)

    shown = text_of(client.get(link(comment)))

    assert "Your comment was not published" in shown
    assert "Is this wrong?" in shown
    assert "roses" not in shown
    assert "article" not in shown
    assert "Decided by" not in shown


def test_site_without_pages_has_none(client, database, make, set_page):
    comment = make()
    set_page(StatusPage.NONE)

    assert client.get(link(comment)).status_code == 404
    client.post(link(comment), data={"text": "But why?"})
    assert appeal_of(database, comment) is None


@pytest.mark.parametrize("token", ["x", "A" * 43, "é", "A" * 5_000])
def test_made_up_link_opens_nothing(client, make, token):
    make()

    assert client.get(f"/status/{token}").status_code == 404
    assert client.post(f"/status/{token}", data={"text": "Hello"}).status_code == 404


def test_decision_that_can_still_be_undone_unseen_is_not_shown_yet(client, make, decide):
    comment = make(Action.HOLD)
    decide(comment, reason_code="off_topic", now=utc_now())

    assert "Your comment is waiting" in text_of(client.get(link(comment)))


def test_undone_decision_leaves_the_one_before(client, database, site, mona, make, decide):
    comment = make(Action.HOLD)
    first = decide(comment, reason_code="off_topic")
    who = {"moderator": mona, "site_ids": [site.id]}
    undone = review.undo(database, **who, decision_id=first.id, now=NOW + UNDO_WINDOW)

    shown = text_of(client.get(link(comment)))
    assert "Your comment is waiting" in shown
    assert "Decided by an automatic check." in shown

    review.undo(database, **who, decision_id=undone.id, now=NOW + UNDO_WINDOW)
    assert "It has nothing to do with the article." in text_of(client.get(link(comment)))


def test_erased_comment_tells_nothing_more(client, database, site, make, decide):
    comment = make(Action.HOLD)
    decide(comment, reason_code="off_topic", note="kumquat")
    erasure.erase(database, site, comment.external_id, now=NOW)

    shown = text_of(client.get(link(comment)))

    assert "Your comment was deleted" in shown
    assert "article" not in shown
    assert "Is this wrong?" not in shown


def test_objection_is_taken_once_and_then_waits(client, database, make):
    comment = make()

    response = client.post(link(comment), data={"text": " I meant\r\nit kindly.\x00 "}, follow_redirects=True)

    assert "A moderator will look at the comment again" in text_of(response)
    assert "Is this wrong?" not in text_of(response)
    assert appeal_of(database, comment).text == "I meant\nit kindly.\ufffd"
    again = client.post(link(comment), data={"text": "Once more"})
    assert again.status_code == 303
    assert appeal_of(database, comment).text.startswith("I meant")


@pytest.mark.parametrize("text", ["  ", "x" * 2_001])
def test_objection_that_cannot_be_taken_comes_back_with_its_words(client, database, make, text):
    comment = make()

    response = client.post(link(comment), data={"text": text})

    assert response.status_code == 422
    assert 'role="alert"' in response.text
    assert text.strip() in response.text
    assert appeal_of(database, comment) is None


def test_published_comment_takes_no_objection(client, database, make):
    comment = make(Action.PUBLISH)

    assert client.post(link(comment), data={"text": "But why?"}).status_code == 303
    assert appeal_of(database, comment) is None


def test_many_objections_from_one_address_are_slowed_down(app, client, database, make):
    object.__setattr__(app.extensions["moderation"], "objections", AppealThrottle(per_hour=1))
    first, second = make(), make()
    client.post(link(first), data={"text": "One"})

    refused = client.post(link(second), data={"text": "Two <i>"})

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3600")
    assert "Two &lt;i&gt;" in refused.text
    assert appeal_of(database, second) is None
    other = client.post(link(second), data={"text": "Two"}, environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    assert other.status_code == 303
    assert appeal_of(database, second).text == "Two"


def test_objection_from_another_website_is_refused(client, database, make):
    comment = make()

    response = client.post(link(comment), data={"text": "No"}, headers={"Sec-Fetch-Site": "cross-site"})

    assert response.status_code == 403
    assert appeal_of(database, comment) is None


def test_every_reason_of_the_machine_has_words_for_commenters():
    ours = {name.lower() for name in ATTRIBUTES} | {code.value for code in SignalCode}

    assert ours - set(status_words.PLAIN) == {"author_trusted"}  # nothing is kept back for that


def test_machine_s_reasons_are_told_without_scores_or_rules(client, database, site):
    with database.write() as session:
        comment = make_comment(session, site, now=NOW)
        reasons = [
            {
                "code": "insult",
                "source": "classifier",
                "action": "reject",
                "message": "(probability 93%)",
                "score": 0.93,
            },
            {"code": "listed_word", "source": "rule", "action": "reject", "message": "kumquat", "rule": "kumquat"},
            {"code": "spam", "source": "classifier", "action": "hold", "message": "m"},
        ]
        record(
            session,
            session.get_one(Site, site.id),
            session.get_one(Comment, comment.id),
            Action.REJECT,
            actor=Actor.MACHINE,
            receipt={"reasons": reasons},
            now=NOW,
            article=None,
        )

    shown = text_of(client.get(link(comment)))

    assert "It seems to insult somebody." in shown
    assert "looks at closely" in shown
    assert "advertising" not in shown  # alone it would only have held the comment
    assert "93" not in shown
    assert "kumquat" not in shown


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_note_stays_text(client, make, decide, text):
    comment = make(Action.HOLD)
    decide(comment, note=text.replace("\x00", "\ufffd")[:4_000])

    page = Tags(client.get(link(comment)).text)

    assert {tag for tag, _ in page.found} <= {
        *("html", "head", "meta", "title", "link", "body", "a", "header", "span", "main", "div", "section"),
        *("h1", "h2", "p", "time", "blockquote", "bdi", "form", "label", "textarea", "button", "mark"),
    }

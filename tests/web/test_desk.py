"""A card is one person's at a time; a decision has a reason, a note, or an owner's eye."""

import pytest
import sqlalchemy as sa

from moderation.domain.comment import Action, State
from moderation.domain.policy import Policy, Preset
from moderation.storage.policies import save_policy
from moderation.storage.tables import Decision, Event, Note, Site
from tests.factories import make_comment
from tests.web.conftest import Tags, decide
from tests.web.test_dashboard import cards_on, latest, state_of


@pytest.fixture
def held(database, site):
    with database.write() as session:
        return make_comment(session, site, text="A bad thing to say.", author_name="Ann")


def actions_on(page):
    return [attrs["value"] for attrs in Tags(page).named("button") if attrs.get("name") == "action"]


def test_opening_a_comment_takes_it_and_others_see_who_has_it(browser, colleague, held):
    browser.get(f"/comments/{held.id}")

    for path in ("/", f"/comments/{held.id}"):
        page = colleague.get(path).text
        assert "Mona is looking at this comment just now." in page
        assert actions_on(page) == []
    assert "publish" in actions_on(browser.get("/").text)


def test_what_somebody_else_has_cannot_be_decided(browser, colleague, database, held):
    assert browser.post(f"/comments/{held.id}/claim").status_code == 200

    answer = decide(colleague, held, "publish")

    assert answer.status_code == 409
    assert "Mona is looking at this comment just now" in answer.text
    assert state_of(database, held) is State.HELD


def test_of_two_claims_the_second_is_told_of_the_first_until_it_is_released(browser, colleague, held):
    browser.post(f"/comments/{held.id}/claim")

    refused = colleague.post(f"/comments/{held.id}/claim")
    browser.post(f"/comments/{held.id}/release")

    assert (refused.status_code, refused.json) == (409, {"says": "Mona is looking at this comment just now."})
    assert colleague.post(f"/comments/{held.id}/claim").status_code == 200


def test_nobody_releases_what_another_has(browser, colleague, held):
    browser.post(f"/comments/{held.id}/claim")

    colleague.post(f"/comments/{held.id}/release")

    assert colleague.post(f"/comments/{held.id}/claim").status_code == 409


@pytest.mark.parametrize("what", ["claim", "release", "notes"])
def test_a_viewer_and_a_stranger_cannot(browser, viewer, database, other_site, held, what):
    with database.write() as session:
        theirs = make_comment(session, other_site)

    assert viewer.post(f"/comments/{held.id}/{what}", text="x").status_code == 403
    assert browser.post(f"/comments/{theirs.id}/{what}", text="x").status_code == 404


def test_a_viewers_look_takes_nothing(viewer, browser, held):
    viewer.get(f"/comments/{held.id}")

    assert "is looking" not in browser.get("/").text


def test_a_rejection_keeps_its_reason_and_its_words(browser, database, held):
    decide(browser, held, "reject", reason="insult", note=" Please stay kind. ")

    decision = latest(database, held)
    assert (decision.action, decision.reason_code, decision.note) == (Action.REJECT, "insult", "Please stay kind.")


def test_everybody_reads_the_reason_that_was_chosen(browser, colleague, database, held):
    decide(browser, held, "reject", reason="insult")
    words = "It insults or attacks somebody in the conversation."
    shown = f'<p class="reason" dir="auto">{words}</p>'

    assert f"Mona rejected it {words}" in Tags(colleague.get("/rejected").text).spaced
    for path in ("/decided", f"/comments/{held.id}", f"/decisions/{latest(database, held).id}/receipt"):
        assert shown in colleague.get(path).text
    decide(browser, held, "spam", version=2)
    assert shown in colleague.get("/spam").text.partition("Decided before")[2]


def test_a_reason_is_shown_as_its_owner_wrote_it(browser, database, site, held):
    with database.write() as session:
        save_policy(session, session.get_one(Site, site.id), Policy(reasons=(Preset("odd", "<b>100% off"),)))

    for path in ("/", f"/comments/{held.id}"):
        assert ">&lt;b&gt;100% off<" in browser.get(path).text
    decide(browser, held, "reject", reason="odd")
    assert ">&lt;b&gt;100% off</p>" in browser.get("/decided").text


def test_an_approval_has_no_reason_though_one_was_chosen(browser, database, held):
    decide(browser, held, "publish", reason="insult")

    assert latest(database, held).reason_code == ""


def test_an_unknown_reason_is_refused_in_words_and_nothing_is_decided(browser, database, held):
    answer = decide(browser, held, "reject", reason="made-up")

    assert answer.location == f"/comments/{held.id}"
    assert "not on the site" in Tags(browser.get(answer.location).text).text
    assert state_of(database, held) is State.HELD


def test_every_reason_of_the_list_is_offered_on_the_comments_page(browser, held):
    page = browser.get(f"/comments/{held.id}?back=/?sort=newest").text

    values = [attrs["value"] for attrs in Tags(page).named("option")]
    assert values[:3] == ["", "insult", "hate"]
    assert 'name="back" value="/?sort=newest"' in page


def test_an_escalated_comment_waits_for_an_owner_with_the_words_for_them(browser, database, held):
    decide(browser, held, "escalate", note="Is <this> a threat?")

    assert state_of(database, held) is State.HELD
    page = browser.get("/escalated").text
    assert cards_on(page) == [f"c-{held.id}"]
    assert "Escalated the comment by Ann." in Tags(page).text
    assert "Mona asked an owner to look" in Tags(page).text
    assert "Is &lt;this&gt; a threat?" in page
    assert "escalate" not in actions_on(page)


def test_an_escalated_comment_leaves_the_queue_of_whoever_asked_and_nobody_elses(browser, colleague, database, held):
    decide(browser, held, "escalate")

    for page in (browser.get("/").text, colleague.get("/").text):
        assert "Escalated 1" in Tags(page).text
    assert cards_on(browser.get("/").text) == []
    assert "Nothing is waiting for a decision." in Tags(browser.get("/").text).text
    assert "Held 1" not in Tags(browser.get("/").text).text
    assert cards_on(colleague.get("/").text) == [f"c-{held.id}"]
    assert "Held 1" in Tags(colleague.get("/").text).text
    for path in ("/search?q=is:escalated", "/search?q=is:held", "/all"):
        assert cards_on(browser.get(path).text) == [f"c-{held.id}"]
        assert "waits for an owner" in browser.get(path).text


def test_undoing_an_escalation_takes_it_out_of_the_owners_queue(browser, database, held):
    decide(browser, held, "escalate")

    browser.post(f"/decisions/{latest(database, held).id}/undo")

    assert cards_on(browser.get("/escalated").text) == []


def test_undone_in_time_the_blog_hears_nothing(browser, database, held):
    decide(browser, held, "reject", reason="insult")
    assert "The blog hears of it in a few seconds." in browser.get("/").text

    browser.post(f"/decisions/{latest(database, held).id}/undo")

    with database.read() as session:
        assert session.scalars(sa.select(Event.type)).all() == ["comment.held"]
        assert session.scalars(sa.select(sa.func.count()).select_from(Decision)).one() == 3
    assert "The blog hears of it" not in browser.get("/").text


def test_a_note_is_seen_by_the_other_moderators(browser, colleague, database, held):
    browser.post(f"/comments/{held.id}/notes", text="Known from <last> week")

    page = colleague.get("/").text
    assert "Note by Mona" in Tags(page).text
    assert "Known from &lt;last&gt; week" in page


def test_an_empty_note_is_refused_in_words(browser, database, held):
    browser.post(f"/comments/{held.id}/notes", text="  ")

    assert "A note has 1 to 4000 characters." in Tags(browser.get("/").text).text
    with database.read() as session:
        assert session.scalars(sa.select(Note)).all() == []

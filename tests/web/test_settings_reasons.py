"""The list of reasons: what moderators choose from, and what a blog knows a reason by."""

import pytest

from moderation import policies
from moderation.domain.comment import State
from moderation.domain.policy import DEFAULT_REASONS
from moderation.storage.tables import Site
from tests.factories import make_comment
from tests.web.conftest import Tags, decide, sign_in_as
from tests.web.test_dashboard import state_of

HOME = "/settings/garden/reasons"


@pytest.fixture
def database(sqlite_database):
    """Policies themselves are tested on both engines."""
    return sqlite_database


@pytest.fixture
def browser(app, database, owner):
    return sign_in_as(app, database, owner)


def reasons_of(database, site):
    with database.read() as session:
        site = session.get_one(Site, site.id)
    document, version = policies.current(database, site)
    return {reason["code"]: reason["text"] for reason in document["reasons"]}, document["skip_reason"], version


def form_of(browser):
    fields = Tags(browser.get(HOME).text).named("input")
    return {attrs["name"]: attrs["value"] for attrs in fields if attrs.get("name", "").startswith(("reason-", "ver"))}


def test_reasons_are_changed_added_and_taken_off_and_keep_what_the_blog_knows_them_by(browser, database, site):
    changed = {"reason-hate": "It is <b>hate</b>.", "reason-private": " "}
    new = "Not in English!\r\n\r\nNot in English?\r\n不是英语"

    browser.post(HOME, on=HOME, **{**form_of(browser), **changed, "new": new})

    found, skips, version = reasons_of(database, site)
    assert (skips, version) == (True, 2)
    assert found == {
        **{reason.code: reason.text for reason in DEFAULT_REASONS if reason.code != "private"},
        "hate": "It is <b>hate</b>.",
        "not_in_english": "Not in English!",
        "not_in_english_2": "Not in English?",
        "reason": "不是英语",
    }
    assert "It is &lt;b&gt;hate&lt;/b&gt;." in browser.get(HOME).text


def test_a_site_can_want_a_reason_for_every_rejection(browser, database, site):
    with database.write() as session:
        held = make_comment(session, site)

    browser.post(HOME, on=HOME, **form_of(browser), needed="on")

    assert reasons_of(database, site)[1] is False
    decide(browser, held, "reject")
    assert state_of(database, held) is State.HELD
    decide(browser, held, "reject", reason="hate")
    assert state_of(database, held) is State.REJECTED


def test_too_many_or_too_long_reasons_are_refused_and_shown_again(browser, database, site):
    for new in ("\n".join(f"Reason {n}" for n in range(40)), "x" * 501):
        answer = browser.post(HOME, on=HOME, **form_of(browser), new=new)

        assert answer.status_code == 422
        assert "At most 30 reasons" in answer.text
        assert f"{new}</textarea>" in answer.text.replace("\r\n", "\n")
    assert reasons_of(database, site)[2] == 1


def test_who_changed_the_policy_first_is_not_overwritten(browser, database, site):
    form = form_of(browser)
    browser.post(HOME, on=HOME, **form, new="First")

    answer = browser.post(HOME, on=HOME, **form, new="Second")

    assert "Nothing of yours was saved" in browser.get(answer.location).text
    assert "second" not in reasons_of(database, site)[0]

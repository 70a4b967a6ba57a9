"""What a moderator set for themselves is kept, and pages keep to it."""

import pytest

from moderation import preferences
from moderation.domain.reading import ATTRIBUTES
from moderation.storage import marks
from moderation.storage.tables import Decision, Moderator
from moderation.web.dashboard.keys import KEYS, keys_of
from moderation.web.dashboard.spreading import spread
from tests.factories import make_comment
from tests.web.conftest import Tags
from tests.web.test_dashboard import cards_on

PAGE = "/account/preferences"
ALL_KEYS = {key.does: key.key for key in KEYS}


@pytest.fixture
def database(sqlite_database):
    return sqlite_database


def chosen(database, moderator):
    with database.read() as session:
        return preferences.read(session.get_one(Moderator, moderator.id))


def test_no_key_does_two_things():
    assert len(set(ALL_KEYS.values())) == len(KEYS)


def test_a_moved_key_is_kept_and_only_that(browser, database, mona):
    browser.post(f"{PAGE}/keys", on=PAGE, **{**ALL_KEYS, "reject": "h"})

    assert chosen(database, mona).keys == {"reject": "h"}
    assert 'data-key="h" data-does="reject"' in browser.get("/").text
    assert browser.post(f"{PAGE}/keys", on=PAGE, reset="1").status_code == 303
    assert chosen(database, mona).keys == {}


@pytest.mark.parametrize(
    ("keys", "says"),
    [({"reject": "f"}, "f would do two things."), ({"reject": "é"}, "A key is one letter")],
)
def test_a_key_for_two_things_or_none_of_a_keyboard_is_refused_and_the_form_keeps_it(
    browser, database, mona, keys, says
):
    answer = browser.post(f"{PAGE}/keys", on=PAGE, **{**ALL_KEYS, **keys})

    assert answer.status_code == 422
    assert says in Tags(answer.text).text
    fields = {attrs["name"]: attrs.get("value") for attrs in Tags(answer.text).named("input") if "name" in attrs}
    assert fields["reject"] == keys["reject"]
    assert chosen(database, mona).keys == {}


def test_a_key_that_was_given_away_does_what_it_was_given_to():
    own = keys_of(preferences.Preferences(keys={"reject": "f", "gone": "q"}))

    assert [key.does for key in own if key.key == "f"] == ["reject"]
    assert "publish" not in {key.does for key in own}


def test_what_somebody_sees_is_kept(browser, database, mona):
    browser.post(
        f"{PAGE}/sight", on=PAGE, spread_hard="on", opted_out=["THREAT"], time_zone="Europe/Berlin", theme="dark"
    )

    kept = chosen(database, mona)
    assert (kept.mask, kept.spread_hard, kept.opted_out) == (False, True, ["THREAT"])
    assert (kept.time_zone, kept.theme) == ("Europe/Berlin", "dark")
    page = browser.get(PAGE).text
    assert 'data-theme="dark"' in page
    assert "Your preferences are kept." in browser.get("/").text or "Your preferences are kept." in page


def test_an_unknown_time_zone_is_refused_in_words(browser, database, mona):
    answer = browser.post(f"{PAGE}/sight", on=PAGE, time_zone="Mars/Olympus")

    assert answer.status_code == 422
    assert "There is no such time zone." in answer.text
    assert 'value="Mars/Olympus"' in answer.text
    assert chosen(database, mona).time_zone == "UTC"


def test_times_are_those_of_the_readers_zone(browser, database, site, mona):
    with database.write() as session:
        comment = make_comment(session, site)
    preferences.change(database, mona, time_zone="Asia/Tokyo")

    assert "6:00" in browser.get(f"/comments/{comment.id}").text


@pytest.fixture
def mixed(database, site):
    """A threat, an insult, both, and neither."""
    made = []
    with database.write() as session:
        for codes in (["threat"], ["insult"], ["threat", "insult"], []):
            comment = make_comment(session, site)
            session.flush()
            marks.set_reasons(session, comment, codes, is_new=True)
            made.append(comment)
    return made


def test_what_is_left_to_others_is_not_shown_but_said(browser, database, mona, mixed):
    preferences.change(database, mona, opted_out=["THREAT", "SPAM"])

    page = browser.get("/").text

    assert set(cards_on(page)) == {f"c-{mixed[1].id}", f"c-{mixed[3].id}"}
    assert "2 more are left to others, as your preferences say." in Tags(page).text
    assert "Held 2 " in Tags(page).text


def test_each_is_counted_once_when_several_are_left_to_others(browser, database, mona, mixed):
    preferences.change(database, mona, opted_out=["THREAT", "INSULT"])

    assert "3 more are left to others" in Tags(browser.get("/").text).text


def test_who_asks_for_what_they_left_to_others_sees_it(browser, database, mona, mixed):
    preferences.change(database, mona, opted_out=["THREAT"])

    assert len(cards_on(browser.get("/?attribute=threat").text)) == 2


def test_every_attribute_can_be_left_to_others(browser):
    values = [attrs["value"] for attrs in Tags(browser.get(PAGE).text).named("input") if attrs["name"] == "opted_out"]

    assert tuple(values) == tuple(ATTRIBUTES)


class Row:
    def __init__(self, number, is_hard):
        self.number, self.is_hard = number, is_hard


@pytest.mark.parametrize(
    ("kinds", "order"),
    [
        ("", ""),
        ("hhh", "hhh"),
        ("mmm", "mmm"),
        ("hmm", "hmm"),
        ("hhm", "hmh"),
        ("mmhhm", "mmhmh"),
        ("hhhmm", "hmhmh"),
        ("hhmmmm", "hmhmmm"),
        ("hhhhhmm", "hmhhmhh"),
    ],
)
def test_milder_comments_come_between_hard_ones(kinds, order):
    found = spread([Row(number, kind == "h") for number, kind in enumerate(kinds)])

    assert "".join("h" if row.is_hard else "m" for row in found) == order
    for is_hard in (True, False):
        some = [row.number for row in found if row.is_hard is is_hard]
        assert some == sorted(some)


def test_who_does_not_mind_reads_by_risk_alone(browser, database, site, mona):
    with database.write() as session:
        made = [make_comment(session, site, risk=risk) for risk in (0.95, 0.9, 0.3)]
        for comment in made[:2]:
            decision = session.query(Decision).filter_by(comment_id=comment.id).one()
            decision.receipt = {**decision.receipt, "scores": {"THREAT": 0.9}}

    spread_out = cards_on(browser.get("/").text)
    preferences.change(database, mona, spread_hard=False)

    assert spread_out == [f"c-{made[number].id}" for number in (0, 2, 1)]
    assert cards_on(browser.get("/").text) == [f"c-{comment.id}" for comment in made]

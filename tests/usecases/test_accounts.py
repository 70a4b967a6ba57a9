"""A moderator's own account: preferences, second factor, sign-ins, mail; and a site's keys."""

import base64
from datetime import timedelta

import pytest

from moderation import preferences, second_factor
from moderation.domain.errors import Conflict, InvalidRequest
from moderation.storage import moderators, sites
from moderation.storage.tables import Moderator, Site
from tests.factories import NOW, SECRET_KEY

HALF_MINUTE = timedelta(seconds=30)


@pytest.fixture
def reload(database, moderator):
    def _reload():
        with database.read() as session:
            return session.get_one(Moderator, moderator.id)

    return _reload


def test_preferences_are_changed_one_by_one(database, moderator, reload):
    preferences.change(database, moderator, theme="dark")
    preferences.change(database, moderator, keys={"reject": "x"}, opted_out=["THREAT"], time_zone="Europe/Athens")

    chosen = preferences.read(reload())

    assert (chosen.theme, chosen.keys, chosen.opted_out, chosen.mask) == ("dark", {"reject": "x"}, ["THREAT"], True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"theme": "pink"},
        {"keys": {"a": "x", "b": "x"}},
        {"keys": {"a": "ctrl"}},
        {"keys": {"a": " "}},
        {"opted_out": ["NICENESS"]},
        {"time_zone": "Mars/Base"},
        {"time_zone": "../../etc/passwd"},
        {"time_zone": ""},
        {"unknown": 1},
    ],
)
def test_preference_that_cannot_be_is_refused(database, moderator, reload, wrong):
    with pytest.raises(InvalidRequest):
        preferences.change(database, moderator, **wrong)

    assert preferences.read(reload()) == preferences.Preferences()


def test_preferences_of_another_version_do_not_lock_anybody_out(database, moderator, reload):
    with database.write() as session:
        session.get_one(Moderator, moderator.id).preferences = {"theme": "dark", "gone": 1}
    assert preferences.read(reload()).theme == "dark"
    with database.write() as session:
        session.get_one(Moderator, moderator.id).preferences = {"theme": "pink"}
    assert preferences.read(reload()) == preferences.Preferences()


@pytest.mark.parametrize(("seconds", "code"), [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")])
def test_codes_are_those_of_rfc_6238(seconds, code):
    secret = base64.b32encode(b"12345678901234567890").decode()

    assert second_factor.code_at(secret, seconds // 30) == code


@pytest.fixture
def code(database, moderator):
    """A begun second factor: the code of a moment."""
    secret = second_factor.begin(database, moderator, secret_key=SECRET_KEY)
    return lambda now=NOW: second_factor.code_at(secret, int(now.timestamp()) // 30)


@pytest.fixture
def passes(database, moderator):
    def _passes(code, now=NOW):
        return second_factor.passes(database, moderator, code, secret_key=SECRET_KEY, now=now)

    return _passes


@pytest.fixture
def confirmed(database, moderator, code):
    """The recovery codes of a second factor that is on."""
    return second_factor.confirm(database, moderator, code(), secret_key=SECRET_KEY, now=NOW)


def test_second_factor_is_on_once_a_first_code_was_right(database, moderator, code, reload):
    with pytest.raises(InvalidRequest):
        second_factor.confirm(database, moderator, "000000", secret_key=SECRET_KEY, now=NOW)
    assert not second_factor.is_on(reload())

    second_factor.confirm(database, moderator, code(), secret_key=SECRET_KEY, now=NOW)

    assert second_factor.is_on(reload())
    with pytest.raises(Conflict):
        second_factor.begin(database, moderator, secret_key=SECRET_KEY)


def test_a_code_is_good_once_and_not_for_long(confirmed, code, passes):
    assert not passes(code())  # it was used to confirm
    later = NOW + HALF_MINUTE
    assert passes(code(later), later)
    assert not passes(code(later), later)
    assert not passes(code(NOW + 3 * HALF_MINUTE), NOW + 5 * HALF_MINUTE)
    assert passes(code(NOW + 4 * HALF_MINUTE), NOW + 5 * HALF_MINUTE)
    assert not passes("")


def test_a_recovery_code_is_good_once_however_it_is_typed(database, moderator, confirmed, passes):
    assert len(set(confirmed)) == second_factor.RECOVERY_CODES
    assert passes(confirmed[0].upper().replace("-", " "))
    assert not passes(confirmed[0])
    with database.read() as session:
        assert second_factor.recovery_codes_left(session, moderator) == second_factor.RECOVERY_CODES - 1


def test_new_recovery_codes_end_the_old_ones(database, moderator, confirmed, passes):
    fresh = second_factor.renew_recovery_codes(database, moderator)

    assert not passes(confirmed[0])
    assert passes(fresh[0])


def test_switched_off_nothing_passes_and_nothing_is_kept(database, moderator, confirmed, code, passes, reload):
    second_factor.switch_off(database, moderator)

    assert not passes(code(NOW + HALF_MINUTE), NOW + HALF_MINUTE)
    assert not passes(confirmed[0])
    assert reload().totp_secret is None


def test_secret_is_stored_encrypted(database, moderator, reload):
    secret = second_factor.begin(database, moderator, secret_key=SECRET_KEY)

    assert secret.encode() not in reload().totp_secret
    assert secret in second_factor.address(moderator, secret)


def test_sign_ins_are_listed_and_ended_one_by_one(database, moderator, second):
    with database.write() as session:
        phone = moderators.open_session(session, moderator, NOW, user_agent="Phone " + "x" * 500)
        laptop = moderators.open_session(session, moderator, NOW + HALF_MINUTE, user_agent="Laptop")
    with database.read() as session:
        found = moderators.sessions_of(session, moderator, NOW)
    assert [row.user_agent[:6] for row in found] == ["Laptop", "Phone "]

    with database.write() as session:
        assert not moderators.revoke_session(session, second, found[1].token_sha256)
        assert moderators.revoke_session(session, moderator, found[1].token_sha256)
    with database.read() as session:
        assert moderators.find_session(session, phone, NOW) is None
        assert moderators.find_session(session, laptop, NOW) is not None


def test_all_other_sign_ins_are_ended(database, moderator):
    with database.write() as session:
        tokens = [moderators.open_session(session, moderator, NOW) for _ in range(3)]
    with database.write() as session:
        moderators.close_other_sessions(session, moderators.find_session(session, tokens[1], NOW))
    with database.read() as session:
        assert [moderators.find_session(session, token, NOW) is not None for token in tokens] == [False, True, False]


def test_keys_have_names_and_a_day_of_last_use_and_rotate_with_an_overlap(database, site):
    with database.write() as session:
        row = session.get_one(Site, site.id)
        old = sites.add_key(session, row, name="blog")
        sites.add_key(session, row, name="staging")
    with database.write() as session:
        key = sites.find_key(session, old, NOW)
        sites.note_use(session, key, NOW.date())
        new = sites.rotate_key(session, site, key.id, ends_at=NOW + timedelta(hours=1))
        assert sites.rotate_key(session, site, key.id, ends_at=NOW + timedelta(hours=2)) is None

    with database.read() as session:
        listed = sites.list_keys(session, site.id)
        assert [(row.name, row.last_used_on) for row in listed] == [
            ("blog", None),
            ("staging", None),
            ("blog", NOW.date()),
        ]
        assert sites.find_key(session, old, NOW + timedelta(minutes=59)) is not None
        assert sites.find_key(session, old, NOW + timedelta(hours=1)) is None
        assert sites.find_key(session, new, NOW + timedelta(hours=1)).name == "blog"


def test_a_key_of_another_site_is_neither_ended_nor_rotated(database, site):
    with database.write() as session:
        text = sites.add_key(session, session.get_one(Site, site.id))
        other = sites.add_site(session, slug="other", name="O", webhook_url=None, webhook_secret=b"")
    with database.write() as session:
        key = sites.find_key(session, text, NOW)
        assert not sites.expire_key(session, other, key.id, NOW)
        assert sites.rotate_key(session, other, key.id, ends_at=NOW) is None
        assert sites.find_key(session, text, NOW) is not None

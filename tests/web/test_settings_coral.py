"""The secret of a site's Coral on its owners' pages."""

from datetime import timedelta

import pytest

from moderation.storage import coral
from moderation.storage.secrets import decrypt
from moderation.storage.tables import Role
from moderation.storage.types import utc_now
from tests.factories import SECRET_KEY, make_moderator
from tests.web.conftest import sign_in_as

PAGE = "/settings/garden/coral"
FIRST, SECOND = "first secret of Coral", "second secret of Coral"


@pytest.fixture
def owner(app, database, site):
    with database.write() as session:
        olga = make_moderator(session, site, email="olga@example.org", name="Olga", role=Role.OWNER)
    return sign_in_as(app, database, olga)


@pytest.fixture
def in_use(database, site):
    def _in_use(now):
        with database.read() as session:
            return [decrypt(row.secret, SECRET_KEY) for row in coral.secrets_in_use(session, now, site)]

    return _in_use


def test_secret_is_taken_encrypted_and_never_shown(owner, in_use):
    assert "There is no secret yet" in owner.get(PAGE).text
    answer = owner.post(PAGE, on=PAGE, secret=f" {FIRST} ")

    assert (answer.status_code, in_use(utc_now())) == (303, [FIRST])
    page = owner.get(PAGE).text
    assert FIRST not in page
    assert "/coral/phase?site=garden" in page


def test_the_one_before_still_counts_for_the_time_that_was_chosen(owner, in_use):
    owner.post(PAGE, on=PAGE, secret=FIRST)
    owner.post(PAGE, on=PAGE, secret=SECOND, hours="24")

    assert in_use(utc_now()) == [SECOND, FIRST]
    assert in_use(utc_now() + timedelta(hours=25)) == [SECOND]


def test_removing_ends_every_secret_at_once(owner, in_use):
    owner.post(PAGE, on=PAGE, secret=FIRST)
    owner.post(f"{PAGE}/remove", on=PAGE)

    assert in_use(utc_now()) == []


@pytest.mark.parametrize("secret", ["", "short", "x" * 501])
def test_what_is_no_secret_is_refused_and_the_old_one_stays(owner, in_use, secret):
    owner.post(PAGE, on=PAGE, secret=FIRST)
    answer = owner.post(PAGE, on=PAGE, secret=secret)

    assert (answer.status_code, in_use(utc_now())) == (422, [FIRST])
    assert "whole signing secret" in answer.text


def test_unknown_time_is_refused(owner, in_use):
    assert owner.post(PAGE, on=PAGE, secret=FIRST, hours="9").status_code == 422
    assert in_use(utc_now()) == []

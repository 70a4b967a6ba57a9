"""A site's Akismet key on its owners' pages."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from moderation.storage import akismet
from moderation.storage.tables import AkismetKey, Role
from moderation.storage.types import utc_now
from tests.factories import SECRET_KEY, make_moderator
from tests.web.conftest import Tags, sign_in_as

PAGE = "/settings/garden/akismet"


@pytest.fixture
def owner(app, database, site):
    with database.write() as session:
        olga = make_moderator(session, site, email="olga@example.org", name="Olga", role=Role.OWNER)
    return sign_in_as(app, database, olga)


@pytest.fixture
def rows(database):
    def _rows():
        with database.read() as session:
            return session.scalars(sa.select(AkismetKey).order_by(AkismetKey.id)).all()

    return _rows


def shown(page):
    found = re.search(r'class="secret" translate="no">([^<]+)<', page.text)
    return found[1] if found else ""


def test_first_save_makes_a_key_that_is_shown_when_asked_for(owner, rows, database):
    assert rows() == []
    answer = owner.post(PAGE, on=PAGE, blog="https://garden.example")
    assert (answer.status_code, shown(owner.get(PAGE))) == (303, "")

    key = shown(owner.post(f"{PAGE}/show", on=PAGE))
    assert re.fullmatch(r"[a-z0-9]{12}", key)
    with database.read() as session:
        assert akismet.find_key(session, key, SECRET_KEY, utc_now()).blog == "https://garden.example"
    assert shown(owner.post(f"{PAGE}/show", on=PAGE)) == key


def test_what_the_plugin_can_do_is_saved_and_shown(owner, rows):
    owner.post(PAGE, on=PAGE, blog="https://garden.example", holds="on", discards="on")
    owner.post(PAGE, on=PAGE, blog="https://other.example", holds="on")

    [row] = rows()
    assert (row.blog, row.holds, row.discards) == ("https://other.example", True, False)
    boxes = {box["name"]: "checked" in box for box in Tags(owner.get(PAGE).text).named("input") if "name" in box}
    assert (boxes["holds"], boxes["discards"]) == (True, False)


def test_replaced_key_works_beside_the_new_one_for_the_time_that_was_chosen(owner, rows):
    owner.post(PAGE, on=PAGE, blog="https://garden.example", holds="on")
    old = shown(owner.post(f"{PAGE}/show", on=PAGE))
    new = shown(owner.post(f"{PAGE}/rotate", on=PAGE, hours="24"))

    first, second = rows()
    assert new not in ("", old)
    assert timedelta(hours=23) < first.expires_at - utc_now() < timedelta(hours=25)
    assert (second.expires_at, second.blog, second.holds) == (None, "https://garden.example", True)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"blog": "garden.example"}, "must be one such as"),
        ({"blog": "https://[::"}, "must be one such as"),
        ({"blog": "https://" + "a" * 3_000}, "must be one such as"),
        ({"blog": "", "holds": "on"}, "give its address"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_saved(owner, rows, fields, said):
    answer = owner.post(PAGE, on=PAGE, **fields)
    assert answer.status_code == 422
    assert said in answer.text
    assert rows() == []


def test_unknown_time_is_refused(owner, rows):
    owner.post(PAGE, on=PAGE, blog="")
    assert owner.post(f"{PAGE}/rotate", on=PAGE, hours="9").status_code == 422
    assert len(rows()) == 1


def test_key_of_another_secret_is_said_to_be_lost(owner, database):
    owner.post(PAGE, on=PAGE, blog="")
    with database.write() as session:
        session.execute(sa.update(AkismetKey).values(sealed=b"another"))
    assert "cannot be read" in shown(owner.post(f"{PAGE}/show", on=PAGE))

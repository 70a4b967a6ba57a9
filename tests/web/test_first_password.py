"""A password that somebody else has seen is for choosing another; a password given again renews the sign-in."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from moderation.passwords import password_fits
from moderation.storage import moderators
from moderation.storage.tables import Moderator, ModeratorSession
from moderation.storage.types import utc_now
from tests.web.conftest import PASSWORD, Tags, token_of

DAY = timedelta(days=1)
OWN = "tulips in the rain"


@pytest.fixture
def database(sqlite_database):
    """Nothing here depends on the engine."""
    return sqlite_database


@pytest.fixture
def first(database, mona, password_hash):
    """Make Mona's password one that ends."""

    def _first(ends_at):
        with database.write() as session:
            moderators.set_password(session, mona, password_hash, first_password_ends_at=ends_at)

    return _first


def sign_in(client):
    fields = {"csrf_token": token_of(client.get("/sign-in").text), "email": "mod@example.org", "password": PASSWORD}
    return client.post("/sign-in", data=fields)


def hashes(database):
    with database.read() as session:
        return set(session.scalars(sa.select(ModeratorSession.token_sha256)))


def test_a_first_password_opens_one_page_and_ends(client, database, mona, first):
    first(utc_now() + 7 * DAY)
    assert sign_in(client).status_code == 303
    for path in ("/", "/decided", "/account/preferences", "/insight"):
        assert client.get(path).location == "/account"
    token = token_of(client.get("/account").text)
    assert client.post("/account/two-step/begin", data={"csrf_token": token, "password": PASSWORD}).location
    page = Tags(client.get("/account").text).text
    assert "Choose a password of your own" in page
    assert "The password you were given" in page
    assert "Where you are signed in" not in page  # nor anything else that is shut until then

    fields = {"csrf_token": token, "password": PASSWORD, "new": OWN, "again": OWN}
    assert client.post("/account/password", data=fields).status_code == 303

    assert client.get("/").status_code == 200
    assert "Choose a password of your own" not in client.get("/account").text
    with database.read() as session:
        stored = session.get_one(Moderator, mona.id)
        assert stored.first_password_ends_at is None
        assert password_fits(stored.password_hash, OWN)

    first(utc_now() - DAY)
    client.delete_cookie("moderation")
    refused = sign_in(client)
    assert refused.status_code == 401
    assert "has ended" in refused.text
    assert client.get("/").status_code == 303


def test_giving_the_password_again_renews_the_token(client, database, mona):
    sign_in(client)
    before, old = hashes(database), client.get_cookie("moderation").value
    fields = {"csrf_token": token_of(client.get("/account").text), "password": PASSWORD, "new": OWN, "again": OWN}
    changed = client.post("/account/password", data=fields)

    assert changed.status_code == 303
    assert not before & hashes(database)
    assert len(hashes(database)) == 1
    assert client.get("/account").status_code == 200
    client.set_cookie("moderation", old)
    assert client.get("/account").status_code == 303


def test_a_wrong_password_renews_nothing(client, database, mona):
    sign_in(client)
    before = hashes(database)
    fields = {"csrf_token": token_of(client.get("/account").text), "password": "not this one", "new": OWN, "again": OWN}

    assert client.post("/account/password", data=fields).status_code == 422
    assert hashes(database) == before


def test_the_address_is_no_password(client, database, mona):
    sign_in(client)
    new = "mod@example.org"
    fields = {"csrf_token": token_of(client.get("/account").text), "password": PASSWORD, "new": new, "again": new}
    refused = client.post("/account/password", data=fields)

    assert refused.status_code == 422
    assert "first to be guessed" in refused.text


def test_signing_out_clears_the_browser(browser):
    answer = browser.post("/sign-out")

    assert answer.headers["Clear-Site-Data"] == '"storage"'
    assert answer.headers["Cache-Control"] == "no-store"


def test_password_fields_are_masked_and_can_be_filled_by_managers(client, browser):
    fields = [
        field
        for page in (client.get("/sign-in").text, browser.get("/account").text)
        for field in Tags(page).named("input")
        if "password" in field.get("autocomplete", "")
    ]

    assert len(fields) >= 4
    assert {field["type"] for field in fields} == {"password"}
    assert not any(name.startswith("on") or name == "readonly" for field in fields for name in field)

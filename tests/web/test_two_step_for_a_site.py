"""A site that asks everybody who works on it for two-step sign-in."""

import pytest
import sqlalchemy as sa

from moderation.storage import sites
from moderation.storage.tables import AuditEntry, Site
from tests.factories import make_moderator
from tests.web.conftest import PASSWORD, sign_in_as
from tests.web.test_account import switch_on

PATH = "/settings/garden/people/two-step"


@pytest.fixture
def database(sqlite_database):
    """Nothing here depends on the engine."""
    return sqlite_database


def is_asked(database, site):
    with database.read() as session:
        return session.get_one(Site, site.id).requires_two_step


def test_an_owner_who_has_it_asks_everybody_for_it(browser, owner, database, site):
    alone = browser.post(PATH, required="yes")
    assert (alone.status_code, is_asked(database, site)) == (409, False)
    assert "Set it up for yourself first" in alone.text

    codes = switch_on(browser, database, owner)
    assert browser.post(PATH, required="yes").status_code == 303

    assert is_asked(database, site)
    assert "Leave it to everybody" in browser.get("/settings/garden/people").text
    refused = browser.post("/account/two-step/off", on="/account", password=PASSWORD, code=codes[0])
    assert refused.status_code == 409
    assert "asks for two-step sign-in" in refused.text
    with database.read() as session:
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.kind == "setting")).all()[-1]
        assert entry.content == {"what": "two_step", "required": True}
    assert browser.post(PATH, required="no").status_code == 303
    assert not is_asked(database, site)
    allowed = browser.post("/account/two-step/off", on="/account", password=PASSWORD, code=codes[0])
    assert allowed.status_code == 303  # the refusal used no code up


def test_who_lacks_it_gets_no_further_than_to_set_it_up(browser, database, site, mona):
    assert browser.get("/").status_code == 200
    with database.write() as session:
        sites.set_two_step(session, session.get_one(Site, site.id), True)

    for path in ("/", "/insight", "/search?q=x", "/account/preferences", "/settings/garden/people"):
        assert browser.get(path).location == "/account"
    assert browser.get("/news/held").status_code == 204
    page = browser.get("/account").text
    assert "asks everybody for it" in page

    switch_on(browser, database, mona)

    assert browser.get("/").status_code == 200
    assert "asks everybody for it" not in browser.get("/account").text


def test_nobody_else_is_asked(app, database, site, other_site):
    with database.write() as session:
        sites.set_two_step(session, session.get_one(Site, site.id), True)
        otto = make_moderator(session, other_site, email="otto@example.org", name="Otto")

    assert sign_in_as(app, database, otto).get("/").status_code == 200

"""Adding a site in the dashboard: who may, what is shown once, and what is refused."""

import re

import pytest
import sqlalchemy as sa

from moderation.storage import moderators, sites
from moderation.storage.tables import Role, Site
from moderation.storage.types import utc_now
from tests.factories import make_moderator, make_site
from tests.web.conftest import sign_in_as

NEW = "/settings/sites/new"


@pytest.fixture
def olga(database, site):
    with database.write() as session:
        return make_moderator(session, site, email="olga@example.org", name="Olga", role=Role.OWNER)


@pytest.fixture
def owner(app, database, olga):
    return sign_in_as(app, database, olga)


def add(browser, **fields):
    return browser.post(NEW, on=NEW, **fields)


def slugs(database):
    with database.read() as session:
        return set(session.scalars(sa.select(Site.slug)))


def test_who_owns_every_site_adds_one_and_owns_it(owner, client, database, olga):
    assert NEW in owner.get("/settings/garden").text

    shown = add(owner, name="  The   harbour ", slug="harbour").text

    key, secret = re.findall(r'<p class="secret" translate="no">([^<]+)</p>', shown)
    assert secret.startswith("whsec_")
    with database.read() as session:
        found = sites.site_by_key(session, key, utc_now())
        assert (found.slug, found.name, found.webhook_url) == ("harbour", "The harbour", None)
        assert moderators.roles(session, olga.id)[found.id] is Role.OWNER
    again = owner.get("/settings/harbour").text
    assert key not in again
    assert secret not in again
    listed = owner.get("/settings").text
    assert "The harbour" in listed
    assert NEW in listed
    sent = client.post("/v1/comments", json=COMMENT, headers={"Authorization": f"Bearer {key}"})
    assert sent.status_code in (200, 201), sent.text


COMMENT = {"id": "c1", "text": "A first comment.", "article": {"id": "a1"}, "author": {"id": "u1", "name": "Ada"}}


def test_one_tenant_among_several_adds_none(owner, database):
    with database.write() as session:
        make_site(session, "foreign")

    assert owner.get(NEW).status_code == add_blind(owner).status_code == 403
    assert NEW not in owner.get("/settings/garden").text
    assert slugs(database) == {"garden", "foreign"}


def add_blind(browser):
    """The form is not shown, so its token is taken from another page."""
    return browser.post(NEW, on="/", name="X", slug="x")


def test_who_only_moderates_or_looks_adds_none(browser, viewer, client, database):
    for each in (browser, viewer):
        assert each.get(NEW).status_code == add_blind(each).status_code == 403
    assert client.get(NEW).location.startswith("/sign-in")
    assert slugs(database) == {"garden"}


@pytest.mark.parametrize("slug", ["", "-garden", "a b", "gärten", "a/b", "x" * 64, "a\x00b"])
def test_a_short_name_that_cannot_be_is_refused_and_what_was_written_stays(owner, database, slug):
    answer = add(owner, name="My <b>blog</b>", slug=slug)

    assert answer.status_code == 422
    assert "1 to 63 of the characters" in answer.text
    assert "My &lt;b&gt;blog&lt;/b&gt;" in answer.text
    assert slugs(database) == {"garden"}


def test_a_short_name_that_is_taken_is_refused(owner, database):
    answer = add(owner, name="Garden", slug="Garden")

    assert answer.status_code == 409
    assert "There is a site garden already." in answer.text
    assert slugs(database) == {"garden"}

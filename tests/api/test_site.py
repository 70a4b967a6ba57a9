"""What a client asks to test its settings."""

from moderation.storage import sites
from moderation.storage.tables import Site
from moderation.storage.types import utc_now


def test_a_key_is_told_whose_it_is_and_where_events_go(client, alice, bob):
    ours, theirs = (client.get("/v1/site", headers=headers).json for headers in (alice, bob))

    assert ours == {
        "site": "alice",
        "name": "Alice",
        "webhook_url": "https://alice.example/hook",
        "webhook_disabled_at": None,
    }
    assert (theirs["site"], theirs["webhook_url"]) == ("bob", None)
    assert client.get("/v1/site").status_code == 401


def test_an_address_that_is_given_up_is_said_to_be(client, database, alice):
    with database.write() as session:
        site = session.query(Site).filter_by(slug="alice").one()
        site.webhook_disabled_at = utc_now()

    assert client.get("/v1/site", headers=alice).json["webhook_disabled_at"].endswith("Z")

    with database.write() as session:
        sites.set_webhook(session, sites.site_by_slug(session, "alice"), "https://alice.example/new", utc_now())
    assert client.get("/v1/site", headers=alice).json["webhook_disabled_at"] is None

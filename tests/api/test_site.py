"""What a client asks to test its settings."""

from dataclasses import replace

from moderation.storage import sites
from moderation.storage.tables import Site
from moderation.storage.types import utc_now
from moderation.web.app import create_app
from tests.webhooks.receiver import LOOPBACK, Receiver, answer


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


def test_a_test_event_is_sent_to_the_own_address_and_what_came_of_it_said(settings, database, alice, bob):
    app = create_app(replace(settings, webhook_networks=LOOPBACK), database=database, scorer=object())
    client = app.test_client()
    with Receiver() as open_blog, Receiver(answer(403)) as closed_blog:
        told = []
        for blog in (open_blog, closed_blog):
            with database.write() as session:
                sites.set_webhook(session, sites.site_by_slug(session, "alice"), blog.url, utc_now())
            told.append(client.post("/v1/site/test", headers=alice).json)
        nowhere = client.post("/v1/site/test", headers=bob).json

    assert told[0] == {"delivered": True, "status": 204, "error": ""}
    assert (told[1]["delivered"], told[1]["status"]) == (False, 403)
    assert nowhere == {"delivered": False, "status": None, "error": "There is no address to send to."}
    assert (len(open_blog.requests), len(closed_blog.requests)) == (1, 1)
    assert client.post("/v1/site/test").status_code == 401


def test_tests_of_one_site_are_few_so_that_a_slow_blog_takes_no_thread_from_the_others(client, alice, bob):
    for _ in range(12):
        assert client.post("/v1/site/test", headers=bob).status_code == 200

    refused = client.post("/v1/site/test", headers=bob)

    assert (refused.status_code, refused.json["type"]) == (429, "urn:moderation:problem:quota-exceeded")
    assert int(refused.headers["Retry-After"]) > 0
    assert client.post("/v1/site/test", headers=alice).status_code == 200

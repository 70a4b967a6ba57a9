"""A test event, sent at once."""

from datetime import UTC, datetime

from standardwebhooks import Webhook

from moderation.webhooks.testing import send_test
from tests.factories import SECRET_KEY, WEBHOOK_SECRET, make_site
from tests.webhooks.receiver import LOOPBACK, Receiver, free_port

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def try_it(database, url, *, slug="garden", networks=LOOPBACK, now=NOW):
    with database.write() as session:
        site = make_site(session, slug=slug, webhook_url=url)
    return send_test(site, secret_key=SECRET_KEY, networks=networks, now=now, timeout_s=2)


def test_blog_gets_a_signed_event_and_we_its_answer(sqlite_database):
    with Receiver() as blog:
        outcome = try_it(sqlite_database, blog.url, now=datetime.now(UTC))

    (request,) = blog.requests
    body = Webhook(WEBHOOK_SECRET).verify(request.body, dict(request.headers))
    assert (body["type"], body["data"]) == ("webhook.test", {"site_id": "garden"})
    assert (outcome.status, outcome.error) == (204, "")


def test_what_is_wrong_is_said(sqlite_database):
    nowhere = try_it(sqlite_database, None)
    closed = try_it(sqlite_database, f"http://127.0.0.1:{free_port()}/", slug="b")
    inside = try_it(sqlite_database, "http://127.0.0.1:1/", slug="c", networks=())

    assert all(outcome.status is None and outcome.error for outcome in (nowhere, closed, inside))

"""A site's delivery log and its webhook secret: seen and changed by its owners alone."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from standardwebhooks import Webhook

from moderation.storage import outbox, secrets
from moderation.storage.tables import DeliveryAttempt, Event, EventState, Role, Site
from moderation.storage.types import utc_now
from moderation.webhooks.delivery import encode, headers_for
from tests.factories import SECRET_KEY, WEBHOOK_SECRET, make_comment, make_moderator
from tests.web.conftest import Tags, sign_in_as, token_of

LOG = "/settings/garden/deliveries"


@pytest.fixture
def owner(app, database, site):
    with database.write() as session:
        olga = make_moderator(session, site, email="olga@example.org", name="Olga", role=Role.OWNER)
    return sign_in_as(app, database, olga)


@pytest.fixture
def events(database, site):
    """One event in each state, by state."""
    made = {}
    with database.write() as session:
        for state in EventState:
            comment = make_comment(session, site, external_id=f"<i>{state.value}</i>")
            session.flush()
            event = session.scalar(sa.select(Event).where(Event.comment_id == comment.id))
            event.state, event.attempts = state, 3
            made[state] = event
        session.add(
            DeliveryAttempt(
                event_id=made[EventState.FAILED].id,
                number=1,
                status=503,
                error="The blog answered 503.",
                duration_ms=15_003,
            )
        )
    return made


def states(database):
    with database.read() as session:
        return {event.id: event.state for event in session.scalars(sa.select(Event))}


def test_the_log_shows_every_state_with_its_attempts(owner, events):
    page = owner.get(LOG).text

    words = Tags(page).text
    for state in ("on the way", "delivered", "failed", "without an address"):
        assert state in words
    assert "answered 503, The blog answered 503. 15 seconds" in words
    assert f"msg_{events[EventState.DELIVERED].id.hex}" in words
    assert "<i>" not in page


def test_the_log_is_narrowed_to_a_state_and_read_in_pages(database, site, owner, events):
    with database.write() as session:
        for _ in range(35):
            make_comment(session, site)

    page = owner.get(f"{LOG}?state=parked").text
    assert page.count('id="e-') == 30
    following = re.search(r'rel="next" href="([^"]+)"', page)[1].replace("&amp;", "&")
    rest = owner.get(following).text
    assert rest.count('id="e-') == 6
    assert "msg_" + events[EventState.DELIVERED].id.hex not in page + rest


@pytest.mark.parametrize("state", [EventState.DELIVERED, EventState.FAILED, EventState.PARKED])
def test_any_event_that_has_ended_is_sent_again_with_its_id(database, owner, events, state):
    event = events[state]

    assert owner.post(f"{LOG}/{event.id}/replay", on=LOG).status_code == 303

    assert states(database)[event.id] is EventState.PENDING
    with database.write() as session:
        assert event.id in {lease.event_id for lease in outbox.claim(session, limit=9, lease=timedelta(minutes=1))}


def test_an_event_in_a_workers_hands_is_left_there(database, owner, events):
    event = events[EventState.PENDING]
    with database.write() as session:
        [lease] = outbox.claim(session, limit=1, lease=timedelta(minutes=1))

    owner.post(f"{LOG}/{event.id}/replay", on=LOG)

    with database.write() as session:
        assert outbox.close(session, lease, EventState.DELIVERED)


def test_all_that_failed_is_sent_again_at_once(database, site, owner, events):
    owner.post(f"{LOG}/replay-failed", on=LOG)

    now = states(database)
    assert now[events[EventState.FAILED].id] is EventState.PENDING
    assert now[events[EventState.PARKED].id] is EventState.PARKED
    assert now[events[EventState.DELIVERED].id] is EventState.DELIVERED


def test_the_log_of_another_site_is_out_of_reach(app, database, other_site, events, browser, viewer):
    with database.write() as session:
        otto = make_moderator(session, other_site, email="otto@example.org", name="Otto", role=Role.OWNER)
    stranger = sign_in_as(app, database, otto)
    before, event = states(database), events[EventState.FAILED]

    assert stranger.get(LOG).status_code == 404
    assert browser.get(LOG).status_code == viewer.get(LOG).status_code == 403
    for who, status in ((stranger, 404), (browser, 403), (viewer, 403)):
        token = token_of(who.get("/account").text)
        for path in (f"{LOG}/{event.id}/replay", f"{LOG}/replay-failed"):
            assert who.post(path, token=token).status_code == status
    own = stranger.post(f"/settings/harbour/deliveries/{event.id}/replay", on="/account")
    assert own.status_code == 404
    assert states(database) == before


def signed(database, site, now):
    """The headers of an event as it would be sent now, and its body."""
    with database.write() as session:
        make_comment(session, session.get_one(Site, site.id))
    with database.write() as session:
        session.execute(sa.update(Event).values(state=EventState.PENDING))
        lease = outbox.claim(session, limit=1, lease=timedelta(minutes=1), now=now)[0]
    opened = [secrets.decrypt(sealed, SECRET_KEY) for sealed in lease.secrets]
    body = encode(lease.payload)
    return headers_for(lease, opened, body, utc_now()), body


@pytest.mark.parametrize(("hours", "old_is_good"), [("24", True), ("0", False)])
def test_a_replaced_secret_signs_beside_the_new_one_while_it_lasts(database, site, owner, client, hours, old_is_good):
    page = owner.post("/settings/garden/webhook/secret", on=LOG, hours=hours).text

    new = re.search(r"whsec_[\w+/=]+", page)[0]
    assert new not in owner.get("/settings/garden").text
    headers, body = signed(database, site, utc_now())
    assert Webhook(new).verify(body, headers)
    if old_is_good:
        assert Webhook(WEBHOOK_SECRET).verify(body, headers)
    with database.read() as session:
        row = session.get_one(Site, site.id)
    assert len(row.webhook_secrets(utc_now())) == (2 if old_is_good else 1)
    assert len(row.webhook_secrets(utc_now() + timedelta(hours=25))) == 1
    later, body = signed(database, site, utc_now() + timedelta(hours=25))
    assert len(later["webhook-signature"].split()) == 1
    # Of the blog's own requests the old secret is taken as long.
    now = utc_now()
    content = b'{"text": "hello"}'
    own = {
        "webhook-id": "m1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(WEBHOOK_SECRET).sign("m1", now, content.decode()),
    }
    answer = client.post("/v1/score", data=content, headers={**own, "content-type": "application/json"})
    assert answer.status_code == (200 if old_is_good else 401)


def test_only_owners_replace_the_secret_and_rename_the_site(database, site, browser, owner):
    token = token_of(browser.get("/account").text)
    assert browser.post("/settings/garden/webhook/secret", token=token, hours="0").status_code == 403
    assert browser.post("/settings/garden/name", token=token, name="Mine").status_code == 403

    assert owner.post("/settings/garden/name", on=LOG, name=" The\tGarden <b> ").status_code == 303

    with database.read() as session:
        row = session.get_one(Site, site.id)
    assert (row.name, row.webhook_secret_before) == ("The Garden <b>", None)
    assert "The Garden &lt;b&gt;" in owner.get("/settings/garden").text
    assert owner.post("/settings/garden/name", on=LOG, name="  ").status_code == 422

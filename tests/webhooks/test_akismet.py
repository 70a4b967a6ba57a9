"""Outcomes for a blog's Akismet plugin: what is said, where it goes, and that an old one never comes back."""

import json
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
import sqlalchemy as sa

from moderation import erasure, review
from moderation.domain.comment import Action
from moderation.recording import UNDO_WINDOW
from moderation.storage import akismet, outbox, sites
from moderation.storage.tables import AkismetCallback, Event, EventState, Site
from moderation.webhooks.akismet import is_of_blog, message
from moderation.webhooks.delivery import deliver_once
from tests.factories import SECRET_KEY, make_comment, make_moderator, make_site
from tests.webhooks.receiver import LOOPBACK, NO_CONTENT, Receiver, answer, free_port

NOW = datetime.now(UTC) - timedelta(minutes=10)
LATER = NOW + UNDO_WINDOW + timedelta(seconds=1)


class Blog:
    """A blog with an Akismet plugin, one held comment of it, and a moderator."""

    def __init__(self, database, url, *, blog=None, webhook_url=None):
        self.database, self.url = database, url
        with database.write() as session:
            self.site = make_site(session, webhook_url=webhook_url)
            self.key = akismet.add_key(session, self.site, SECRET_KEY, blog=url if blog is None else blog, holds=True)
            row = akismet.find_key(session, self.key, SECRET_KEY, NOW)
            akismet.note_use(session, row, NOW.date())
            self.comment = make_comment(session, self.site, now=NOW)
            akismet.keep_callback(session, self.comment, url=url, post_id="12", email="ann@example.org")
            self.mona = make_moderator(session, self.site)
        self.version = 1

    def decide(self, action, now=NOW):
        decision = review.decide(
            self.database,
            moderator=self.mona,
            site_ids=[self.site.id],
            comment_id=self.comment.id,
            seen_version=self.version,
            action=action,
            now=now,
        )
        self.version += 1
        return decision

    def undo(self, decision, now):
        self.version += 1
        return review.undo(
            self.database, moderator=self.mona, site_ids=[self.site.id], decision_id=decision.id, now=now
        )

    def claim(self, now=LATER):
        with self.database.write() as session:
            return outbox.claim(session, limit=10, lease=timedelta(seconds=60), now=now)

    def deliver(self, now=LATER):
        for lease in self.claim(now):
            deliver_once(self.database, lease, secret_key=SECRET_KEY, networks=LOOPBACK, timeout_s=5, now=now)

    def events(self, state=None):
        with self.database.read() as session:
            events = session.scalars(sa.select(Event).where(Event.type == outbox.AKISMET_OUTCOME)).all()
        return [event for event in events if state in {None, event.state}]


@pytest.fixture
def receiver():
    with Receiver(NO_CONTENT) as receiver:
        yield receiver


def told(receiver):
    return [json.loads(request.body) for request in receiver.requests]


@pytest.mark.parametrize(
    ("action", "result"), [(Action.PUBLISH, "false"), (Action.REJECT, "true"), (Action.SPAM, "true")]
)
def test_moderators_decision_reaches_the_callback(database, receiver, action, result):
    blog = Blog(database, receiver.url)
    blog.decide(action)
    blog.deliver()

    assert told(receiver) == [
        {
            "key": blog.key,
            "endpoint": "comment-check",
            "comments": [
                {
                    "guid": blog.comment.id.hex,
                    "result": result,
                    "comment_post_ID": "12",
                    "comment_author_email": "ann@example.org",
                }
            ],
        }
    ]
    assert len(blog.events(EventState.DELIVERED)) == 1


def test_message_is_the_protocols_to_the_byte():
    outcome = akismet.Outcome(
        url="", blog="", sealed_key=b"", guid="g-7f3a", result="false", post_id="12", email="ann@example.org"
    )
    assert message(outcome, "a1b2c3d4e5f6") == (
        b'{"key":"a1b2c3d4e5f6","endpoint":"comment-check","comments":[{"guid":"g-7f3a","result":"false",'
        b'"comment_post_ID":"12","comment_author_email":"ann@example.org"}]}'
    )


def test_key_is_nowhere_in_the_outbox(database, receiver):
    blog = Blog(database, receiver.url)
    blog.decide(Action.PUBLISH)

    [event] = blog.events()
    assert blog.key not in json.dumps(event.payload)


def test_what_the_machine_or_the_blog_decided_is_no_news(database, receiver):
    blog = Blog(database, receiver.url)
    review.decide_at_blog(database, blog.site, blog.comment.external_id, action=Action.SPAM, note="", now=NOW)

    assert blog.events() == []


def test_undone_in_time_is_never_told(database, receiver):
    blog = Blog(database, receiver.url, webhook_url="https://blog.example/hook")
    blog.undo(blog.decide(Action.PUBLISH), NOW + timedelta(seconds=2))

    assert blog.events() == []


def test_late_try_tells_how_the_comment_stands_then(database):
    blog = Blog(database, f"http://127.0.0.1:{free_port()}/hook")
    blog.decide(Action.PUBLISH)
    blog.deliver()
    assert len(blog.events(EventState.PENDING)) == 1

    with Receiver(NO_CONTENT) as receiver:
        with database.write() as session:
            session.execute(sa.update(AkismetCallback).values(url=receiver.url))
            session.execute(sa.update(akismet.AkismetKey).values(blog=receiver.url))
        blog.decide(Action.SPAM, LATER)
        blog.deliver(LATER + timedelta(minutes=5))

        assert {comment["result"] for body in told(receiver) for comment in body["comments"]} == {"true"}
        assert len(blog.events(EventState.DELIVERED)) == 2


def test_held_again_is_not_told(database, receiver):
    blog = Blog(database, receiver.url)
    decision = blog.decide(Action.PUBLISH)
    [lease] = blog.claim()
    blog.undo(decision, LATER)
    deliver_once(database, lease, secret_key=SECRET_KEY, networks=LOOPBACK, timeout_s=5, now=LATER)

    assert receiver.requests == []
    assert len(blog.events(EventState.DELIVERED)) == 1


def test_undo_is_told_when_a_worker_has_one_of_the_two_events(database, receiver):
    blog = Blog(database, receiver.url, webhook_url="https://blog.example/hook")
    decision = blog.decide(Action.PUBLISH)
    with database.write() as session:
        session.execute(sa.update(Event).where(Event.type == outbox.AKISMET_OUTCOME).values(due_at=NOW))
        [lease] = [found for found in outbox.claim(session, limit=9, lease=timedelta(60), now=NOW) if found.is_akismet]
    blog.undo(decision, NOW + timedelta(seconds=2))

    with database.read() as session:
        types = session.scalars(sa.select(Event.type).order_by(Event.id)).all()
    assert types == ["comment.held", outbox.AKISMET_OUTCOME, "comment.held"]
    assert lease.url == receiver.url


def test_plugin_that_does_not_know_the_comment_is_asked_again(database):
    body = b'{"comments":{"%s":{"status":"error","message":"Could not find matching comment."}}}'
    with Receiver(NO_CONTENT) as receiver:
        blog = Blog(database, receiver.url)
        receiver.behaviour = answer(200, body=body % blog.comment.id.hex.encode())
        blog.decide(Action.PUBLISH)
        blog.deliver()

    [event] = blog.events(EventState.PENDING)
    assert "could not find the comment" in event.last_error


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b'{"comments":{}}', b'{"comments":[1]}', b"[" * 99_999, b"<html>"]
)
def test_any_other_answer_with_200_is_an_answer(database, body):
    with Receiver(answer(200, body=body)) as receiver:
        blog = Blog(database, receiver.url)
        blog.decide(Action.PUBLISH)
        blog.deliver()

    assert len(blog.events(EventState.DELIVERED)) == 1


def test_gone_callback_leaves_the_sites_webhook_alone(database):
    with Receiver(answer(410)) as receiver:
        blog = Blog(database, receiver.url, webhook_url=receiver.url)
        blog.decide(Action.PUBLISH)
        with database.write() as session:
            session.execute(sa.delete(Event).where(Event.type != outbox.AKISMET_OUTCOME))
        blog.deliver()

    with database.read() as session:
        assert session.get_one(Site, blog.site.id).webhook_disabled_at is None
    assert len(blog.events(EventState.PENDING)) == 1


def test_taking_the_webhook_away_parks_no_outcome(database, receiver):
    blog = Blog(database, receiver.url, webhook_url="https://blog.example/hook")
    blog.decide(Action.PUBLISH)
    with database.write() as session:
        sites.set_webhook(session, session.get_one(Site, blog.site.id), None, NOW)
    blog.deliver()

    assert len(receiver.requests) == 1


def test_callback_elsewhere_gets_nothing(database, receiver):
    blog = Blog(database, receiver.url, blog="https://other.example")
    blog.decide(Action.PUBLISH)
    blog.deliver()

    assert receiver.connections == 0
    [event] = blog.events(EventState.PENDING)
    assert "not at the blog" in event.last_error


def test_private_address_gets_nothing_without_the_operators_leave(database, receiver):
    blog = Blog(database, receiver.url.replace("http:", "https:"))
    blog.decide(Action.PUBLISH)
    for lease in blog.claim():
        deliver_once(database, lease, secret_key=SECRET_KEY, networks=(), timeout_s=5, now=LATER)

    assert receiver.connections == 0
    assert len(blog.events(EventState.PENDING)) == 1


def test_site_without_a_key_keeps_the_outcome(database, receiver):
    blog = Blog(database, receiver.url)
    blog.decide(Action.PUBLISH)
    with database.write() as session:
        akismet.expire_keys(session, blog.site.id, NOW)
    blog.deliver()

    [event] = blog.events(EventState.PENDING)
    assert "no Akismet key" in event.last_error


def test_key_that_the_blog_used_last_is_sent(database, receiver):
    blog = Blog(database, receiver.url)
    with database.write() as session:
        new = akismet.add_key(session, blog.site, SECRET_KEY, blog=receiver.url)
    blog.decide(Action.PUBLISH)
    blog.deliver()
    with database.write() as session:
        akismet.note_use(session, akismet.find_key(session, new, SECRET_KEY, NOW), NOW.date())
    blog.decide(Action.SPAM, LATER)
    blog.deliver(LATER + timedelta(minutes=1))

    assert [body["key"] for body in told(receiver)] == [blog.key, new]


def test_erased_comment_is_not_spoken_of(database, receiver):
    blog = Blog(database, receiver.url)
    blog.decide(Action.PUBLISH)
    erasure.erase(database, blog.site, blog.comment.external_id, now=NOW)
    blog.deliver()

    assert receiver.requests == []
    with database.read() as session:
        assert session.scalars(sa.select(AkismetCallback)).all() == []


@pytest.mark.parametrize(
    ("url", "blog", "is_allowed"),
    [
        ("https://garden.example/wp-json/akismet/v1/webhook", "https://garden.example", True),
        ("https://garden.example/?rest_route=/akismet/v1/webhook", "https://garden.example/blog/", True),
        ("https://GARDEN.example/hook", "http://garden.example", True),
        ("https://garden.example:8443/hook", "https://garden.example:8443", True),
        ("https://www.garden.example/hook", "https://garden.example", False),
        ("https://garden.example.evil.example/hook", "https://garden.example", False),
        ("https://garden.example@evil.example/hook", "https://garden.example", False),
        ("https://garden.example:8443/hook", "https://garden.example", False),
        ("http://garden.example/hook", "https://garden.example", False),
        ("https://garden.example/hook", "", False),
        ("https://garden.example/hook", "garden.example", False),
        ("https://garden.example/hook", "https://garden.example:port", False),
        ("ftp://garden.example/hook", "https://garden.example", False),
        ("", "https://garden.example", False),
    ],
)
def test_callback_is_at_the_registered_blog_or_nowhere(url, blog, is_allowed):
    assert is_of_blog(url, blog, ()) is is_allowed


def test_http_is_for_the_operators_own_networks():
    assert is_of_blog("http://10.0.0.7/hook", "http://10.0.0.7", (ip_network("10.0.0.0/8"),))
    assert not is_of_blog("http://garden.example/hook", "http://garden.example", ())

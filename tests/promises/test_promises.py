"""The promises of the design, each by its name. How each was broken, and seen to fail: docs/reliability.md.

That nothing is lost over `kill -9` (the first) is tested with processes that are killed: tests/torture.
"""

import json
import socket
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from moderation.classifier.artifact import MODELS, read_manifest, sha256
from moderation.classifier.card import card
from moderation.config import Settings
from moderation.domain.decision import receipt
from moderation.domain.policy import decide
from moderation.domain.reading import Context
from moderation.domain.signals import Signal, SignalCode
from moderation.scoring import Scorer
from moderation.storage import outbox, sites
from moderation.storage.policies import load_policy
from moderation.storage.tables import Comment, Decision, Event, EventState, Site
from moderation.web.app import create_app
from moderation.webhooks.delivery import SCHEDULE, deliver_once
from tests.factories import SECRET_KEY, FakeReader, make_site
from tests.webhooks.receiver import LOOPBACK, Receiver, answer

BAD = "A kumquat is bad, and so are you."


class Service:
    """The application on a database, a blog that hears of everything, and a worker's hand."""

    def __init__(self, database, reader=None, *, deadline_s=5.0):
        self.database, self.scorer = database, Scorer(reader, deadline_s=deadline_s)
        settings = Settings(database_url="", secret_key=SECRET_KEY, home=Path("unused"), trusted_hosts=("localhost",))
        self.client = create_app(settings, database=database, scorer=self.scorer).test_client()
        with database.write() as session:
            self.site = make_site(session)
            self.headers = {"Authorization": f"Bearer {sites.add_key(session, self.site)}"}

    def send(self, comment_id="1", text=BAD, **headers):
        body = {"id": comment_id, "text": text, "author": {"name": "Ann", "email": "ann@example.org"}}
        return self.client.post("/v1/comments", json=body, headers={**self.headers, **headers})

    def tell(self, url):
        with self.database.write() as session:
            sites.set_webhook(session, session.get_one(Site, self.site.id), url, datetime.now(UTC))

    def deliver(self, now):
        """One attempt at whatever is due at *now*; how many there were."""
        with self.database.write() as session:
            leases = outbox.claim(session, limit=100, lease=timedelta(seconds=60), now=now)
        for lease in leases:
            deliver_once(self.database, lease, secret_key=SECRET_KEY, networks=LOOPBACK, timeout_s=5, now=now)
        return len(leases)

    def all(self, table):
        with self.database.read() as session:
            return session.scalars(sa.select(table)).all()


@pytest.fixture
def serve(database):
    made = []

    def _serve(*arguments, **options):
        made.append(Service(database, *arguments, **options))
        return made[-1]

    yield _serve
    for service in made:
        service.scorer.close()


def fail():
    raise RuntimeError("the model is broken")


def test_promise_1_a_comment_that_cannot_be_written_is_not_answered_2xx(serve, database):
    """The other half of it, that what is written stays, is `make torture`."""
    service = serve(FakeReader())

    def refuse(connection):
        raise sa.exc.OperationalError("COMMIT", {}, Exception("disk is full"))

    sa.event.listen(database.writer, "commit", refuse)
    try:
        assert service.send().status_code == 503
    finally:
        sa.event.remove(database.writer, "commit", refuse)

    assert service.all(Comment) == []
    assert service.send().status_code == 201
    assert [comment.text for comment in service.all(Comment)] == [BAD]


@pytest.mark.parametrize(
    ("reader", "deadline_s"),
    [
        (None, 5),
        (FakeReader(before=fail), 5),
        (FakeReader(before=lambda: time.sleep(0.5)), 0.05),
    ],
    ids=["no model", "a model that fails", "a model that is late"],
)
def test_promise_2_nothing_is_published_by_accident(serve, reader, deadline_s):
    verdict = serve(reader, deadline_s=deadline_s).send(text="What a lovely garden.").json

    assert (verdict["decision"], verdict["state"]) == ("hold", "held")
    assert [reason["code"] for reason in verdict["reasons"]] == ["not_scored"]


def test_promise_3_every_decision_has_a_receipt_that_can_be_replayed(serve):
    service = serve(FakeReader())
    service.send()
    service.client.post("/v1/comments/1/decision", json={"decision": "spam"}, headers=service.headers)

    [comment] = service.all(Comment)
    by_machine, by_blog = sorted(service.all(Decision), key=lambda decision: decision.version)
    kept = by_machine.receipt
    with service.database.read() as session:
        policy = load_policy(session, service.site, kept["policy_version"])
    reading = FakeReader().read(comment.text, Context())
    signals = [Signal(SignalCode(code["code"]), value=code.get("value", "")) for code in kept.get("signals", [])]
    again = receipt(decide(policy, reading, signals), reading, tuple(signals), policy.version)
    assert json.loads(json.dumps(again)) == kept
    assert kept["policy_version"] == service.site.policy_version
    assert kept["reasons"]
    assert kept["spans"]
    assert kept["model"] == FakeReader.model
    assert [(d.actor, d.action, d.version) for d in (by_machine, by_blog)] == [
        ("machine", "hold", 1),
        ("blog", "spam", 2),
    ]
    assert all(decision.created_at for decision in (by_machine, by_blog))
    assert {reason["code"] for reason in by_blog.receipt["reasons"]} == {"blog_decision"}


def test_promise_4_every_outcome_reaches_the_blog_or_stands_as_failed_and_can_be_replayed(serve):
    service, now = serve(FakeReader()), datetime.now(UTC) + timedelta(minutes=1)
    with Receiver(answer(500)) as blog:
        service.tell(blog.url)
        service.send()
        for attempt in range(len(SCHEDULE)):
            assert service.deliver(now + attempt * timedelta(days=2)) == 1
        [event] = service.all(Event)
        assert event.state is EventState.FAILED
        with service.database.write() as session:
            assert outbox.replay(session, event.id, [service.site.id], now)
        blog.behaviour = answer(204)
        service.deliver(now + timedelta(days=60))

    [event] = service.all(Event)
    assert event.state is EventState.DELIVERED
    assert len({(request.header("webhook-id"), request.body) for request in blog.requests}) == 1


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}], ids=["by its id", "by a key"])
def test_promise_4_a_repeated_request_makes_no_second_comment_and_no_second_event(serve, headers):
    service = serve(FakeReader())
    first, *others = [service.send(**headers).json for _ in range(5)]
    for _ in range(2):
        service.client.post("/v1/comments/1/decision", json={"decision": "publish"}, headers=service.headers)

    assert all(other == first for other in others)
    assert len(service.all(Comment)) == 1
    assert len(service.all(Decision)) == len(service.all(Event)) == 2


@pytest.mark.parametrize("name", ["quick-*"])
def test_promise_5_every_figure_of_a_model_comes_from_data_that_its_manifest_names_by_hash(name, shared):
    for folder in MODELS.glob(name):
        manifest = read_manifest(folder)
        metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))

        assert (folder / "card.md").read_text(encoding="utf-8") == card(manifest, metrics)
        assert manifest["command"].startswith("moderation train ")
        for file, of in manifest["files"].items():
            assert sha256(folder / file) == of["sha256"]
        assert sha256(shared / "data" / manifest["data"]["file"]) == manifest["data"]["sha256"]


def test_promise_6_the_text_of_a_comment_never_leaves_the_machine(serve, database, monkeypatch):
    connected, real = set(), socket.socket.connect

    def connect(self, address):
        connected.add(address)
        return real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    with Receiver() as blog:
        service = serve(FakeReader())
        service.tell(blog.url)
        service.send()
        service.client.post("/v1/comments/1/decision", json={"decision": "reject"}, headers=service.headers)
        service.client.delete("/v1/comments/1", headers=service.headers)
        assert service.deliver(datetime.now(UTC) + timedelta(minutes=1)) == 3

    assert connected <= {("127.0.0.1", blog.port), ("127.0.0.1", database.url.port)}
    assert len(blog.requests) == 3
    for request in blog.requests:
        assert not any(word in request.body.decode() for word in ("kumquat", "Ann", "ann@"))

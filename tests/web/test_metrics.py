"""/metrics: for whom the settings let in, with what happened, and without anybody's words."""

import re
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from moderation import metrics
from moderation.domain.comment import Action
from moderation.scoring import Scorer
from moderation.storage import sites
from moderation.storage.engine import Database, once_committed
from moderation.storage.tables import Event, EventState
from moderation.storage.types import utc_now
from moderation.web.app import create_app
from tests.factories import FakeReader, make_comment, make_site

TOKEN = "a-token-for-the-tests"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def settings(settings):
    return replace(settings, metrics_token=TOKEN)


@pytest.fixture(autouse=True)
def own_counters():
    """Each test counts from nothing."""
    metrics._meters.cache_clear()
    yield
    metrics._meters.cache_clear()


@pytest.fixture
def scrape(client):
    """The samples by name and labels, as they are written."""

    def _scrape():
        answer = client.get("/metrics", headers=BEARER)
        assert answer.status_code == 200
        assert answer.content_type == metrics.CONTENT_TYPE
        lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}

    return _scrape


@pytest.fixture
def key(database):
    with database.write() as session:
        return sites.add_key(session, make_site(session, slug="alice", webhook_url="https://alice.example/hook"))


def with_settings(database, settings, **changes):
    app = create_app(replace(settings, **changes), database=database, scorer=Scorer(FakeReader()))
    return app.test_client()


def test_without_a_setting_there_is_no_such_page(database, settings):
    closed = with_settings(database, settings, metrics_token="")

    assert closed.get("/metrics").status_code == 404
    assert closed.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}, {"Authorization": "Bearer"}]
)
def test_the_wrong_token_is_refused(client, headers):
    answer = client.get("/metrics", headers=headers)

    assert answer.status_code == 401
    assert "moderation_" not in answer.text


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_from_this_machine_if_the_setting_says_so(database, settings, address):
    client = with_settings(database, settings, metrics_token="", metrics_loopback=True)

    assert client.get("/metrics", environ_overrides={"REMOTE_ADDR": address}).status_code == 200


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("203.0.113.9", {}),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}),
        ("127.0.0.1", {"X-Forwarded-Proto": "https"}),
        ("127.0.0.1", {"Forwarded": "for=203.0.113.9"}),
        ("127.0.0.1", {"Via": "1.1 proxy"}),
        ("", {}),
    ],
)
def test_from_elsewhere_or_through_a_proxy_on_this_machine_it_is_refused(database, settings, address, headers):
    client = with_settings(database, settings, metrics_token="", metrics_loopback=True)

    assert client.get("/metrics", headers=headers, environ_overrides={"REMOTE_ADDR": address}).status_code == 403


def test_requests_decisions_and_scorings_are_counted(client, scrape, key):
    as_alice = {"Authorization": f"Bearer {key}"}
    for number, text in enumerate(["Nice.", "bad", "bad again"]):
        client.post("/v1/comments", json={"id": str(number), "text": text}, headers=as_alice)
    client.get("/v1/comments/0", headers=as_alice)
    client.post("/v1/comments/1/decision", json={"decision": "reject"}, headers=as_alice)
    client.open("/v1/nothing/4711", method="BREW")
    told = scrape()

    assert told['moderation_http_requests_total{method="POST",route="/v1/comments",status="201"}'] == 3
    assert told['moderation_http_requests_total{method="other",route="none",status="404"}'] == 1
    assert told['moderation_http_request_seconds_count{route="/v1/comments"}'] == 3
    assert told['moderation_decisions_total{outcome="publish",source="machine"}'] == 1
    assert told['moderation_decisions_total{outcome="hold",source="machine"}'] == 2
    assert told['moderation_decisions_total{outcome="reject",source="blog"}'] == 1
    assert told['moderation_scorings_total{outcome="scored"}'] == told["moderation_scoring_seconds_count"] == 3
    assert told['moderation_model_info{careful="on",model="fake-1",version="0.1.0"}'] == 1


def test_scoring_that_fails_is_counted_as_that(database, settings):
    def fail():
        raise ArithmeticError

    app = create_app(settings, database=database, scorer=Scorer(FakeReader(before=fail)))
    with database.write() as session:
        key = sites.add_key(session, make_site(session))
    client = app.test_client()
    client.post("/v1/comments", json={"id": "1", "text": "Nice."}, headers={"Authorization": f"Bearer {key}"})

    assert 'moderation_scorings_total{outcome="failed"} 1.0' in client.get("/metrics", headers=BEARER).text


def test_queues_and_the_outbox_are_told_as_they_stand(database, scrape, key):
    with database.write() as session:
        site = sites.site_by_slug(session, "alice")
        for _ in range(3):
            make_comment(session, site, now=utc_now() - timedelta(minutes=10))
        make_comment(session, site, action=Action.PUBLISH, now=utc_now() + timedelta(hours=1))
        [event, *_] = session.query(Event).all()
        event.state = EventState.FAILED
    told = scrape()

    assert told['moderation_queue_comments{queue="held"}'] == 3
    assert 0 <= told['moderation_queue_oldest_seconds{queue="held"}'] < 60  # by its key, which was made just now
    assert told['moderation_queue_comments{queue="reported"}'] == 0
    assert told['moderation_outbox_events{state="failed"}'] == 1
    assert told['moderation_outbox_events{state="pending"}'] == 3
    assert 590 < told["moderation_outbox_lag_seconds"] < 700
    assert told["moderation_database_up"] == 1


def test_a_decision_that_was_not_committed_is_not_counted(database, scrape, key):
    with suppress(ZeroDivisionError), database.write() as session:
        make_comment(session, sites.site_by_slug(session, "alice"))
        once_committed(session, lambda: pytest.fail("it was not committed"))
        raise ZeroDivisionError

    assert not [name for name in scrape() if name.startswith("moderation_decisions_total")]


def test_a_database_that_is_gone_is_told_and_counted(client, scrape, database, monkeypatch):
    monkeypatch.setattr(database, "read", lambda: database._read_session(bind=_broken_engine()))
    told = scrape()

    assert told["moderation_database_up"] == 0
    assert "moderation_outbox_lag_seconds" not in told


def _broken_engine():
    return Database("postgresql+psycopg://nobody@127.0.0.1:1/nothing").reader


def test_however_often_it_is_asked_for_the_database_is_read_once(client, scrape, database, monkeypatch):
    reads = []
    real = database.read
    monkeypatch.setattr(database, "read", lambda: (reads.append(1), real())[1])
    for _ in range(5):
        scrape()

    assert len(reads) == 1


def test_no_text_key_address_or_name_is_in_it(client, scrape, key):
    as_alice = {"Authorization": f"Bearer {key}"}
    secret = {
        "id": "zq-8841",
        "text": "zq-text bad",
        "author": {"id": "zq-u", "name": "zq-Ann", "email": "zq@b.example"},
    }
    client.post("/v1/comments?zq-query=1", json=secret, headers=as_alice)
    client.get("/v1/comments/zq-8841", headers=as_alice)
    client.get("/zq-nowhere")
    told = " ".join(scrape())

    assert "zq" not in told
    assert key.split(".")[1] not in told
    assert "alice" not in told
    assert not re.search(r"\d+\.\d+\.\d+\.\d+", told)

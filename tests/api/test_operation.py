"""Health, the API's description, logs and headers."""

import json

import pytest
import sqlalchemy as sa
import structlog

from moderation.classifier.loading import Loaded
from moderation.scoring import Scorer
from moderation.storage import migrate
from moderation.storage.tables import ApiKey
from moderation.storage.types import utc_now
from moderation.web import app as app_module
from moderation.web import openapi
from moderation.web.app import create_app
from tests.factories import FakeReader


def test_healthz_answers_whatever_else_is_wrong(client):
    assert client.get("/healthz").json == {"ok": True}


def test_readyz_is_well_with_database_migrations_and_model(client):
    response = client.get("/readyz")

    assert (response.status_code, response.json) == (200, {"ok": True, "failing": [], "degraded": []})


def test_readyz_names_a_missing_model(settings, database):
    client = create_app(settings, database=database, scorer=Scorer(None)).test_client()

    response = client.get("/readyz")

    assert (response.status_code, response.json["failing"]) == (503, ["model"])


def test_readyz_is_well_but_says_so_when_the_careful_reader_cannot_be_used(settings, database):
    scorer = Scorer(FakeReader(), careful_unusable="network.onnx is not the file its manifest names")
    client = create_app(settings, database=database, scorer=scorer).test_client()

    response = client.get("/readyz")

    assert (response.status_code, response.json) == (200, {"ok": True, "failing": [], "degraded": ["careful_reader"]})
    assert "network" not in response.text


def test_the_log_says_at_start_that_the_careful_reader_cannot_be_used(settings, monkeypatch):
    reader = FakeReader()
    monkeypatch.setattr(app_module, "load_reader", lambda *_, careful: Loaded(reader, "the file is gone"))

    with structlog.testing.capture_logs() as logs:
        scorer = app_module.make_scorer(settings)

    assert (scorer.reader, scorer.careful_unusable) == (reader, "the file is gone")
    [line] = [line for line in logs if line["event"] == "careful_reader_unusable"]
    assert (line["log_level"], line["reason"], line["reads_instead"]) == ("error", "the file is gone", "fake-1")


def test_readyz_names_old_migrations(client, sqlite_template, tmp_path, settings):
    from moderation.storage.engine import Database

    database = Database(f"sqlite:///{tmp_path / 'old.db'}")
    migrate.upgrade(database.writer)
    with database.writer.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'older'"))
    client = create_app(settings, database=database, scorer=Scorer(None)).test_client()

    assert "migrations" in client.get("/readyz").json["failing"]
    database.dispose()


def test_readyz_names_an_unreachable_database(settings, tmp_path):
    from moderation.storage.engine import Database

    database = Database("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    client = create_app(settings, database=database, scorer=Scorer(None)).test_client()

    response = client.get("/readyz")

    assert response.status_code == 503
    assert set(response.json["failing"]) == {"database", "migrations", "model"}
    assert "127.0.0.1" not in response.text
    database.dispose()


def test_openapi_describes_every_address_of_the_api_and_no_other(client, app):
    described = {
        (method.upper(), path.replace("{id}", "<own_id:comment_id>").replace("{author}", "<own_id:author_id>"))
        for path, methods in client.get("/openapi.json").json["paths"].items()
        for method in methods
    }
    served = {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/v1/") and not any(spoken.owns(rule.rule) for spoken in app.extensions["dialects"])
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    assert described == served


def test_openapi_has_no_dangling_reference(client):
    document = client.get("/openapi.json").json
    text = json.dumps(document)
    names = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}

    assert document["openapi"] == "3.1.0"
    assert names <= set(document["components"]["schemas"])


def test_every_operation_s_summary_is_there():
    assert all(operation.summary and operation.answers for operation in openapi.OPERATIONS)


def test_logs_hold_ids_and_no_text_address_or_key(post, alice, client):
    with structlog.testing.capture_logs() as entries:
        post(
            "/v1/comments",
            {
                "id": "my-own-id",
                "text": "A kumquat is bad.",
                "author": {"name": "Ann", "email": "ann@example.org", "ip": "203.0.113.9"},
            },
        )
        client.get("/v1/comments/my-own-id?key=mk_secret", headers=alice)
        client.get("/v1/comments", headers={"Authorization": "Bearer mk_secret.value"})

    text = json.dumps(entries)
    assert [entry["route"] for entry in entries if entry["event"] == "request"] == [
        "/v1/comments",
        "/v1/comments/<own_id:comment_id>",
        "/v1/comments",
    ]
    for secret in ("kumquat", "Ann", "ann@", "203.0.113.9", "my-own-id", "mk_", alice["Authorization"][7:]):
        assert secret not in text


def test_unexpected_error_is_a_problem_without_its_message(post, monkeypatch):
    from moderation import intake

    def fail(*_, **__):
        raise RuntimeError("A kumquat is bad.")

    monkeypatch.setattr(intake, "submit", fail)
    with structlog.testing.capture_logs() as entries:
        response = post("/v1/comments", {"id": "1", "text": "x"})

    assert (response.status_code, response.json["type"]) == (500, "urn:moderation:problem:internal-error")
    [entry] = [entry for entry in entries if entry["event"] == "request_failed"]
    assert entry["request_id"] == response.json["instance"].removeprefix("urn:request:")
    assert "kumquat" not in response.text + json.dumps(entries)


def test_a_database_that_is_away_is_said_so_and_when_to_ask_again(client, alice, monkeypatch):
    from moderation import intake

    def fail(*_, **__):
        raise sa.exc.OperationalError("INSERT INTO comments", {"text": "A kumquat is bad."}, Exception("disk is full"))

    monkeypatch.setattr(intake, "submit", fail)
    with structlog.testing.capture_logs() as entries:
        response = client.post("/v1/comments", json={"id": "1", "text": "x"}, headers=alice)

    assert (response.status_code, response.json["type"]) == (503, "urn:moderation:problem:database-unavailable")
    assert int(response.headers["Retry-After"]) > 0
    assert "kumquat" not in response.text + json.dumps(entries)


def test_view_without_a_mark_is_closed(app, client):
    app.add_url_rule("/v1/forgotten", view_func=lambda: "open", endpoint="forgotten")

    assert client.get("/v1/forgotten").status_code == 403


@pytest.mark.parametrize("path", ["/v1/comments", "/healthz", "/"])
def test_security_headers_are_on_every_answer(client, path):
    headers = client.get(path).headers

    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


def test_day_on_which_a_key_was_used_is_kept_once(post, database):
    for _ in range(2):
        assert post("/v1/comments", {"id": "1", "text": "Lovely."}).status_code in {200, 201}

    with database.read() as session:
        key = session.scalars(sa.select(ApiKey)).one()
    assert key.last_used_on == utc_now().date()

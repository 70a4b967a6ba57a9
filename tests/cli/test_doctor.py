"""`moderation doctor` names what is wrong and what mends it."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from moderation.classifier.loading import Loaded
from moderation.classifier.reader import QuickReader
from moderation.cli import doctor
from moderation.storage import sites
from moderation.storage.engine import Database
from moderation.storage.tables import Event, EventState, Mail, Membership
from moderation.storage.types import utc_now
from tests.factories import make_comment
from tests.mail.conftest import Inbox, Server


@pytest.fixture
def healthy(run, environment):
    """An installation with nothing wrong, and its database."""
    run("site", "add", "garden", "--webhook-url", "https://blog.example/hook")
    run("moderator", "add", "ann@example.org", "--role", "owner")
    database = Database(f"sqlite:///{environment['MODERATION_HOME']}/moderation.db")
    yield database
    database.dispose()


def findings(output):
    return {finding["about"]: finding for finding in json.loads(output)}


def test_healthy_installation_has_nothing_wrong(run, healthy):
    found = findings(run("doctor", "--json"))

    assert all(finding["well"] for finding in found.values())
    assert set(found) >= {"settings", "home", "model", "SQLite", "database", "migrations", "outbox", "secrets", "mail"}
    assert "WRONG" not in run("doctor")


def test_empty_installation_is_told_what_to_do_first(run):
    output = run("doctor", fails=True)

    assert "mend it with: moderation site add" in output


def test_wrong_and_missing_secret_keys_are_named(run, healthy):
    other = findings(run("doctor", "--json", fails=True, env={"MODERATION_SECRET_KEY": "x" * 40}))
    none = findings(run("doctor", "--json", fails=True, env={"MODERATION_SECRET_KEY": ""}))

    assert not other["secrets"]["well"]
    assert "MODERATION_SECRET_KEY" in none["settings"]["mend"]


def test_missing_model_is_named(run, healthy, tmp_path):
    found = findings(run("doctor", "--json", fails=True, env={"MODERATION_MODEL": str(tmp_path)}))

    assert not found["model"]["well"]
    assert found["model"]["mend"]


def test_a_careful_reader_that_cannot_be_used_is_named_with_what_mends_it(run, healthy, monkeypatch):
    def unusable(*arguments, careful):
        return Loaded(QuickReader.load(), "careful-2/network.onnx is missing." if careful else "")

    monkeypatch.setattr(doctor, "load_reader", unusable)
    found = findings(run("doctor", "--json", fails=True))
    switched_off = findings(run("doctor", "--json", env={"CAREFUL_READER": "off"}))

    assert found["model"]["well"]
    assert "careful-2/network.onnx is missing" in found["careful reader"]["detail"]
    assert found["careful reader"]["mend"]
    assert switched_off["careful reader"]["detail"] == "off, as CAREFUL_READER says"


def test_a_wrong_wish_about_the_careful_reader_is_named(run, healthy):
    found = findings(run("doctor", "--json", fails=True, env={"CAREFUL_READER": "maybe"}))

    assert found["settings"]["detail"] == "CAREFUL_READER must be on or off, not 'maybe'."


def test_old_migrations_are_named_with_the_command(run, healthy):
    with healthy.writer.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'older'"))

    found = findings(run("doctor", "--json", fails=True))

    assert found["migrations"]["mend"] == "alembic upgrade head"
    assert "alembic upgrade head" in run("site", "list", fails=True)


def test_readable_home_is_named(run, healthy, environment):
    Path(environment["MODERATION_HOME"]).chmod(0o755)

    assert findings(run("doctor", "--json", fails=True))["home"]["mend"].startswith("chmod 700")


def test_late_failed_and_refused_deliveries_are_named(run, healthy):
    with healthy.write() as session:
        site = sites.site_by_slug(session, "garden")
        make_comment(session, site, now=utc_now() - timedelta(hours=1))
    assert findings(run("doctor", "--json", fails=True))["outbox"]["mend"] == "moderation serve"

    with healthy.write() as session:
        session.execute(sa.update(Event).values(state=EventState.FAILED))
        site = sites.site_by_slug(session, "garden")
        site.webhook_disabled_at = utc_now()
    found = findings(run("doctor", "--json", fails=True))
    assert "1 events failed" in found["outbox"]["detail"]
    assert found["webhook"]["mend"] == "moderation site set-webhook garden URL"


def test_unreachable_database_is_named(run):
    url = "postgresql://nobody@127.0.0.1:1/nothing"
    found = findings(run("doctor", "--json", fails=True, env={"DATABASE_URL": url}))

    assert "cannot be reached" in found["database"]["detail"]


MAIL = {"SMTP_HOST": "127.0.0.1", "SMTP_SECURITY": "none", "MAIL_FROM": "moderation@blog.example"}


@pytest.fixture
def mail_server():
    """A real SMTP server on loopback."""
    server = Server(Inbox(), hostname="127.0.0.1", port=0)
    server.start()
    yield {**MAIL, "SMTP_PORT": str(server.used_port)}
    server.stop()


def test_a_mail_server_that_works_is_named_and_one_that_does_not_too(run, healthy, mail_server):
    public = {"PUBLIC_BASE_URL": "https://moderation.example", "TRUSTED_PROXIES": "1"}
    well = findings(run("doctor", "--json", env={**mail_server, **public}))
    gone = findings(run("doctor", "--json", fails=True, env={**mail_server, **public, "SMTP_PORT": "1"}))
    here = findings(run("doctor", "--json", fails=True, env=mail_server))

    assert well["mail"]["detail"].startswith("127.0.0.1 takes it")
    assert "cannot be reached" in gone["mail"]["detail"]
    assert here["mail"]["mend"] == "export PUBLIC_BASE_URL=https://..."


def test_mail_that_somebody_wants_needs_a_server(run, healthy):
    with healthy.write() as session:
        session.query(Membership).one().mail = Mail.HOURLY

    found = findings(run("doctor", "--json", fails=True))

    assert "no server" in found["mail"]["detail"]

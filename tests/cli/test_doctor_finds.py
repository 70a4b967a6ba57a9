"""What `doctor` knows to go wrong beyond the settings: each is brought about, and named with what mends it."""

import json
import os
import shutil
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from moderation.cli import doctor_machine
from moderation.storage import audit, marks, sites
from moderation.storage.engine import Database
from moderation.storage.tables import ApiKey, Batch, Decision, Event, Membership, Moderator, Role
from moderation.storage.types import first_uuid7, utc_now
from tests.factories import make_comment


@pytest.fixture
def healthy(run, environment):
    """An installation with nothing wrong, and its database."""
    environment["CAREFUL_READER"] = "off"
    run("site", "add", "garden")
    run("moderator", "add", "ann@example.org", "--role", "owner")
    database = Database(f"sqlite:///{environment['MODERATION_HOME']}/moderation.db")
    yield database
    database.dispose()


@pytest.fixture
def wrong(run):
    """What is wrong, by what it is about."""

    def _wrong(*options, env=None):
        output = run("doctor", "--json", *options, fails=True, env=env)
        return {found["about"]: found for found in json.loads(output) if not found["well"]}

    return _wrong


def test_a_healthy_one_has_nothing_wrong_also_when_looked_at_deeply(run, healthy):
    assert json.loads(run("doctor", "--json", "--deep"))[-1]["well"]


def test_unsafe_settings_are_named(wrong, healthy):
    found = wrong(env={"PUBLIC_BASE_URL": "http://mod.example"})

    assert "PUBLIC_BASE_URL" in found["safety"]["detail"]


def test_a_full_disk_is_named(wrong, healthy, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=90 * 2**20))

    assert wrong()["disk"]["detail"].startswith("90 MB are left")


def test_a_secret_key_that_all_can_read_is_named(wrong, healthy, tmp_path):
    path = tmp_path / "key"
    path.write_text("a-test-key-that-is-long-enough-to-be-one")
    path.chmod(0o644)
    found = wrong(env={"MODERATION_SECRET_KEY_FILE": str(path)})

    assert found["secret key file"]["mend"] == f"chmod 600 {path}"


def test_a_network_drive_is_known(tmp_path):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda / ext4 rw 0 0\nserver:/x {tmp_path} nfs4 rw 0 0\n")

    assert doctor_machine.drive_of(tmp_path / "moderation.db", mounts) in doctor_machine.NETWORK_DRIVES
    assert doctor_machine.drive_of(Path("/elsewhere"), mounts) == "ext4"
    assert doctor_machine.drive_of(tmp_path, tmp_path / "none") == ""


def test_a_damaged_database_is_named(wrong, healthy, environment):
    with healthy.write() as session:
        site = sites.site_by_slug(session, "garden")
        for _ in range(300):
            make_comment(session, site, now=utc_now())
    healthy.dispose()
    path = Path(environment["MODERATION_HOME"]) / "moderation.db"
    content = bytearray(path.read_bytes())
    middle = content.rindex(b"A comment, number")
    content[middle - 2000 : middle] = b"\xff" * 2000
    path.write_bytes(content)

    found = wrong("--deep")
    assert any("restore" in finding["mend"] or "DATABASE_URL" in finding["mend"] for finding in found.values())


def test_a_clock_that_was_put_back_is_named(wrong, healthy):
    with healthy.write() as session:
        make_comment(session, sites.site_by_slug(session, "garden"), now=utc_now())
        session.flush()
        session.execute(sa.delete(Event))  # it names the decision
        session.execute(sa.update(Decision).values(id=first_uuid7(utc_now() + timedelta(hours=2))))

    assert "ahead" in wrong()["clock"]["detail"]


def test_comments_that_wait_unscored_are_named(wrong, healthy):
    with healthy.write() as session:
        site = sites.site_by_slug(session, "garden")
        comment = make_comment(session, site, now=utc_now())
        marks.set_reasons(session, comment, ["not_scored"], is_new=True)

    assert wrong()["scoring"]["detail"].startswith("1 comments are held")


def test_a_site_that_nobody_owns_any_more_is_named(wrong, healthy):
    with healthy.write() as session:
        session.execute(sa.update(Membership).values(role=Role.MODERATOR))
    assert "garden" in wrong()["owner"]["detail"]

    with healthy.write() as session:
        session.execute(sa.update(Membership).values(role=Role.OWNER))
        session.execute(sa.update(Moderator).values(disabled_at=utc_now()))
    assert "--role owner" in wrong()["owner"]["mend"]


@pytest.mark.parametrize(("days", "says"), [(-1, "is refused"), (3, "ends on")])
def test_a_site_whose_last_key_ends_is_named(wrong, healthy, days, says):
    with healthy.write() as session:
        session.execute(sa.update(ApiKey).values(expires_at=utc_now() + timedelta(days=days)))

    found = wrong()["keys"]
    assert says in found["detail"]
    assert found["mend"] == "moderation site rotate-key garden"


def test_a_batch_that_stopped_halfway_is_named(wrong, healthy):
    with healthy.write() as session:
        site = sites.site_by_slug(session, "garden")
        mona = session.query(Moderator).one()
        old = utc_now() - timedelta(hours=2)
        session.add(Batch(site_id=site.id, moderator_id=mona.id, action="publish", query={}, sample=[], started_at=old))

    assert "1 batches" in wrong()["batches"]["detail"]


def test_a_past_that_nobody_counts_is_named(wrong, healthy):
    with healthy.write() as session:
        make_comment(session, sites.site_by_slug(session, "garden"), now=utc_now())
        session.flush()
        session.execute(sa.delete(Event))  # it names the decision
        long_ago = first_uuid7(utc_now() - timedelta(hours=9))
        session.execute(sa.update(Decision).values(id=long_ago))

    assert "not counted" in wrong()["insight"]["detail"]


def test_postgres_that_may_forget_is_named(run, environment, postgres_cluster):
    url = postgres_cluster.create_database("doctor")
    env = {"DATABASE_URL": url, "CAREFUL_READER": "off"}
    run("site", "add", "garden", env=env)
    found = {finding["about"]: finding for finding in json.loads(run("doctor", "--json", fails=True, env=env))}

    # The tests' own server runs with fsync off.
    assert "fsync is off" in found["durability"]["detail"]
    assert "ALTER SYSTEM SET fsync = on" in found["durability"]["mend"]
    assert found["clock"]["well"]


def test_a_chain_whose_end_was_cut_off_is_named(wrong, healthy):
    with healthy.write() as session:
        audit.link(session)
    assert "audit log" not in wrong(env={"PUBLIC_BASE_URL": "http://mod.example"})
    with healthy.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE audit_heads SET number = number + 1")

    assert "names entry" in wrong()["audit log"]["detail"]
    assert wrong("--deep")["audit log"]["mend"] == "moderation audit verify"


def test_entries_that_nobody_links_are_named(wrong, healthy):
    with healthy.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE audit_log SET created_at = '2026-01-01 00:00:00'")

    assert "no worker runs" in wrong()["audit log"]["detail"]


def test_an_old_backup_is_named_and_none_at_all(wrong, run, healthy, tmp_path):
    folder = tmp_path / "backups"
    env = {"BACKUP_FOLDER": str(folder)}
    assert "cannot be read" in wrong(env=env)["backup"]["detail"]
    folder.mkdir()
    assert "there is none" in wrong(env=env)["backup"]["detail"]
    run("backup", str(folder / "one.db"))
    assert "the newest is 0 hours old" in run("doctor", env=env)
    three_days_ago = (utc_now() - timedelta(days=3)).timestamp()
    os.utime(folder / "one.db", (three_days_ago, three_days_ago))

    assert wrong(env=env)["backup"]["detail"] == "the newest is 72 hours old"

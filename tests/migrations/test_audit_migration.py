"""The audit log over a database that has been in use: what was there before is taken into the chains."""

import uuid

import pytest
import sqlalchemy as sa

from moderation import audit as auditing
from moderation.storage import audit, migrate
from moderation.storage.engine import Database
from moderation.storage.tables import Decision
from moderation.storage.types import uuid7
from tests.migrations.test_dashboard_migration import NOW, insert

BEFORE = "d2b7f0c4e815"


@pytest.fixture(params=["sqlite", "postgres"])
def database(request, tmp_path):
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'old.db'}"
    else:
        url = request.getfixturevalue("postgres_cluster").create_database(f"old_{uuid.uuid4().hex}")
    database = Database(url)
    migrate.upgrade(database.writer, BEFORE)
    with database.writer.begin() as connection:
        site_id, comment_id = uuid7(), uuid7()
        site = {"slug": "garden", "name": "G", "webhook_secret": b"", "policy_version": 2, "created_at": NOW}
        insert(connection, "sites", id=site_id, **site)
        document = sa.bindparam("document", {"max_links": 3, "bands": {"THREAT": {"hold": 0.5}}}, type_=sa.JSON())
        connection.execute(
            sa.text("INSERT INTO policies VALUES (:site_id, 2, :document, :now)").bindparams(
                sa.bindparam("site_id", site_id, type_=sa.Uuid()), document, sa.bindparam("now", NOW, sa.DateTime())
            )
        )
        empty = ("author_name", "author_ip", "parent_external_id", "parent_text", "language", "permalink")
        comment = {"revision": 1, "state": "held", "version": 3, "risk": 0.7, "decided_by_person": False}
        insert(
            connection,
            "comments",
            id=comment_id,
            site_id=site_id,
            external_id="c",
            text="t",
            open_reports=0,
            created_at=NOW,
            **dict.fromkeys(empty, ""),
            **comment,
        )
        for version in (1, 2, 3):
            decided = {"revision": 1, "action": "hold", "actor": "machine", "note": "", "created_at": NOW}
            receipt = {"scores": {"THREAT": 0.1234567890123, "SPAM": 1e-07}, "reasons": [], "model": None}
            insert(
                connection,
                "decisions",
                id=uuid7(),
                site_id=site_id,
                comment_id=comment_id,
                version=version,
                receipt=receipt,
                **decided,
            )
    yield database
    database.dispose()


def test_the_past_is_taken_in_and_vouched_for_from_now_on(database):
    migrate.upgrade(database.writer)
    with database.write() as session:
        assert audit.link(session) == 5

    (chain, installation) = auditing.verify(database)
    assert (chain.name, chain.number, chain.findings, installation.findings) == ("garden", 5, [], [])

    with database.writer.begin() as connection:
        connection.execute(sa.update(Decision).where(Decision.version == 2).values(receipt={}))
    (chain,) = auditing.verify(database, "garden")
    assert [finding.code for finding in chain.findings] == ["decision_changed"]


def test_downgrade_leaves_the_decisions_alone(database):
    migrate.upgrade(database.writer)
    migrate.downgrade(database.writer, BEFORE)
    migrate.upgrade(database.writer)

    with database.write() as session:
        assert audit.link(session) == 5

"""Transactions on both engines."""

import pytest
import sqlalchemy as sa

from moderation.storage import engine
from moderation.storage.engine import sqlite_is_fixed
from moderation.storage.tables import Site
from tests.factories import make_site


def test_write_block_commits_when_it_ends_well(database):
    with database.write() as session:
        make_site(session)

    with database.read() as session:
        assert session.scalars(sa.select(Site.slug)).all() == ["garden"]


def test_write_block_rolls_back_on_an_error(database):
    def fail_halfway():
        with database.write() as session:
            make_site(session)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()

    with database.read() as session:
        assert session.scalars(sa.select(Site.slug)).all() == []


def test_sqlite_is_durable_and_checks_foreign_keys(sqlite_database):
    with sqlite_database.write() as session:
        pragma = {
            name: session.execute(sa.text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }

    assert pragma == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}


def test_postgresql_starts_no_other_processes_for_a_question_and_no_compiler(postgres_database):
    def settings(session):
        names = ("max_parallel_workers_per_gather", "jit")
        return [session.execute(sa.text(f"SHOW {name}")).scalar_one() for name in names]

    with postgres_database.read() as session:
        assert settings(session) == ["0", "off"]
        session.rollback()
        assert settings(session) == ["0", "off"]


def test_postgresql_reads_a_statement_that_is_asked_again_and_again_once(postgres_database):
    for _ in range(8):
        with postgres_database.read() as session:
            session.scalar(sa.select(sa.func.count()).select_from(Site))

    with postgres_database.read() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%sites%'"))


def test_a_read_session_cannot_write_and_the_next_write_can(database):
    with database.read() as session, pytest.raises(sa.exc.DBAPIError, match=r"readonly|read-only"):
        make_site(session)

    with database.write() as session:
        make_site(session)


def test_a_failed_statement_is_counted_once(database, monkeypatch):
    counted = []
    monkeypatch.setattr(engine.metrics, "count_database_error", counted.append)

    for block in (database.read, database.write):
        with pytest.raises(sa.exc.DBAPIError), block() as session:
            session.execute(sa.text("SELECT no_such_column FROM sites"))

    assert len(counted) == 2


@pytest.mark.parametrize(
    ("version", "fixed"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 53, 4), True),
    ],
)
def test_the_wal_reset_bug_is_known_by_version(version, fixed):
    assert sqlite_is_fixed(version) is fixed


def test_a_writer_waits_for_another_one_no_longer_than_for_another_process(sqlite_database, monkeypatch):
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 50)
    with sqlite_database.write(), pytest.raises(sa.exc.TimeoutError), sqlite_database.write():
        pytest.fail("two write blocks at once")

    with sqlite_database.write() as session:
        make_site(session)

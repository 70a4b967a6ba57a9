"""The second migration, over a database that has been in use."""

import uuid
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from moderation.storage import migrate
from moderation.storage.engine import Database
from moderation.storage.tables import Comment, CommentMark, Decision, Event, Revision
from moderation.storage.types import uuid7

FIRST, SECOND = "6a9e21b6e7e1", "b41d7c2f90aa"
NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgres"])
def old_database(request, tmp_path):
    """A database as the first migration made it."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'old.db'}"
    else:
        url = request.getfixturevalue("postgres_cluster").create_database(f"old_{uuid.uuid4().hex}")
    database = Database(url)
    migrate.upgrade(database.writer, FIRST)
    yield database
    database.dispose()


def insert(connection, table, **values):
    """A row written without today's classes, which know columns that are not there yet."""
    metadata = sa.MetaData()
    insert_into = sa.Table(table, metadata, autoload_with=connection)
    for column in insert_into.columns:
        # On SQLite a UUID comes back as a plain CHAR(32).
        if column.name == "id" or (column.name.endswith("_id") and "external" not in column.name):
            column.type = sa.Uuid()
        if column.name in {"receipt", "payload"}:
            column.type = sa.JSON() if connection.dialect.name == "sqlite" else column.type
    connection.execute(insert_into.insert().values(**values))


def decision(connection, site_id, comment_id, version, *codes, actor="machine", moderator_id=None):
    insert(
        connection,
        "decisions",
        id=uuid7(),
        site_id=site_id,
        comment_id=comment_id,
        version=version,
        revision=1,
        action="hold",
        actor=actor,
        moderator_id=moderator_id,
        note="",
        receipt={"reasons": [{"code": code} for code in codes]},
        created_at=NOW,
    )


@pytest.fixture
def comment_id(old_database):
    """A held comment with a report, two readings by the machine, a person's decision, an event, an older text."""
    site_id, comment_id, moderator_id = uuid7(), uuid7(), uuid7()
    with old_database.writer.begin() as connection:
        insert(
            connection, "sites", id=site_id, slug="s", name="S", webhook_secret=b"", policy_version=1, created_at=NOW
        )
        insert(
            connection, "moderators", id=moderator_id, email="m@example.org", name="M", password_hash="", created_at=NOW
        )
        insert(
            connection,
            "comments",
            id=comment_id,
            site_id=site_id,
            external_id="c",
            author_name="",
            author_ip="",
            parent_external_id="",
            parent_text="",
            text="t",
            language="",
            permalink="",
            revision=1,
            state="held",
            version=3,
            risk=0.7,
            decided_by_person=False,
            open_reports=1,
            created_at=NOW,
        )
        decision(connection, site_id, comment_id, 1, "threat")
        decision(connection, site_id, comment_id, 2, "insult", "listed_word")
        decision(connection, site_id, comment_id, 3, "moderator_decision", actor="moderator", moderator_id=moderator_id)
        insert(
            connection,
            "outbox",
            id=uuid7(),
            site_id=site_id,
            comment_id=comment_id,
            type="comment.held",
            payload={},
            state="pending",
            due_at=NOW,
            attempts=0,
            last_error="",
            created_at=NOW,
        )
        insert(connection, "revisions", comment_id=comment_id, number=1, text="before", replaced_at=NOW)
    return comment_id


def test_upgrade_keeps_every_row_and_marks_the_comments(old_database, comment_id):
    migrate.upgrade(old_database.writer)

    with old_database.read() as session:
        comment = session.get_one(Comment, comment_id)
        marks = session.execute(sa.select(CommentMark.code, CommentMark.state, CommentMark.risk)).all()
        counts = [
            session.scalar(sa.select(sa.func.count()).select_from(table)) for table in (Decision, Event, Revision)
        ]
    assert (comment.text, comment.claimed_by, comment.escalated_at) == ("t", None, None)
    assert sorted(marks) == [("insult", "held", 0.7), ("listed_word", "held", 0.7), ("open:reported", "held", 0.7)]
    assert counts == [3, 1, 1]


def test_downgrade_to_the_first_keeps_every_row(old_database, comment_id):
    migrate.upgrade(old_database.writer)
    migrate.downgrade(old_database.writer, FIRST)

    with old_database.writer.begin() as connection:
        counts = [
            connection.scalar(sa.text(f"SELECT count(*) FROM {table}"))  # noqa: S608 - our own names
            for table in ("comments", "decisions", "outbox", "revisions")
        ]
        columns = {column["name"] for column in sa.inspect(connection).get_columns("comments")}
    assert counts == [1, 3, 1, 1]
    assert "claimed_by" not in columns

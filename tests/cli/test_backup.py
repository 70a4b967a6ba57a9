"""`backup`, `restore` and `copy-database`: all that was there is there, or nothing is."""

import json
import shutil
import stat
import threading
import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa

from moderation import review
from moderation.domain.comment import Action
from moderation.storage import migrate
from moderation.storage.engine import Database, sqlite_module
from moderation.storage.tables import Base, Comment, Decision, Event, Moderator, Site
from moderation.storage.types import utc_now
from tests.bench.filling import fill
from tests.factories import make_comment, make_site


@pytest.fixture(scope="module")
def filled_file(sqlite_template, tmp_path_factory):
    """A few hundred comments with all that hangs on them, and a decision that was taken back."""
    path = tmp_path_factory.mktemp("filled") / "moderation.db"
    shutil.copy(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    fill(database, held=40, history=300)
    with database.read() as session:
        mona = session.scalars(sa.select(Moderator)).first()
        site_ids = session.scalars(sa.select(Site.id)).all()
        held = session.scalars(sa.select(Comment).where(Comment.state == "held", Comment.claimed_by.is_(None))).first()
    done = review.decide(
        database,
        moderator=mona,
        site_ids=site_ids,
        comment_id=held.id,
        seen_version=held.version,
        action=Action.PUBLISH,
        now=utc_now(),
    )
    later = utc_now() + timedelta(minutes=1)
    review.undo(database, moderator=mona, site_ids=site_ids, decision_id=done.id, now=later)
    database.dispose()
    return path


@pytest.fixture
def filled(filled_file, tmp_path):
    return f"sqlite:///{shutil.copy(filled_file, tmp_path / 'filled.db')}"


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request, tmp_path):
    """The address of a database that nothing was ever written to."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new' / 'moderation.db'}"
    return request.getfixturevalue("postgres_cluster").create_database(f"copy_{uuid.uuid4().hex}")


def content(url):
    """Every row of every table, as both databases give them to us."""
    database = Database(url)
    with database.reader.connect() as connection:
        found = {
            table.name: sorted(repr(tuple(row)) for row in connection.execute(_rounded(table)))
            for table in Base.metadata.sorted_tables
        }
    database.dispose()
    return found


def _rounded(table):
    """JSON as text says nothing: PostgreSQL orders its keys anew."""
    return sa.select(*[column for column in table.columns if not isinstance(column.type, sa.JSON)])


def receipts(url):
    database = Database(url)
    with database.read() as session:
        found = dict(session.execute(sa.select(Decision.id, Decision.receipt)).all())
    database.dispose()
    return found


def test_a_backup_restores_every_row_into_either_database(run, filled, empty, tmp_path):
    file = tmp_path / "backup.db"
    run("backup", str(file), env={"DATABASE_URL": filled})
    printed = run("restore", str(file), "--json", env={"DATABASE_URL": empty})

    counts = json.loads(printed[printed.index("{") :])
    assert counts["comments"] == 340
    assert content(empty) == content(filled)
    assert receipts(empty) == receipts(filled)


def test_postgresql_is_moved_to_and_back_from_without_a_difference(run, filled, postgres_cluster, tmp_path):
    there = postgres_cluster.create_database(f"copy_{uuid.uuid4().hex}")
    back, file = tmp_path / "back.db", tmp_path / "backup.db"
    run("copy-database", filled, there)
    run("backup", str(file), env={"DATABASE_URL": there})
    run("copy-database", there, str(back))

    assert content(filled) == content(there) == content(f"sqlite:///{file}") == content(f"sqlite:///{back}")
    assert receipts(filled) == receipts(there) == receipts(f"sqlite:///{back}")


def test_a_backup_of_a_database_in_use_is_of_one_moment(run, database, tmp_path, empty):
    with database.write() as session:
        site = make_site(session)
    stop = threading.Event()

    def write():
        while not stop.is_set():
            with database.write() as session:
                make_comment(session, session.get_one(Site, site.id))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        file = tmp_path / "backup.db"
        url = database.url.render_as_string(hide_password=False)
        run("backup", str(file), env={"DATABASE_URL": url})
    finally:
        stop.set()
        writer.join()
    run("restore", str(file), env={"DATABASE_URL": empty})

    restored = Database(empty)
    with restored.read() as session:
        numbers = {session.scalar(sa.select(sa.func.count()).select_from(row)) for row in (Comment, Decision, Event)}
        assert len(numbers) == 1
    restored.dispose()


def test_a_backup_is_one_private_file_that_is_never_written_over(run, filled, tmp_path):
    file = tmp_path / "backup.db"
    run("backup", str(file), env={"DATABASE_URL": filled})
    before = file.read_bytes()

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "is there already" in run("backup", str(file), env={"DATABASE_URL": filled}, fails=True)
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if "backup" in path.name] == ["backup.db"]
    with sqlite_module.connect(file) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_backup_holds_no_byte_of_what_was_deleted(run, filled, tmp_path):
    database = Database(filled)
    with database.write() as session:
        row = make_comment(session, session.scalars(sa.select(Site)).first(), text="xyzzy-plugh-1234567 " * 50)
        comment_id = row.id
    with database.write() as session:
        session.execute(sa.update(Comment).where(Comment.id == comment_id).values(text="gone"))
    database.dispose()
    file = tmp_path / "backup.db"
    run("backup", str(file), env={"DATABASE_URL": filled})

    assert b"xyzzy-plugh-1234567" in (tmp_path / "filled.db").read_bytes()
    assert b"xyzzy-plugh-1234567" not in file.read_bytes()


def test_restoring_leaves_a_database_alone_that_holds_something(run, filled, database, tmp_path):
    file = tmp_path / "backup.db"
    run("backup", str(file), env={"DATABASE_URL": filled})
    with database.write() as session:
        make_site(session)
    url = database.url.render_as_string(hide_password=False)
    before = content(url)

    assert "holds data already" in run("restore", str(file), env={"DATABASE_URL": url}, fails=True)
    assert content(url) == before


def test_a_backup_of_an_older_version_is_brought_to_the_newest(run, filled, empty, tmp_path):
    database = Database(filled)
    migrate.downgrade(database.writer, "-1")
    with database.reader.connect() as connection:
        older = migrate.current_revision(connection)
    database.dispose()
    file = tmp_path / "backup.db"
    run("backup", str(file), env={"DATABASE_URL": filled})
    run("restore", str(file), env={"DATABASE_URL": empty})

    assert older != migrate.newest_revision()
    assert len(content(empty)["comments"]) == 340


def test_rows_that_come_out_unequal_are_not_kept(run, filled, tmp_path):
    target = f"sqlite:///{tmp_path / 'target.db'}"
    database = Database(target)
    migrate.upgrade(database.writer)
    with database.writer.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER meddle AFTER INSERT ON comments BEGIN UPDATE comments SET risk = 0.1 WHERE id = new.id; END"
        )
    database.dispose()

    assert "comments did not come out equal" in run("copy-database", filled, target, fails=True)
    assert content(target)["sites"] == content(target)["comments"] == []


def test_what_is_no_backup_is_refused_in_words(run, tmp_path, empty):
    text, other = tmp_path / "notes.txt", tmp_path / "other.db"
    text.write_text("This is not a database, and it is long enough to be looked at. " * 20)
    with sqlite_module.connect(other) as connection:
        connection.execute("CREATE TABLE t (x)")

    assert "not a database" in run("restore", str(text), env={"DATABASE_URL": empty}, fails=True)
    assert "not a backup" in run("restore", str(other), env={"DATABASE_URL": empty}, fails=True)
    assert "no database" in run("backup", str(tmp_path / "b.db"), fails=True)
    assert not (tmp_path / "b.db").exists()

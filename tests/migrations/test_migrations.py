"""The migrations, up and down, on both engines."""

import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from moderation.domain import comment as values
from moderation.domain.comment import Action, Actor, State
from moderation.domain.standing import Standing
from moderation.storage import akismet, audit, migrate, moderators, outbox, sites
from moderation.storage.comments import keep_article, keep_author
from moderation.storage.engine import Database
from moderation.storage.tables import (
    Appeal,
    Author,
    Base,
    Batch,
    Comment,
    CommentMark,
    CoralSecret,
    Decision,
    Event,
    EventState,
    HardSight,
    IdempotencyRecord,
    IdempotencyState,
    Label,
    Mail,
    Membership,
    Moderator,
    Note,
    PolicyVersion,
    RecoveryCode,
    Report,
    Revision,
    Role,
    Site,
    Size,
    StatusPage,
    Tally,
    TallyProgress,
)
from tests.factories import NOW, SECRET_KEY, make_comment, make_moderator, make_site


@pytest.fixture(params=["sqlite", "postgres"])
def empty_database(request, tmp_path):
    """A database without a table."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        cluster = request.getfixturevalue("postgres_cluster")
        url = cluster.create_database(f"empty_{uuid.uuid4().hex}")
    database = Database(url)
    yield database
    database.dispose()


OVER_EXPRESSIONS = {"ix_comments_queue", "ix_comments_article_queue", "ix_comment_marks_queue"}


def table_names(database):
    return set(sa.inspect(database.writer).get_table_names()) - {"alembic_version"}


def fill(database):
    """At least a row in every table."""
    with database.write() as session:
        site = make_site(session, webhook_url="https://blog.example/hook")
        comment = make_comment(session, site)
        moderator = make_moderator(session, site)
        sites.add_key(session, site)
        akismet.add_key(session, site, SECRET_KEY)
        akismet.keep_callback(session, comment, url="https://blog.example/akismet", post_id="1", email="")
        akismet.count(session, site.id, "2026-11", "ham")
        keep_article(session, site, values.Article("1", title="Roses"), NOW)
        keep_author(session, site, values.Author(id="u"), NOW)
        moderators.open_session(session, moderator, NOW)
        session.add(Revision(comment_id=comment.id, number=1, text="before"))
        session.add(Report(site_id=site.id, comment_id=comment.id))
        session.add(PolicyVersion(site_id=site.id, version=2, document={}))
        session.add(CommentMark(comment_id=comment.id, code="x", site_id=site.id, state=State.HELD, risk=0.5))
        session.add(Tally(site_id=site.id, size=Size.HOUR, kind="arrived", start=1, key="hold", count=1))
        session.add(TallyProgress(id=1, until=NOW))
        session.add(CoralSecret(site_id=site.id, secret=b"encrypted"))
        session.add(Label(site_id=site.id, text="a", text_sha256=b"1" * 32, attribute="TOXICITY", score=1.0))
        session.add(RecoveryCode(moderator_id=moderator.id, code_sha256=b"1" * 32))
        session.add(Batch(site_id=site.id, moderator_id=moderator.id, action=Action.PUBLISH, query={}, sample=[]))
        session.add(Note(site_id=site.id, comment_id=comment.id, moderator_id=moderator.id, text="look"))
        session.add(Appeal(site_id=site.id, comment_id=comment.id, text="but"))
        session.add(HardSight(moderator_id=moderator.id, comment_id=comment.id, seen_at=NOW))
        session.add(
            IdempotencyRecord(
                site_id=site.id,
                key="k",
                request_sha256=b"1" * 32,
                state=IdempotencyState.RUNNING,
                lease_until=NOW,
            )
        )
        [lease] = outbox.claim(session, limit=1, lease=timedelta(seconds=60), now=NOW)
        outbox.record_attempt(session, lease, status=500, error="", duration_ms=1, now=NOW)
        audit.link(session)


def test_up_down_up_with_rows_in_every_table(empty_database):
    migrate.upgrade(empty_database.writer)
    fill(empty_database)
    with empty_database.read() as session:
        for table in Base.metadata.sorted_tables:
            assert session.execute(sa.select(table).limit(1)).first() is not None, table.name

    migrate.downgrade(empty_database.writer)
    assert table_names(empty_database) == set()

    migrate.upgrade(empty_database.writer)
    assert table_names(empty_database) == set(Base.metadata.tables)
    fill(empty_database)


def test_migrated_database_is_what_the_tables_say(database):
    with database.writer.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = [
            difference
            for difference in compare_metadata(context, Base.metadata)
            # An index over an expression is not reflected on SQLite; its use is tested by name below.
            if not (difference[0].endswith("_index") and difference[1].name in OVER_EXPRESSIONS)
        ]

    assert differences == []


def test_history_of_migrations_is_one_line():
    script = ScriptDirectory.from_config(migrate.alembic_config())
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1


@pytest.mark.parametrize(
    ("table", "column", "members"),
    [
        (Comment, "state", State),
        (Decision, "action", Action),
        (Decision, "state_before", State),
        (Event, "state", EventState),
        (Membership, "role", Role),
        (Membership, "mail", Mail),
        (Site, "status_page", StatusPage),
        (Author, "standing", Standing),
    ],
)
def test_every_member_of_an_enum_fits_its_column(database, table, column, members):
    with database.write() as session:
        site = make_site(session)
        make_comment(session, site, text="x")
        make_moderator(session, site)
        keep_author(session, site, values.Author(id="u"), NOW)
    for member in members:
        with database.write() as session:
            if table is Comment and member is State.ERASED:
                session.execute(sa.update(Comment).values(text=None))
            session.execute(sa.update(table).values({column: member}))
        with database.read() as session:
            assert session.scalars(sa.select(getattr(table, column))).all() == [member]


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE comments SET state = 'lost'", "ck_comments_state"),
        ("UPDATE comments SET state = 'erased'", "ck_comments_erased_has_no_text"),
        ("UPDATE comments SET version = 0", "ck_comments_version_positive"),
        ("UPDATE decisions SET actor = 'moderator'", "ck_decisions_moderator_is_named"),
        ("UPDATE decisions SET actor = 'nobody'", "ck_decisions_actor"),
        ("UPDATE outbox SET state = 'lost'", "ck_outbox_state"),
        ("UPDATE sites SET status_page = 'all'", "ck_sites_status_page"),
    ],
)
def test_constraints_hold(database, statement, constraint):
    with database.write() as session:
        make_comment(session, make_site(session))

    with pytest.raises(sa.exc.IntegrityError, match=constraint), database.writer.begin() as connection:
        connection.execute(sa.text(statement))


def plan(connection, query):
    compiled = str(query.compile(connection.engine, compile_kwargs={"literal_binds": True}))
    explain = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
    return "\n".join(str(tuple(row)) for row in connection.execute(sa.text(f"{explain} {compiled}")))


def copy_row(connection, table, changes):
    """Insert one row of the table again for each of *changes*, under new identifiers."""
    row = connection.execute(sa.select(table.__table__).limit(1)).mappings().one()
    connection.execute(sa.insert(table.__table__), [{**row, "id": uuid.uuid4(), **change} for change in changes])


def test_lists_use_their_index_and_do_not_sort(database):
    fill(database)
    with database.writer.begin() as connection:
        # Enough that an index is worth it and that they differ in what they cost; then counted.
        states = [State.HELD, *[State.PUBLISHED] * 9] * 200
        copy_row(
            connection, Comment, [{"external_id": f"copy-{at}", "state": state} for at, state in enumerate(states)]
        )
        moderator_id = connection.scalar(sa.select(Moderator.id).limit(1))
        by_moderator = {"actor": Actor.MODERATOR, "moderator_id": moderator_id}
        by_machine = {"actor": Actor.MACHINE, "moderator_id": None}
        deciding = [by_moderator, *[by_machine] * 9] * 200
        copy_row(connection, Decision, [{"version": 100 + at, **by} for at, by in enumerate(deciding)])
        events = [EventState.PENDING, *[EventState.DELIVERED] * 9] * 200
        copy_row(connection, Event, [{"state": state, "due_at": NOW} for state in events])
        connection.execute(sa.text("ANALYZE"))
        site_id = connection.scalar(sa.select(Comment.site_id).limit(1))
    mine = Comment.site_id == site_id
    queries = {
        "ix_comments_queue": sa.select(Comment.id)
        .where(mine, Comment.state == State.HELD)
        .order_by(Comment.risk.desc(), Comment.id),
        "ix_comments_by_state": sa.select(Comment.id)
        .where(mine, Comment.state == State.HELD)
        .order_by(Comment.id.desc()),
        "ix_comments_by_site": sa.select(Comment.id).where(mine).order_by(Comment.id.desc()),
        "ix_outbox_due": sa.select(Event.id)
        .where(Event.state == EventState.PENDING, Event.due_at <= NOW)
        .order_by(Event.due_at),
        "ix_decisions_history": sa.select(Decision.id)
        .where(Decision.site_id == site_id, Decision.actor == Actor.MODERATOR)
        .order_by(Decision.id.desc()),
    }
    with database.writer.begin() as connection:
        for index, query in queries.items():
            steps = plan(connection, query.limit(20))
            assert index in steps, steps
            assert "Sort" not in steps, steps
            assert "TEMP B-TREE" not in steps, steps

"""What the dashboard needs: claims, marks, batches, notes, appeals, standings, preferences.

Every table that others refer to is changed by ADD COLUMN alone: SQLite would have to copy and drop it
otherwise, and dropping a table there deletes what refers to it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "b41d7c2f90aa"
down_revision = "6a9e21b6e7e1"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
TIME = sa.DateTime(timezone=True)

CHUNK = 5_000

COLUMNS = [
    ("sites", "status_page", sa.String(20), "NOT NULL DEFAULT 'reason'", ("none", "state", "reason")),
    ("api_keys", "name", sa.String(200), "NOT NULL DEFAULT ''", None),
    ("api_keys", "last_used_on", sa.Date(), "", None),
    ("authors", "standing", sa.String(20), "", ("trusted", "watched", "blocked")),
    ("authors", "standing_until", TIME, "", None),
    ("authors", "standing_why", sa.Text(), "NOT NULL DEFAULT ''", None),
    ("authors", "standing_by", sa.Uuid(), "", "moderators"),
    ("authors", "standing_at", TIME, "", None),
    ("comments", "claimed_by", sa.Uuid(), "", "moderators"),
    ("comments", "claimed_until", TIME, "", None),
    ("comments", "escalated_by", sa.Uuid(), "", "moderators"),
    ("comments", "escalated_at", TIME, "", None),
    ("moderators", "preferences", JSON, "NOT NULL DEFAULT '{}'", None),
    ("moderators", "totp_secret", sa.LargeBinary(), "", None),
    ("moderators", "totp_confirmed_at", TIME, "", None),
    ("moderators", "totp_last_step", sa.Integer(), "", None),
    ("memberships", "mail", sa.String(20), "NOT NULL DEFAULT 'never'", ("never", "at_once", "hourly", "daily")),
    ("memberships", "mailed_at", TIME, "", None),
    ("moderator_sessions", "user_agent", sa.String(300), "NOT NULL DEFAULT ''", None),
    ("decisions", "reason_code", sa.String(40), "NOT NULL DEFAULT ''", None),
    ("decisions", "escalates", sa.Boolean(), "NOT NULL DEFAULT false", None),
    ("decisions", "batch_id", sa.Uuid(), "", "batches"),
    ("outbox", "decision_id", sa.Uuid(), "", "decisions"),
]


def upgrade():
    create_tables()
    for table, column, kind, rest, limit in COLUMNS:
        add_column(table, column, kind, rest, limit)
    change_indexes()
    mark_comments()


def add_column(table, column, kind, rest, limit):
    """ADD COLUMN with its CHECK or REFERENCES in the same clause, which is all that SQLite can add."""
    type_ = kind.compile(dialect=op.get_bind().dialect)
    clause = f"ALTER TABLE {table} ADD COLUMN {column} {type_} {rest}"
    if isinstance(limit, tuple):
        words = ", ".join(f"'{word}'" for word in limit)
        clause += f" CONSTRAINT ck_{table}_{column} CHECK ({column} IN ({words}))"
    elif limit is not None:
        clause += f" CONSTRAINT fk_{table}_{column}_{limit} REFERENCES {limit} (id)"
    op.execute(sa.text(clause))


def create_tables():
    op.create_table(
        "recovery_codes",
        sa.Column("moderator_id", sa.Uuid(), nullable=False),
        sa.Column("code_sha256", sa.LargeBinary(length=32), nullable=False),
        reference("recovery_codes", "moderator_id", "moderators", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("moderator_id", "code_sha256", name=op.f("pk_recovery_codes")),
    )
    op.create_table(
        "comment_marks",
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("state", one_of("state", "held", "published", "rejected", "spam", "erased"), nullable=False),
        sa.Column("risk", sa.Double(), nullable=False),
        reference("comment_marks", "comment_id", "comments", ondelete="CASCADE"),
        reference("comment_marks", "site_id", "sites", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("comment_id", "code", name=op.f("pk_comment_marks")),
    )
    op.create_table(
        "batches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("moderator_id", sa.Uuid(), nullable=False),
        sa.Column("action", one_of("action", "hold", "publish", "reject", "spam", "erase"), nullable=False),
        sa.Column("reason_code", sa.String(length=40), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("query", JSON, nullable=False),
        sa.Column("sample", JSON, nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("undone_at", TIME, nullable=True),
        sa.Column("undone_by", sa.Uuid(), nullable=True),
        reference("batches", "site_id", "sites", ondelete="CASCADE"),
        reference("batches", "moderator_id", "moderators"),
        reference("batches", "undone_by", "moderators"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
    )
    op.create_table(
        "notes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("comment_id", sa.Uuid(), nullable=True),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("moderator_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.CheckConstraint(
            "(comment_id IS NULL) <> (author_id IS NULL)", name=op.f("ck_notes_about_one_thing")
        ),
        reference("notes", "site_id", "sites", ondelete="CASCADE"),
        reference("notes", "comment_id", "comments", ondelete="CASCADE"),
        reference("notes", "author_id", "authors", ondelete="CASCADE"),
        reference("notes", "moderator_id", "moderators"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
    )
    op.create_table(
        "appeals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", TIME, nullable=True),
        sa.Column("decision_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (decision_id IS NULL)", name=op.f("ck_appeals_answer_is_a_decision")
        ),
        reference("appeals", "site_id", "sites", ondelete="CASCADE"),
        reference("appeals", "comment_id", "comments", ondelete="CASCADE"),
        reference("appeals", "decision_id", "decisions"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeals")),
        sa.UniqueConstraint("comment_id", name=op.f("uq_appeals_comment_id")),
    )


def one_of(name, *words):
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=20)


def reference(table, column, other, **options):
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"), **options)


NEW_INDEXES = [
    ("ix_comments_by_author", "comments", ["author_id", "id"], None),
    ("ix_comments_by_article", "comments", ["article_id", "id"], None),
    ("ix_comments_article_queue", "comments", ["article_id", "state", sa.text("risk DESC"), "id"], None),
    ("ix_comments_replies", "comments", ["site_id", "parent_external_id", "id"], "parent_external_id <> ''"),
    ("ix_comments_claimed", "comments", ["site_id", "claimed_until"], "claimed_by IS NOT NULL"),
    ("ix_comment_marks_queue", "comment_marks", ["site_id", "code", "state", sa.text("risk DESC"), "comment_id"], None),
    ("ix_comment_marks_by_state", "comment_marks", ["site_id", "code", "state", "comment_id"], None),
    ("ix_decisions_by_moderator", "decisions", ["moderator_id", "id"], None),
    ("ix_decisions_by_batch", "decisions", ["batch_id", "id"], "batch_id IS NOT NULL"),
    ("ix_batches_by_site", "batches", ["site_id", "id"], None),
    ("ix_batches_moderator_id", "batches", ["moderator_id"], None),
    ("ix_notes_by_comment", "notes", ["comment_id", "id"], "comment_id IS NOT NULL"),
    ("ix_notes_by_author", "notes", ["author_id", "id"], "author_id IS NOT NULL"),
    ("ix_appeals_decision_id", "appeals", ["decision_id"], None),
    ("ix_authors_standing", "authors", ["site_id", "standing_at"], "standing IS NOT NULL"),
    ("ix_outbox_decision_id", "outbox", ["decision_id"], None),
]
OLD_INDEXES = [
    ("ix_comments_by_author", "comments", ["author_id"]),
    ("ix_comments_by_article", "comments", ["article_id"]),
    ("ix_comments_reported", "comments", ["site_id", "open_reports", "id"]),
    ("ix_decisions_moderator_id", "decisions", ["moderator_id"]),
]


def change_indexes():
    for name, table, _ in OLD_INDEXES:
        op.drop_index(name, table_name=table)
    for name, table, columns, condition in NEW_INDEXES:
        where = sa.text(condition) if condition else None
        op.create_index(name, table, columns, unique=False, sqlite_where=where, postgresql_where=where)


# Plain pictures of the tables, as they are at this point of the history.
COMMENTS = sa.table(
    "comments",
    sa.column("id", sa.Uuid()),
    sa.column("site_id", sa.Uuid()),
    sa.column("state", sa.String()),
    sa.column("risk", sa.Double()),
    sa.column("open_reports", sa.Integer()),
)
DECISIONS = sa.table(
    "decisions",
    sa.column("comment_id", sa.Uuid()),
    sa.column("version", sa.Integer()),
    sa.column("actor", sa.String()),
    sa.column("action", sa.String()),
    sa.column("receipt", JSON),
)
MARKS = sa.table(
    "comment_marks",
    sa.column("comment_id", sa.Uuid()),
    sa.column("code", sa.String()),
    sa.column("site_id", sa.Uuid()),
    sa.column("state", sa.String()),
    sa.column("risk", sa.Double()),
)


def mark_comments():
    """Write down what the stored comments can be found by: the machine's last reasons, and open reports."""
    bind, last = op.get_bind(), None
    while True:
        page = sa.select(COMMENTS).where(COMMENTS.c.state != "erased").order_by(COMMENTS.c.id).limit(CHUNK)
        rows = bind.execute(page if last is None else page.where(COMMENTS.c.id > last)).all()
        if not rows:
            return
        last = rows[-1].id
        reasons = reasons_of([row.id for row in rows])
        marks = [
            {"comment_id": row.id, "code": code, "site_id": row.site_id, "state": row.state, "risk": row.risk}
            for row in rows
            for code in sorted(reasons.get(row.id, set()) | ({"open:reported"} if row.open_reports else set()))
        ]
        if marks:
            bind.execute(sa.insert(MARKS), marks)


def reasons_of(comment_ids):
    """The codes in each comment's newest receipt of the machine."""
    query = (
        sa.select(DECISIONS.c.comment_id, DECISIONS.c.receipt)
        .where(
            DECISIONS.c.comment_id.between(comment_ids[0], comment_ids[-1]),
            DECISIONS.c.actor == "machine",
            DECISIONS.c.action != "erase",
        )
        .order_by(DECISIONS.c.comment_id, DECISIONS.c.version)
    )
    return {
        row.comment_id: {reason["code"][:40] for reason in row.receipt.get("reasons", [])}
        for row in op.get_bind().execute(query)
    }


def downgrade():
    for name, table, _, _ in reversed(NEW_INDEXES):
        op.drop_index(name, table_name=table)
    for name, table, columns in OLD_INDEXES:
        op.create_index(name, table, columns, unique=False)
    for table in ("appeals", "notes"):
        op.drop_table(table)
    for table, column, *_ in reversed(COLUMNS):
        op.execute(sa.text(f"ALTER TABLE {table} DROP COLUMN {column}"))
    for table in ("batches", "comment_marks", "recovery_codes"):
        op.drop_table(table)

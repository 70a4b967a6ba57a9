"""What Akismet's clients need: keys that can be sent back, callbacks, counts of a month."""

import sqlalchemy as sa
from alembic import op

revision = "c7e2a1d94f30"
down_revision = "8c0e7d1a93bf"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade():
    op.create_table(
        "akismet_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("lookup", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("blog", sa.String(length=2000), nullable=False),
        sa.Column("holds", sa.Boolean(), nullable=False),
        sa.Column("discards", sa.Boolean(), nullable=False),
        sa.Column("last_used_on", sa.Date(), nullable=True),
        sa.Column("expires_at", TIME, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        reference("akismet_keys", "site_id", "sites"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_akismet_keys")),
        sa.UniqueConstraint("lookup", name=op.f("uq_akismet_keys_lookup")),
    )
    op.create_index("ix_akismet_keys_site_id", "akismet_keys", ["site_id"])
    op.create_table(
        "akismet_callbacks",
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("post_id", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        reference("akismet_callbacks", "comment_id", "comments"),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_akismet_callbacks")),
    )
    op.create_table(
        "akismet_usage",
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("spam", sa.Integer(), nullable=False),
        sa.Column("ham", sa.Integer(), nullable=False),
        sa.Column("missed_spam", sa.Integer(), nullable=False),
        sa.Column("false_positives", sa.Integer(), nullable=False),
        reference("akismet_usage", "site_id", "sites"),
        sa.PrimaryKeyConstraint("site_id", "month", name=op.f("pk_akismet_usage")),
    )


def reference(table, column, other):
    name = op.f(f"fk_{table}_{column}_{other}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name, ondelete="CASCADE")


def downgrade():
    for table in ("akismet_usage", "akismet_callbacks", "akismet_keys"):
        op.drop_table(table)

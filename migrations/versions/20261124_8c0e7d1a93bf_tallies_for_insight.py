"""Tallies: the past counted by hour and day, for the pages of insight. The worker fills them."""

import sqlalchemy as sa
from alembic import op

revision = "8c0e7d1a93bf"
down_revision = "5f3c9a0e7d12"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "tallies",
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column(
            "size",
            sa.Enum("hour", "day", name="size", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("start", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_tallies_site_id_sites"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("site_id", "size", "kind", "start", "key", name=op.f("pk_tallies")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_tallies_by_start", "tallies", ["start"])
    op.create_table(
        "tally_progress",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_tally_progress_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tally_progress")),
    )


def downgrade():
    op.drop_table("tally_progress")
    op.drop_table("tallies")

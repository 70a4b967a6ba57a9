"""What hard text a moderator had before their eyes, for their own count of the day."""

import sqlalchemy as sa
from alembic import op

revision = "d2b7f0c4e815"
down_revision = "c93e5f0d41b7"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "hard_sights",
        sa.Column("moderator_id", sa.Uuid(), nullable=False),
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        reference("moderator_id", "moderators"),
        reference("comment_id", "comments"),
        sa.PrimaryKeyConstraint("moderator_id", "comment_id", name=op.f("pk_hard_sights")),
    )
    op.create_index("ix_hard_sights_moderator_id_seen_at", "hard_sights", ["moderator_id", "seen_at"])
    op.create_index("ix_hard_sights_comment_id", "hard_sights", ["comment_id"])


def reference(column, table):
    name = op.f(f"fk_hard_sights_{column}_{table}")
    return sa.ForeignKeyConstraint([column], [f"{table}.id"], name=name, ondelete="CASCADE")


def downgrade():
    op.drop_table("hard_sights")

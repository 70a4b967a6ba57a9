"""Batches are drawn first, done in the background, and taken back with a count."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "5f3c9a0e7d12"
down_revision = "b41d7c2f90aa"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
TIME = sa.DateTime(timezone=True)

COLUMNS = {
    "chosen": (JSON, {"nullable": True}),
    "size": (sa.Integer(), {"server_default": "0", "nullable": False}),
    "restored": (sa.Integer(), {"server_default": "0", "nullable": False}),
    "started_at": (TIME, {"nullable": True}),
    "finished_at": (TIME, {"nullable": True}),
    "lease_until": (TIME, {"nullable": True}),
    "undo_asked_at": (TIME, {"nullable": True}),
}


def upgrade():
    for name, (kind, options) in COLUMNS.items():
        op.add_column("batches", sa.Column(name, kind, **options))
    op.execute(
        "UPDATE batches SET size = done + skipped, started_at = created_at, finished_at = created_at, "
        "undo_asked_at = undone_at, restored = CASE WHEN undone_at IS NULL THEN 0 ELSE done END"
    )


def downgrade():
    # What was only drawn has no place in the table as it was.
    op.execute("DELETE FROM batches WHERE started_at IS NULL")
    for name in reversed(COLUMNS):
        op.drop_column("batches", name)

"""What a moderator escalated is found by an index: every list of what is held leaves it out."""

import sqlalchemy as sa
from alembic import op

revision = "3c81e5d07f4b"
down_revision = "9b2f7e4d03a6"
branch_labels = None
depends_on = None


def upgrade():
    where = sa.text("escalated_by IS NOT NULL")
    op.create_index(
        "ix_comments_escalated", "comments", ["escalated_by", "id"], sqlite_where=where, postgresql_where=where
    )


def downgrade():
    op.drop_index("ix_comments_escalated", table_name="comments")

"""How an author's comments fared is read from an index alone, and not from a thousand rows of a year."""

from alembic import op

revision = "c2f7a85e61b4"
down_revision = "a5d90c37e1f2"
branch_labels = None
depends_on = None


def upgrade():
    op.drop_index("ix_comments_by_author", table_name="comments")
    op.create_index("ix_comments_by_author", "comments", ["author_id", "id", "state"])


def downgrade():
    op.drop_index("ix_comments_by_author", table_name="comments")
    op.create_index("ix_comments_by_author", "comments", ["author_id", "id"])

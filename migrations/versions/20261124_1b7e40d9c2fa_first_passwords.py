"""A password that was made for somebody ends, unless they choose their own."""

import sqlalchemy as sa
from alembic import op

from moderation.storage.types import UtcDateTime

revision = "1b7e40d9c2fa"
down_revision = "e58b02c6d1f7"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("moderators", sa.Column("first_password_ends_at", UtcDateTime(), nullable=True))


def downgrade():
    op.drop_column("moderators", "first_password_ends_at")

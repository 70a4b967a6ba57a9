"""How long a site's comments are kept here."""

import sqlalchemy as sa
from alembic import op

revision = "e58b02c6d1f7"
down_revision = "a71d9be40c26"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("sites", sa.Column("retention_days", sa.Integer(), nullable=True))


def downgrade():
    op.drop_column("sites", "retention_days")

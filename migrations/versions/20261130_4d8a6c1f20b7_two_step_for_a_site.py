"""A site may ask everybody who works on it for two-step sign-in."""

import sqlalchemy as sa
from alembic import op

revision = "4d8a6c1f20b7"
down_revision = "1b7e40d9c2fa"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("sites", sa.Column("requires_two_step", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade():
    op.drop_column("sites", "requires_two_step")

"""Keys that score texts, and do nothing else."""

import sqlalchemy as sa
from alembic import op

revision = "9b2f7e4d03a6"
down_revision = "4d8a6c1f20b7"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("api_keys", sa.Column("scores_only", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade():
    op.drop_column("api_keys", "scores_only")

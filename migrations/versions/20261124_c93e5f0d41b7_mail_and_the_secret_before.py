"""When a mail may go out next and why the last did not; the webhook secret that is being replaced."""

import sqlalchemy as sa
from alembic import op

revision = "c93e5f0d41b7"
down_revision = "c07a1f5be2d4"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade():
    op.add_column("memberships", sa.Column("mail_told_to", TIME))
    op.add_column("memberships", sa.Column("mail_next_at", TIME))
    op.add_column("memberships", sa.Column("mail_failures", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("memberships", sa.Column("mail_error", sa.String(200), nullable=False, server_default=""))
    op.add_column("sites", sa.Column("webhook_secret_before", sa.LargeBinary()))
    op.add_column("sites", sa.Column("webhook_secret_before_ends", TIME))


def downgrade():
    op.drop_column("sites", "webhook_secret_before_ends")
    op.drop_column("sites", "webhook_secret_before")
    for column in ("mail_error", "mail_failures", "mail_next_at", "mail_told_to"):
        op.drop_column("memberships", column)

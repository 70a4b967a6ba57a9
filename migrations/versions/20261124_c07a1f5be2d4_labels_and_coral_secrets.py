"""Labels that come from outside, and the secrets that Coral signs with."""

import sqlalchemy as sa
from alembic import op

revision = "c07a1f5be2d4"
down_revision = "c7e2a1d94f30"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade():
    op.create_table(
        "labels",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("comment_id", sa.Uuid(), nullable=True),
        sa.Column("external_id", sa.String(200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("language", sa.String(35), nullable=False),
        sa.Column("attribute", sa.String(40), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.CheckConstraint("score >= 0 AND score <= 1", name=op.f("ck_labels_score_is_a_share")),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_labels_comment_id_comments"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_labels_site_id_sites"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_labels")),
    )
    op.create_index("ix_labels_by_text", "labels", ["site_id", "text_sha256"])
    condition = sa.text("external_id <> ''")
    op.create_index(
        "ix_labels_by_comment",
        "labels",
        ["site_id", "external_id"],
        sqlite_where=condition,
        postgresql_where=condition,
    )
    op.create_index(op.f("ix_labels_comment_id"), "labels", ["comment_id"])
    op.create_table(
        "coral_secrets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("ends_at", TIME, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["sites.id"], name=op.f("fk_coral_secrets_site_id_sites"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coral_secrets")),
    )
    op.create_index(op.f("ix_coral_secrets_site_id"), "coral_secrets", ["site_id"])


def downgrade():
    op.drop_table("coral_secrets")
    op.drop_table("labels")

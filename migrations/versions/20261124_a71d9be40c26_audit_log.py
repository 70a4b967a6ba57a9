"""The audit log, which nobody may rewrite; decisions, policies and sites from before are taken into it."""

import hashlib
import json
import uuid

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "a71d9be40c26"
down_revision = "d2b7f0c4e815"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
REFUSAL = "the audit log is only ever added to"


def upgrade():
    log = op.create_table(
        "audit_log",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("chain_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("actor", sa.String(20), nullable=False),
        sa.Column("moderator_id", sa.Uuid(), nullable=True),
        sa.Column("content", JSON, nullable=True),
        sa.Column("previous", sa.LargeBinary(32), nullable=True),
        sa.Column("hash", sa.LargeBinary(32), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(number IS NULL) = (hash IS NULL) AND (hash IS NULL) = (previous IS NULL)",
            name=op.f("ck_audit_log_linked_or_not"),
        ),
        sa.CheckConstraint("number IS NULL OR content IS NOT NULL", name=op.f("ck_audit_log_linked_is_whole")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
        sa.UniqueConstraint("chain_id", "number", name=op.f("uq_audit_log_chain_id_number")),
    )
    op.create_index(
        "ix_audit_log_waiting",
        "audit_log",
        ["chain_id", "id"],
        sqlite_where=sa.text("number IS NULL"),
        postgresql_where=sa.text("number IS NULL"),
    )
    op.create_table(
        "audit_heads",
        sa.Column("chain_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", name=op.f("pk_audit_heads")),
    )
    refuse_rewriting()
    take_in_the_past(log)


def refuse_rewriting():
    """A linked entry stays as it is, and none goes. Whoever owns the database can drop this; the chain then tells."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION audit_log_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_log_keep BEFORE UPDATE ON audit_log FOR EACH ROW "
            "WHEN (OLD.number IS NOT NULL) EXECUTE FUNCTION audit_log_refuse()"
        )
        op.execute(
            "CREATE TRIGGER audit_log_stay BEFORE DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_log_refuse()"
        )
        return
    refuse = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    op.execute(f"CREATE TRIGGER audit_log_keep BEFORE UPDATE ON audit_log WHEN OLD.number IS NOT NULL {refuse}")
    op.execute(f"CREATE TRIGGER audit_log_stay BEFORE DELETE ON audit_log {refuse}")


def take_in_the_past(log):
    """Sites and policies here and now. Decisions may be millions: the worker hashes them as it links them."""
    bind = op.get_bind()
    sites = sa.table("sites", sa.column("id", sa.Uuid()), sa.column("slug"), created_at())
    policies = sa.table(
        "policies", sa.column("site_id", sa.Uuid()), sa.column("version"), sa.column("document", JSON), created_at()
    )
    past = [
        {"chain_id": row.id, "kind": "site", "content": {"what": "added", "slug": row.slug}, "created_at": row.created_at}
        for row in bind.execute(sa.select(sites).order_by(sites.c.created_at))
    ] + [
        {
            "chain_id": row.site_id,
            "kind": "policy",
            "content": {"version": row.version, "sha256": sha256(row.document)},
            "created_at": row.created_at,
        }
        for row in bind.execute(sa.select(policies).order_by(policies.c.site_id, policies.c.version))
    ]
    # Low keys: what was first is linked first.
    rows = [{"id": uuid.UUID(int=number), "actor": "command", **row} for number, row in enumerate(past, start=1)]
    if rows:
        bind.execute(log.insert(), rows)
    op.execute(
        "INSERT INTO audit_log (id, chain_id, kind, actor, moderator_id, created_at) "
        "SELECT id, site_id, 'decision', actor, moderator_id, created_at FROM decisions"
    )


def created_at():
    return sa.column("created_at", sa.DateTime(timezone=True))


def sha256(document):
    plain = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(plain.encode()).hexdigest()


def downgrade():
    op.drop_table("audit_heads")
    op.drop_table("audit_log")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_log_refuse()")

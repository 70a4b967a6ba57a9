"""Insight reads few rows for months: days hold the counts of their hours, and sixteen days are added up."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "a5d90c37e1f2"
down_revision = "3c81e5d07f4b"
branch_labels = None
depends_on = None

DAY, STRETCH = 24, 16 * 24
TALLIES = sa.table(
    "tallies",
    *(sa.column(name) for name in ("site_id", "size", "kind", "key", "hours")),
    *(sa.column(name, sa.Integer()) for name in ("start", "count")),
)


def upgrade():
    with op.batch_alter_table("tallies") as batch:
        batch.add_column(sa.Column("hours", sa.Text(), nullable=True))
        batch.drop_constraint(op.f("ck_tallies_size"), type_="check")
        batch.create_check_constraint(op.f("ck_tallies_size"), "size IN ('hour', 'day', 'stretch')")
    _pack_hours()
    _sum_up()


def _pack_hours():
    connection, t = op.get_bind(), TALLIES.c
    is_drawn = sa.or_(t.kind.in_(("arrived", "decided")), t.kind.like("own:%"))
    days = connection.execute(
        sa.select(t.site_id, t.kind, t.start, t.key).where(t.size == "day", is_drawn)
    ).all()
    counts = {tuple(day): [0] * DAY for day in days}
    hours = sa.select(t.site_id, t.kind, t.start, t.key, t.count).where(t.size == "hour", is_drawn)
    for site_id, kind, start, key, number in connection.execute(hours):
        if each := counts.get((site_id, kind, start // DAY * DAY, key)):
            each[start % DAY] = number
    update = (
        sa.update(TALLIES)
        .where(
            t.size == "day",
            t.site_id == sa.bindparam("b_site"),
            t.kind == sa.bindparam("b_kind"),
            t.start == sa.bindparam("b_start"),
            t.key == sa.bindparam("b_key"),
        )
        .values(hours=sa.bindparam("b_hours"))
    )
    rows = [
        {"b_site": site, "b_kind": kind, "b_start": start, "b_key": key, "b_hours": ",".join(map(str, each))}
        for (site, kind, start, key), each in counts.items()
    ]
    if rows:
        connection.execute(update, rows)


def _sum_up():
    """Only stretches that are over: the worker writes the others when they are."""
    connection = op.get_bind()
    until = connection.execute(sa.text("SELECT until FROM tally_progress")).scalar()
    if until is None:
        return
    at = datetime.fromisoformat(until) if isinstance(until, str) else until
    hour = int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()) // 3600
    t = TALLIES.c
    stretch = t.start - t.start % STRETCH
    parts = (
        sa.select(t.site_id, sa.literal("stretch", sa.String()), t.kind, stretch, t.key, sa.func.sum(t.count))
        .where(t.size == "day", stretch + STRETCH <= hour)
        .group_by(t.site_id, t.kind, stretch, t.key)
    )
    connection.execute(sa.insert(TALLIES).from_select(["site_id", "size", "kind", "start", "key", "count"], parts))


def downgrade():
    op.execute("DELETE FROM tallies WHERE size = 'stretch'")
    with op.batch_alter_table("tallies") as batch:
        batch.drop_constraint(op.f("ck_tallies_size"), type_="check")
        batch.create_check_constraint(op.f("ck_tallies_size"), "size IN ('hour', 'day')")
        batch.drop_column("hours")

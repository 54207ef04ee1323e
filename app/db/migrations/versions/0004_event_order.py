"""Events in the order of their commits, and the organization in which something happened."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

#: Two columns that most events have no value in, so that most events cost their indexes nothing.
SPARSE = ("operation_id", "organization_id")

#: SQLite's table is made anew. The tables that it points at need not be looked at for that.
ALONE = {"resolve_fks": False}


def upgrade() -> None:
    op.drop_index("ix_events_operation_id", table_name="events")
    with op.batch_alter_table("events", reflect_kwargs=ALONE) as events:
        events.add_column(sa.Column("organization_id", sa.Uuid(), nullable=True))
        # What is older than the order has no place in it but before all that is in it.
        events.add_column(
            sa.Column("position", sa.BigInteger(), nullable=False, server_default="0")
        )
        events.create_foreign_key(
            "fk_events_organization_id", "organizations", ["organization_id"], ["id"]
        )
    with op.batch_alter_table("events", reflect_kwargs=ALONE) as events:
        events.alter_column("position", server_default=None)
    op.create_index("ix_events_user_id_position", "events", ["user_id", "position", "id"])
    op.create_index("ix_events_position", "events", ["position", "id"])
    for name in SPARSE:
        given = sa.text(f"{name} IS NOT NULL")
        op.create_index(
            f"ix_events_{name}",
            "events",
            [name, "position", "id"],
            postgresql_where=given,
            sqlite_where=given,
        )


def downgrade() -> None:
    for name in (
        "ix_events_user_id_position",
        "ix_events_position",
        *map("ix_events_{}".format, SPARSE),
    ):
        op.drop_index(name, table_name="events")
    with op.batch_alter_table("events", reflect_kwargs=ALONE) as events:
        events.drop_constraint("fk_events_organization_id", type_="foreignkey")
        events.drop_column("position")
        events.drop_column("organization_id")
    op.create_index("ix_events_operation_id", "events", ["operation_id"])

"""The ledger of REST calls."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "rest_calls",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("endpoint", TEXT, nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("client", TEXT, nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("errors", sa.Integer(), nullable=False),
        sa.Column("last_used_at", TIME, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("deleted_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_rest_calls_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_rest_calls"),
    )
    op.create_index("ix_rest_calls_user_id", "rest_calls", ["user_id"], unique=False)
    op.create_index("ix_rest_calls_endpoint", "rest_calls", ["endpoint"], unique=False)
    op.create_index(
        "ix_rest_calls_last_used_at", "rest_calls", ["last_used_at", "id"], unique=False
    )
    op.create_index("ix_rest_calls_updated_at", "rest_calls", ["updated_at", "id"], unique=False)


def downgrade() -> None:
    op.drop_table("rest_calls")

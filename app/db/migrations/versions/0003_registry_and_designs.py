"""Models and what they define, designs, and events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)
LOWER = (
    ("registrants", "name"),
    ("categories", "name"),
    ("models", "name"),
    ("components", "display_name"),
    ("relationships", "kind"),
    ("policies", "kind"),
    ("designs", "name"),
)


def upgrade() -> None:
    op.create_table(
        "categories",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("deleted_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_categories"),
    )
    op.create_index("ix_categories_updated_at", "categories", ["updated_at", "id"], unique=False)
    op.create_table(
        "registrants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("deleted_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_registrants"),
    )
    op.create_index("ix_registrants_updated_at", "registrants", ["updated_at", "id"], unique=False)
    op.create_table(
        "designs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("visibility", TEXT, nullable=False),
        sa.Column("pattern_file", TEXT, nullable=False),
        sa.Column("components_count", sa.Integer(), nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.Column("source_name", TEXT, nullable=False),
        sa.Column("source_url", TEXT, nullable=True),
        sa.Column("unmatched", DOCUMENT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("deleted_at", TIME, nullable=True),
        sa.CheckConstraint(
            "visibility IN ('private', 'public', 'published')", name=op.f("ck_designs_visibility")
        ),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 255", name=op.f("ck_designs_name")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_designs_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_designs"),
    )
    op.create_index("ix_designs_created_at", "designs", ["created_at", "id"], unique=False)
    op.create_index("ix_designs_updated_at", "designs", ["updated_at", "id"], unique=False)
    op.create_index("ix_designs_user_id", "designs", ["user_id"], unique=False)
    op.create_table(
        "events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("system_id", sa.Uuid(), nullable=False),
        sa.Column("category", TEXT, nullable=False),
        sa.Column("action", TEXT, nullable=False),
        sa.Column("severity", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("acted_upon", sa.Uuid(), nullable=True),
        sa.Column("operation_id", sa.Uuid(), nullable=True),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("metadata", DOCUMENT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("deleted_at", TIME, nullable=True),
        sa.CheckConstraint(
            "severity IN ('emergency', 'alert', 'critical', 'error', 'warning', 'informational', 'debug', 'success')",
            name=op.f("ck_events_severity"),
        ),
        sa.CheckConstraint("status IN ('read', 'unread')", name=op.f("ck_events_status")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_events_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
    )
    op.create_index("ix_events_operation_id", "events", ["operation_id"], unique=False)
    op.create_index(
        "ix_events_user_id_created_at", "events", ["user_id", "created_at", "id"], unique=False
    )
    op.create_table(
        "models",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("registrant_id", sa.Uuid(), nullable=False),
        sa.Column("category_id", sa.Uuid(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("display_name", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("sub_category", TEXT, nullable=False),
        sa.Column("schema_version", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("definition", DOCUMENT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("deleted_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["category_id"], ["categories.id"], name="fk_models_category_id"),
        sa.ForeignKeyConstraint(
            ["registrant_id"], ["registrants.id"], name="fk_models_registrant_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_models"),
    )
    op.create_index("ix_models_category_id", "models", ["category_id"], unique=False)
    op.create_index("ix_models_registrant_id", "models", ["registrant_id"], unique=False)
    op.create_index("ix_models_updated_at", "models", ["updated_at", "id"], unique=False)
    op.create_table(
        "components",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("display_name", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("schema_version", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("definition", DOCUMENT, nullable=False),
        sa.Column("schema", TEXT, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("deleted_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name="fk_components_model_id"),
        sa.PrimaryKeyConstraint("id", name="pk_components"),
    )
    op.create_index("ix_components_kind_version", "components", ["kind", "version"], unique=False)
    op.create_index("ix_components_model_id", "components", ["model_id"], unique=False)
    op.create_index("ix_components_updated_at", "components", ["updated_at", "id"], unique=False)
    op.create_table(
        "policies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("sub_type", TEXT, nullable=False),
        sa.Column("schema_version", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("definition", DOCUMENT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("deleted_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name="fk_policies_model_id"),
        sa.PrimaryKeyConstraint("id", name="pk_policies"),
    )
    op.create_index("ix_policies_model_id", "policies", ["model_id"], unique=False)
    op.create_index("ix_policies_updated_at", "policies", ["updated_at", "id"], unique=False)
    op.create_table(
        "relationships",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("sub_type", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("schema_version", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("definition", DOCUMENT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("deleted_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name="fk_relationships_model_id"),
        sa.PrimaryKeyConstraint("id", name="pk_relationships"),
    )
    op.create_index("ix_relationships_model_id", "relationships", ["model_id"], unique=False)
    op.create_index(
        "ix_relationships_updated_at", "relationships", ["updated_at", "id"], unique=False
    )
    for table, column in LOWER:
        op.create_index(
            f"ix_{table}_lower_{column}", table, [sa.text(f"lower({column})"), "id"], unique=False
        )


def downgrade() -> None:
    for table, column in LOWER:
        op.drop_index(f"ix_{table}_lower_{column}", table_name=table)
    op.drop_index("ix_relationships_updated_at", table_name="relationships")
    op.drop_index("ix_relationships_model_id", table_name="relationships")
    op.drop_table("relationships")
    op.drop_index("ix_policies_updated_at", table_name="policies")
    op.drop_index("ix_policies_model_id", table_name="policies")
    op.drop_table("policies")
    op.drop_index("ix_components_updated_at", table_name="components")
    op.drop_index("ix_components_model_id", table_name="components")
    op.drop_index("ix_components_kind_version", table_name="components")
    op.drop_table("components")
    op.drop_index("ix_models_updated_at", table_name="models")
    op.drop_index("ix_models_registrant_id", table_name="models")
    op.drop_index("ix_models_category_id", table_name="models")
    op.drop_table("models")
    op.drop_index("ix_events_user_id_created_at", table_name="events")
    op.drop_index("ix_events_operation_id", table_name="events")
    op.drop_table("events")
    op.drop_index("ix_designs_user_id", table_name="designs")
    op.drop_index("ix_designs_updated_at", table_name="designs")
    op.drop_index("ix_designs_created_at", table_name="designs")
    op.drop_table("designs")
    op.drop_index("ix_registrants_updated_at", table_name="registrants")
    op.drop_table("registrants")
    op.drop_index("ix_categories_updated_at", table_name="categories")
    op.drop_table("categories")

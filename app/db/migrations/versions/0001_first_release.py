"""The tables of the first release."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)
LIVE = sa.text("deleted_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "keychains",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("deleted_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_keychains"),
        sa.UniqueConstraint("name", name="uq_keychains_name"),
    )
    op.create_table(
        "keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("function", TEXT, nullable=False),
        sa.Column("category", TEXT, nullable=False),
        sa.Column("subcategory", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("deleted_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_keys"),
    )
    op.create_table(
        "roles",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("role_name", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("deleted_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_roles"),
        sa.UniqueConstraint("role_name", name="uq_roles_role_name"),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("username", TEXT, nullable=True),
        sa.Column("provider", TEXT, nullable=False),
        sa.Column("email", TEXT, nullable=False),
        sa.Column("first_name", TEXT, nullable=False),
        sa.Column("last_name", TEXT, nullable=False),
        sa.Column("avatar_url", TEXT, nullable=True),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("bio", TEXT, nullable=True),
        sa.Column("country", DOCUMENT, nullable=True),
        sa.Column("region", DOCUMENT, nullable=True),
        sa.Column("preferences", DOCUMENT, nullable=True),
        sa.Column("socials", DOCUMENT, nullable=True),
        sa.Column("accepted_terms_at", TIME, nullable=True),
        sa.Column("first_login_time", TIME, nullable=True),
        sa.Column("last_login_time", TIME, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("deleted_at", TIME, nullable=True),
        sa.CheckConstraint(
            "status IN ('active', 'inactive', 'pending', 'anonymous')", name=op.f("ck_users_status")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("email", name="uq_users_email"),
        sa.UniqueConstraint("user_id", name="uq_users_user_id"),
    )
    op.create_index("ix_users_created_at", "users", ["created_at", "id"])
    op.create_index("ix_users_last_login_time", "users", ["last_login_time", "id"])
    op.create_index("ix_users_updated_at", "users", ["updated_at", "id"])
    op.create_index("ix_users_username", "users", ["username"])

    op.create_table(
        "credentials",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("deleted_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_credentials_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_credentials"),
    )
    op.create_index("ix_credentials_user_id", "credentials", ["user_id"])

    op.create_table(
        "keychains_keys_mapping",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("keychain_id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("deleted_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["key_id"], ["keys.id"], name="fk_keychains_keys_mapping_key_id"),
        sa.ForeignKeyConstraint(
            ["keychain_id"], ["keychains.id"], name="fk_keychains_keys_mapping_keychain_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_keychains_keys_mapping"),
    )
    op.create_index("ix_keychains_keys_mapping_key_id", "keychains_keys_mapping", ["key_id"])
    op.create_index(
        "ix_keychains_keys_mapping_keychain_id", "keychains_keys_mapping", ["keychain_id"]
    )
    op.create_index(
        "uq_keychains_keys_mapping_live",
        "keychains_keys_mapping",
        ["keychain_id", "key_id"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )

    op.create_table(
        "organizations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("country", TEXT, nullable=False),
        sa.Column("region", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("metadata", DOCUMENT, nullable=False),
        sa.Column("domain", TEXT, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("deleted_at", TIME, nullable=True),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 255", name=op.f("ck_organizations_name")),
        sa.ForeignKeyConstraint(["owner"], ["users.id"], name="fk_organizations_owner"),
        sa.PrimaryKeyConstraint("id", name="pk_organizations"),
    )
    op.create_index("ix_organizations_created_at", "organizations", ["created_at", "id"])
    op.create_index("ix_organizations_owner", "organizations", ["owner"])
    op.create_index("ix_organizations_updated_at", "organizations", ["updated_at", "id"])

    op.create_table(
        "roles_keychains_mapping",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("role_id", sa.Uuid(), nullable=False),
        sa.Column("keychain_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("deleted_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["keychain_id"], ["keychains.id"], name="fk_roles_keychains_mapping_keychain_id"
        ),
        sa.ForeignKeyConstraint(
            ["role_id"], ["roles.id"], name="fk_roles_keychains_mapping_role_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_roles_keychains_mapping"),
    )
    op.create_index(
        "ix_roles_keychains_mapping_keychain_id", "roles_keychains_mapping", ["keychain_id"]
    )
    op.create_index("ix_roles_keychains_mapping_role_id", "roles_keychains_mapping", ["role_id"])
    op.create_index(
        "uq_roles_keychains_mapping_live",
        "roles_keychains_mapping",
        ["role_id", "keychain_id"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )

    op.create_table(
        "teams",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("metadata", DOCUMENT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("deleted_at", TIME, nullable=True),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 255", name=op.f("ck_teams_name")),
        sa.ForeignKeyConstraint(["owner"], ["users.id"], name="fk_teams_owner"),
        sa.PrimaryKeyConstraint("id", name="pk_teams"),
    )
    op.create_index("ix_teams_created_at", "teams", ["created_at", "id"])
    op.create_index("ix_teams_owner", "teams", ["owner"])
    op.create_index("ix_teams_updated_at", "teams", ["updated_at", "id"])

    op.create_table(
        "users_roles_mapping",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("deleted_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name="fk_users_roles_mapping_role_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_users_roles_mapping_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_users_roles_mapping"),
    )
    op.create_index("ix_users_roles_mapping_role_id", "users_roles_mapping", ["role_id"])
    op.create_index("ix_users_roles_mapping_user_id", "users_roles_mapping", ["user_id"])
    op.create_index(
        "uq_users_roles_mapping_live",
        "users_roles_mapping",
        ["user_id", "role_id"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )

    op.create_table(
        "connections",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("credential_id", sa.Uuid(), nullable=True),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("sub_type", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("metadata", DOCUMENT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("server_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("deleted_at", TIME, nullable=True),
        sa.CheckConstraint(
            "status IN ('discovered', 'registered', 'connected', 'ignored', 'maintenance', 'disconnected', 'deleted', 'not found')",
            name=op.f("ck_connections_status"),
        ),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 255", name=op.f("ck_connections_name")),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["credentials.id"], name="fk_connections_credential_id"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_connections_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_connections"),
    )
    op.create_index("ix_connections_created_at", "connections", ["created_at", "id"])
    op.create_index("ix_connections_credential_id", "connections", ["credential_id"])
    op.create_index("ix_connections_kind", "connections", ["kind"])
    op.create_index("ix_connections_server_id", "connections", ["server_id"])
    op.create_index("ix_connections_status", "connections", ["status"])
    op.create_index("ix_connections_type", "connections", ["type"])
    op.create_index("ix_connections_updated_at", "connections", ["updated_at", "id"])
    op.create_index("ix_connections_user_id", "connections", ["user_id"])

    op.create_table(
        "environments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=True),
        sa.Column("metadata", DOCUMENT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("deleted_at", TIME, nullable=True),
        sa.CheckConstraint("length(description) <= 1000", name=op.f("ck_environments_description")),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 100", name=op.f("ck_environments_name")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_environments_organization_id"
        ),
        sa.ForeignKeyConstraint(["owner"], ["users.id"], name="fk_environments_owner"),
        sa.PrimaryKeyConstraint("id", name="pk_environments"),
    )
    op.create_index("ix_environments_created_at", "environments", ["created_at", "id"])
    op.create_index("ix_environments_organization_id", "environments", ["organization_id"])
    op.create_index("ix_environments_owner", "environments", ["owner"])
    op.create_index("ix_environments_updated_at", "environments", ["updated_at", "id"])

    op.create_table(
        "teams_organizations_mapping",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("deleted_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name="fk_teams_organizations_mapping_org_id"
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name="fk_teams_organizations_mapping_team_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_teams_organizations_mapping"),
    )
    op.create_index(
        "ix_teams_organizations_mapping_org_id", "teams_organizations_mapping", ["org_id"]
    )
    op.create_index(
        "ix_teams_organizations_mapping_team_id", "teams_organizations_mapping", ["team_id"]
    )
    op.create_index(
        "uq_teams_organizations_mapping_live",
        "teams_organizations_mapping",
        ["org_id", "team_id"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )

    op.create_table(
        "users_organizations_mappings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("role_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("deleted_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name="fk_users_organizations_mappings_organization_id",
        ),
        sa.ForeignKeyConstraint(
            ["owner"], ["users.id"], name="fk_users_organizations_mappings_owner"
        ),
        sa.ForeignKeyConstraint(
            ["role_id"], ["roles.id"], name="fk_users_organizations_mappings_role_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_users_organizations_mappings"),
    )
    op.create_index(
        "ix_users_organizations_mappings_organization_id",
        "users_organizations_mappings",
        ["organization_id"],
    )
    op.create_index(
        "ix_users_organizations_mappings_owner", "users_organizations_mappings", ["owner"]
    )
    op.create_index(
        "ix_users_organizations_mappings_role_id", "users_organizations_mappings", ["role_id"]
    )
    op.create_index(
        "uq_users_organizations_mappings_live",
        "users_organizations_mappings",
        ["organization_id", "owner"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )

    op.create_table(
        "users_teams_mappings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("role_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("deleted_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["owner"], ["users.id"], name="fk_users_teams_mappings_owner"),
        sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name="fk_users_teams_mappings_role_id"),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="fk_users_teams_mappings_team_id"),
        sa.PrimaryKeyConstraint("id", name="pk_users_teams_mappings"),
    )
    op.create_index("ix_users_teams_mappings_owner", "users_teams_mappings", ["owner"])
    op.create_index("ix_users_teams_mappings_role_id", "users_teams_mappings", ["role_id"])
    op.create_index("ix_users_teams_mappings_team_id", "users_teams_mappings", ["team_id"])
    op.create_index(
        "uq_users_teams_mappings_live",
        "users_teams_mappings",
        ["team_id", "owner"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )

    op.create_table(
        "environment_connection_mappings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("environment_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("deleted_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name="fk_environment_connection_mappings_connection_id",
        ),
        sa.ForeignKeyConstraint(
            ["environment_id"],
            ["environments.id"],
            name="fk_environment_connection_mappings_environment_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_environment_connection_mappings"),
    )
    op.create_index(
        "ix_environment_connection_mappings_connection_id",
        "environment_connection_mappings",
        ["connection_id"],
    )
    op.create_index(
        "ix_environment_connection_mappings_environment_id",
        "environment_connection_mappings",
        ["environment_id"],
    )
    op.create_index(
        "uq_environment_connection_mappings_live",
        "environment_connection_mappings",
        ["environment_id", "connection_id"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )

    op.create_index("ix_users_lower_first_name", "users", [sa.text("lower(first_name)"), "id"])
    op.create_index("ix_users_lower_last_name", "users", [sa.text("lower(last_name)"), "id"])
    op.create_index("ix_organizations_lower_name", "organizations", [sa.text("lower(name)"), "id"])
    op.create_index("ix_teams_lower_name", "teams", [sa.text("lower(name)"), "id"])
    op.create_index("ix_environments_lower_name", "environments", [sa.text("lower(name)"), "id"])
    op.create_index("ix_connections_lower_name", "connections", [sa.text("lower(name)"), "id"])
    op.create_index(
        "uq_organizations_domain_live",
        "organizations",
        [sa.text("lower(domain)")],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )


def downgrade() -> None:
    raise NotImplementedError("There is nothing before the first release.")

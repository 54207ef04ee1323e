"""Organizations, and who belongs to them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Table, Versioned, live


class Organization(Versioned, Table):
    """`metadata_` holds `{"preferences": {"theme": …, "dashboard": …}}`."""

    __tablename__ = "organizations"

    name: Mapped[str]
    country: Mapped[str] = mapped_column(default="")
    region: Mapped[str] = mapped_column(default="")
    description: Mapped[str] = mapped_column(default="")
    owner: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", default=dict)
    domain: Mapped[str | None]

    __table_args__ = (CheckConstraint("length(name) BETWEEN 1 AND 255", name="name"),)


class OrganizationUser(Table):
    """A membership; without a role it grants what the role `user` grants."""

    __tablename__ = "users_organizations_mappings"

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"), index=True)
    user_id: Mapped[UUID] = mapped_column("owner", ForeignKey("users.id"), index=True)
    role_id: Mapped[UUID | None] = mapped_column(ForeignKey("roles.id"), index=True)


Index(
    "uq_organizations_domain_live",
    func.lower(Organization.domain),
    unique=True,
    sqlite_where=live(Organization),
    postgresql_where=live(Organization),
)
Index("ix_organizations_lower_name", func.lower(Organization.name), Organization.id)
Index("ix_organizations_updated_at", Organization.updated_at, Organization.id)
Index("ix_organizations_created_at", Organization.created_at, Organization.id)
Index(
    "uq_users_organizations_mappings_live",
    OrganizationUser.organization_id,
    OrganizationUser.user_id,
    unique=True,
    sqlite_where=live(OrganizationUser),
    postgresql_where=live(OrganizationUser),
)

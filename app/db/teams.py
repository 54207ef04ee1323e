"""Teams, the organizations they are linked to, and their members."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Table, Versioned, live


class Team(Versioned, Table):
    """A team carries no organization: `TeamOrganization` links it to any number of them."""

    __tablename__ = "teams"

    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    owner: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", default=dict)

    __table_args__ = (CheckConstraint("length(name) BETWEEN 1 AND 255", name="name"),)


class TeamOrganization(Table):
    """A link; deleting the team keeps it, removing the team from the organization ends it."""

    __tablename__ = "teams_organizations_mapping"

    org_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"), index=True)
    team_id: Mapped[UUID] = mapped_column(ForeignKey("teams.id"), index=True)


class TeamUser(Table):
    """A membership; its role counts in every organization of both the team and the user."""

    __tablename__ = "users_teams_mappings"

    team_id: Mapped[UUID] = mapped_column(ForeignKey("teams.id"), index=True)
    user_id: Mapped[UUID] = mapped_column("owner", ForeignKey("users.id"), index=True)
    role_id: Mapped[UUID | None] = mapped_column(ForeignKey("roles.id"), index=True)


Index("ix_teams_lower_name", func.lower(Team.name), Team.id)
Index("ix_teams_updated_at", Team.updated_at, Team.id)
Index("ix_teams_created_at", Team.created_at, Team.id)
Index(
    "uq_teams_organizations_mapping_live",
    TeamOrganization.org_id,
    TeamOrganization.team_id,
    unique=True,
    sqlite_where=live(TeamOrganization),
    postgresql_where=live(TeamOrganization),
)
Index(
    "uq_users_teams_mappings_live",
    TeamUser.team_id,
    TeamUser.user_id,
    unique=True,
    sqlite_where=live(TeamUser),
    postgresql_where=live(TeamUser),
)

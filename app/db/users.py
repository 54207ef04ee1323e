"""People who call the service, and the roles they hold everywhere."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Table, live

STATUSES = ("active", "inactive", "pending", "anonymous")
#: Those who may sign in.
SIGNING_IN = ("active", "pending")


class User(Table):
    """`user_id` is the subject of the user's tokens; `email` is kept in lower case."""

    __tablename__ = "users"

    user_id: Mapped[str] = mapped_column(unique=True)
    username: Mapped[str | None] = mapped_column(index=True)
    provider: Mapped[str]
    email: Mapped[str] = mapped_column(unique=True)
    first_name: Mapped[str]
    last_name: Mapped[str]
    avatar_url: Mapped[str | None]
    status: Mapped[str] = mapped_column(default="active")
    bio: Mapped[str | None]
    country: Mapped[dict[str, Any] | None]
    region: Mapped[dict[str, Any] | None]
    preferences: Mapped[dict[str, Any] | None]
    socials: Mapped[list[Any] | None]
    accepted_terms_at: Mapped[datetime | None]
    first_login_time: Mapped[datetime | None]
    last_login_time: Mapped[datetime | None]

    __table_args__ = (CheckConstraint(f"status IN {STATUSES}", name="status"),)


class UserRole(Table):
    """A role held in every organization of the user (and outside of them)."""

    __tablename__ = "users_roles_mapping"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    role_id: Mapped[UUID] = mapped_column(ForeignKey("roles.id"), index=True)


Index(
    "uq_users_roles_mapping_live",
    UserRole.user_id,
    UserRole.role_id,
    unique=True,
    sqlite_where=live(UserRole),
    postgresql_where=live(UserRole),
)
Index("ix_users_lower_first_name", func.lower(User.first_name), User.id)
Index("ix_users_lower_last_name", func.lower(User.last_name), User.id)
Index("ix_users_last_login_time", User.last_login_time, User.id)
Index("ix_users_updated_at", User.updated_at, User.id)
Index("ix_users_created_at", User.created_at, User.id)

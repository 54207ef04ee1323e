"""The permission catalogue: role → keychain → key."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Table, live


class Role(Table):
    """A named set of keychains, such as `organization admin`."""

    __tablename__ = "roles"

    role_name: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str] = mapped_column(default="")


class Keychain(Table):
    """A named set of keys, such as `Team Management`; the nil UUID owns the shipped ones."""

    __tablename__ = "keychains"

    name: Mapped[str] = mapped_column(unique=True)
    owner: Mapped[UUID]


class Key(Table):
    """A permission: its id is what code and clients compare, its function what people read."""

    __tablename__ = "keys"

    owner: Mapped[UUID]
    function: Mapped[str]
    category: Mapped[str]
    subcategory: Mapped[str]
    description: Mapped[str] = mapped_column(default="")


class RoleKeychain(Table):
    """A keychain given to a role."""

    __tablename__ = "roles_keychains_mapping"

    role_id: Mapped[UUID] = mapped_column(ForeignKey("roles.id"), index=True)
    keychain_id: Mapped[UUID] = mapped_column(ForeignKey("keychains.id"), index=True)


class KeychainKey(Table):
    """A key on a keychain."""

    __tablename__ = "keychains_keys_mapping"

    keychain_id: Mapped[UUID] = mapped_column(ForeignKey("keychains.id"), index=True)
    key_id: Mapped[UUID] = mapped_column(ForeignKey("keys.id"), index=True)


Index(
    "uq_roles_keychains_mapping_live",
    RoleKeychain.role_id,
    RoleKeychain.keychain_id,
    unique=True,
    sqlite_where=live(RoleKeychain),
    postgresql_where=live(RoleKeychain),
)
Index(
    "uq_keychains_keys_mapping_live",
    KeychainKey.keychain_id,
    KeychainKey.key_id,
    unique=True,
    sqlite_where=live(KeychainKey),
    postgresql_where=live(KeychainKey),
)

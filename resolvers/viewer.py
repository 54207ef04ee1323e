"""Who asks, and the permission keys they hold: per organization, and everywhere.

Keys reach a viewer by role → keychain → key. A role of a team counts in the organizations that
both the team and the viewer belong to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, false, true

from app.errors import TOKENLESS, Forbidden, Unauthenticated
from app.permissions import KEYS, Permission

Grants = Mapping[UUID | None, frozenset[UUID]]


@dataclass(frozen=True)
class Viewer:
    """The caller of one operation; `user_id` is None for an anonymous one.

    `grants` maps each organization of the viewer to the keys held there; None maps to the
    keys held everywhere. They are those of every snapshot whose generation (`app.db.access`) is
    `generation`, which is 0 for an anonymous caller, whose rights never change.
    """

    user_id: UUID | None = None
    grants: Grants = field(default_factory=dict)
    generation: int = 0
    parameters: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def home(self) -> None:
        """As `Sight` has it: nobody who is known is asked about one organization."""

    @property
    def organizations(self) -> tuple[UUID, ...]:
        """The organizations the viewer belongs to."""
        return tuple(organization for organization in self.grants if organization is not None)

    def keys(self, organization: UUID | None = None) -> frozenset[UUID]:
        """The keys held in an organization: none at all in one the viewer is not a member of."""
        if organization is not None and organization not in self.grants:
            return frozenset()
        everywhere = self.grants.get(None, frozenset())
        return everywhere | self.grants.get(organization, frozenset())

    def may(self, permission: Permission | None, organization: UUID | None = None) -> bool:
        """Whether the key is held in that organization or, without one, in any of them.

        What needs no key may be done by whoever is signed in.
        """
        if permission is None:
            return self.user_id is not None
        key = KEYS[permission]
        if organization is not None:
            return key in self.keys(organization)
        return any(key in keys for keys in self.grants.values())

    def organizations_with(self, permission: Permission) -> tuple[UUID, ...]:
        """The organizations in which the viewer holds the key."""
        return tuple(each for each in self.organizations if self.may(permission, each))

    def everywhere(self, permission: Permission) -> ColumnElement[bool]:
        """Whether the key is held everywhere, by a global role, as a condition."""
        return true() if self.holds_everywhere(permission) else false()

    def holds_everywhere(self, permission: Permission) -> bool:
        return KEYS[permission] in self.keys()

    def require(self, permission: Permission | None, organization: UUID | None = None) -> None:
        """Raise `Unauthenticated` or `Forbidden` unless the key is held, where one is needed."""
        self.identified()
        if permission is not None and not self.may(permission, organization):
            raise lacking(permission)

    def identified(self) -> UUID:
        """The id of the viewer; raises `Unauthenticated` for an anonymous one."""
        if self.user_id is None:
            raise Unauthenticated(TOKENLESS)
        return self.user_id


def lacking(permission: Permission) -> Forbidden:
    """The answer to a caller who does not hold the key where it is needed."""
    return Forbidden(
        f"This needs the permission key {permission.name.replace('_', ' ').lower()!r} "
        f"({permission.value}), which you do not hold here."
    )

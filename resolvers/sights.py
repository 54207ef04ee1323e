"""A viewer who is given later: the same access rules, with parameters in place of values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BindParameter, Boolean, Uuid, bindparam

from app.db.arrays import Array
from app.permissions import Permission
from resolvers.viewer import Viewer

_MAY = "may_"
_EVERYWHERE = "everywhere_"


@dataclass(frozen=True)
class AnyViewer:
    """Whoever it will be, as `visible` asks: the parameters it used are in `parameters`."""

    home: BindParameter[Any] | None = None
    parameters: dict[str, BindParameter[Any]] = field(default_factory=dict)

    @property
    def user_id(self) -> BindParameter[Any]:
        return self._parameter("viewer", Uuid())

    @property
    def organizations(self) -> BindParameter[Any]:
        return self._parameter("organizations", Array(Uuid()))

    def organizations_with(self, permission: Permission, /) -> BindParameter[Any]:
        return self._parameter(_MAY + permission.name, Array(Uuid()))

    def everywhere(self, permission: Permission, /) -> BindParameter[bool]:
        return self._parameter(_EVERYWHERE + permission.name, Boolean())

    def _parameter(self, name: str, type_: Any) -> BindParameter[Any]:
        return self.parameters.setdefault(name, bindparam(name, type_=type_))


def value_of(viewer: Viewer, name: str) -> Any:
    """The value of a parameter of `AnyViewer` for a viewer that is known."""
    if name.startswith(_MAY):
        return viewer.organizations_with(Permission[name.removeprefix(_MAY)])
    if name.startswith(_EVERYWHERE):
        return viewer.holds_everywhere(Permission[name.removeprefix(_EVERYWHERE)])
    return _VALUES[name](viewer)


_VALUES: Mapping[str, Any] = {
    "viewer": lambda viewer: viewer.user_id,
    "organizations": lambda viewer: viewer.organizations,
}

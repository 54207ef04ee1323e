"""A design under evaluation: what is in it, indexed, and changed only by actions.

Nothing of the design that was given is written to. A component that changes becomes a new object
which shares what did not change; the result shares everything else with the input and with the
definitions.

A component or relationship without an id, or with the id of one before it, cannot be addressed by
an action: it takes no part, and is returned as it came.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from app.evaluation import shapes
from app.evaluation.aliases import Alias, resolve
from app.evaluation.bonds import Bond, bond, with_status
from app.evaluation.options import Options
from app.evaluation.paths import Path, Unwritable, removed, written
from app.evaluation.refusals import NoDesign, OverLimit

#: Of the components of a kind, what each has at a path, in order.
Columns = dict[Path, list[list[Any]]]

#: What a component is, which no relationship changes.
IDENTITY = frozenset(("id", "component", "model", "modelReference"))


@dataclass(slots=True, eq=False)
class Part:
    """A component, and what is read of it over and over."""

    id: str
    kind: str
    model: str
    raw: dict[str, Any]


@dataclass(eq=False)
class Draft:
    """`changed` holds the ids of the components that the next pass must look at.

    `kinds` has the components of each kind, `incident` the relationships at each component and
    `aliased` its aliases, all by id. `known` counts the relationships by what makes them the same.
    `columns` and `remembered` are for whoever reads components: they are emptied when one changes.
    """

    options: Options
    parts: dict[Hashable, Part] = field(default_factory=dict)
    bonds: dict[Hashable, Bond] = field(default_factory=dict)
    kinds: dict[str, dict[str, Part]] = field(default_factory=dict)
    incident: dict[str, dict[str, Bond]] = field(default_factory=dict)
    known: Counter[Hashable] = field(default_factory=Counter)
    aliases: dict[str, Alias] = field(default_factory=dict)
    aliased: dict[str, list[str]] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    columns: dict[str, Columns] = field(default_factory=dict)
    remembered: dict[Hashable, Any] = field(default_factory=dict)
    produced: int = 0
    absent_matches: int = 0

    def part(self, id_: str) -> Part | None:
        """The component of the id."""
        return self.parts.get(id_)

    def add_part(self, raw: dict[str, Any]) -> bool:
        """Whether there was none of its id."""
        shape = _converted(raw, shapes.Component)
        if not shape.id or shape.id in self.parts:
            return False
        self._produce()
        self.enter_part(shape, raw)
        self.touch(shape.id)
        return True

    def enter_part(self, shape: shapes.Component, raw: dict[str, Any]) -> None:
        """A component that is in the design from the beginning."""
        if not shape.id or shape.id in self.parts:
            self.parts[len(self.parts)] = Part("", "", "", raw)
            return
        part = Part(shape.id, shape.kind, shape.model_name, raw)
        self.parts[shape.id] = part
        self.kinds.setdefault(part.kind, {})[shape.id] = part

    def drop_part(self, id_: str) -> bool:
        """Whether there was such a component."""
        part = self.parts.pop(id_, None)
        if part is None:
            return False
        self.touch(id_)
        self.columns.pop(part.kind, None)
        del self.kinds[part.kind][id_]
        if not self.kinds[part.kind]:
            del self.kinds[part.kind]
        return True

    def write(self, id_: str, path: Path, value: Any) -> bool:
        """Whether the component was changed; it is not where there can be no such place."""
        part = self.parts.get(id_)
        if part is None or not is_writable(path, value):
            return False
        try:
            return self._replace(part, written(part.raw, path, value))
        except Unwritable:
            return False

    def remove(self, id_: str, path: Path) -> bool:
        """Whether the component had anything there."""
        part = self.parts.get(id_)
        return part is not None and self._replace(part, removed(part.raw, path))

    def _replace(self, part: Part, raw: dict[str, Any]) -> bool:
        if raw is part.raw:
            return False
        part.raw = raw
        self.touch(part.id)
        return True

    def touch(self, id_: str) -> None:
        """Note that a component reads otherwise now, and so do its aliases."""
        self.remembered.clear()
        for each in (id_, *self.aliased.get(id_, ())):
            self.changed.add(each)
            part = self.parts.get(each)
            if part is not None:
                self.columns.pop(part.kind, None)

    def add_bond(self, new: Bond) -> bool:
        """Whether there was none of its id."""
        if not new.id or new.id in self.bonds:
            return False
        self._produce()
        self.absent_matches += new.absent
        self.enter_bond(new)
        return True

    def enter_bond(self, new: Bond) -> None:
        """A relationship that is in the design from the beginning."""
        self.known.update(new.keys)
        if not new.id or new.id in self.bonds:
            self.bonds[len(self.bonds)] = new
            return
        self._set_bond(new)

    def _set_bond(self, new: Bond) -> None:
        self.bonds[new.id] = new
        for end in _all_ends(new):
            self.incident.setdefault(end, {})[new.id] = new

    def drop_bond(self, id_: str) -> bool:
        """Whether there was such a relationship; its ends may be related anew."""
        gone = self.bonds.pop(id_, None)
        if gone is None:
            return False
        self.known.subtract(gone.keys)
        for end in _all_ends(gone):
            self.incident[end].pop(id_, None)
            self.changed.add(end)
        return True

    def set_status(self, id_: str, status: str) -> bool:
        """Whether the relationship had another status."""
        found = self.bonds.get(id_)
        if found is None or found.status == status:
            return False
        self._set_bond(with_status(found, status))
        return True

    def resolve_aliases(self) -> None:
        """Read the aliases from the relationships; components of which that changes, changed.

        Meshery reads them from `metadata.resolvedAliases`, which may tell of relationships that
        are gone.
        """
        ends = (each.alias for each in self.bonds.values() if each.id)
        aliases = resolve((each for each in ends if each), self.options.limits.alias_depth)
        before, self.aliases = self.aliases, aliases
        for alias in before.keys() | aliases.keys():
            if before.get(alias) != aliases.get(alias):
                self.touch(alias)
        self.aliased = {}
        for alias, found in aliases.items():
            self.aliased.setdefault(found.parent, []).append(alias)

    def _produce(self) -> None:
        self.produced += 1
        if self.produced > self.options.limits.produced:
            raise OverLimit(
                f"more than {self.options.limits.produced} relationships and components were"
                " found; that many are not added to a design"
            )


def is_writable(path: Path, value: Any) -> bool:
    """Whether a relationship may write there: what a component is stays as it is."""
    if not path or len(path) > shapes.LONGEST or path[0] in IDENTITY:
        return False
    return path != ("configuration",) or isinstance(value, dict)


def draft(design: dict[str, Any], shape: shapes.Design, options: Options) -> Draft:
    """The design as it came."""
    new = Draft(options)
    components = design.get("components") or ()
    for component, raw in zip(shape.components or (), components, strict=True):
        new.enter_part(component, raw)
    relationships = design.get("relationships") or ()
    for relationship, raw in zip(shape.relationships or (), relationships, strict=True):
        new.enter_bond(bond(relationship, raw))
    new.resolve_aliases()
    new.changed.clear()
    return new


def relationship(raw: dict[str, Any]) -> Bond:
    """A relationship that an action brings."""
    return bond(_converted(raw, shapes.Relationship), raw)


def _converted(raw: dict[str, Any], type_: type[Any]) -> Any:
    try:
        return msgspec.convert(raw, type_)
    except msgspec.ValidationError as error:
        raise NoDesign(f"what an action adds is not valid: {error}") from None


def _all_ends(one: Bond) -> Iterable[str]:
    """The components of a relationship, and those that its links are about, each once."""
    ends = dict.fromkeys(one.ends or ())
    for each in (*one.links, *one.matches):
        ends[each.mutator] = ends[each.mutated] = None
    return ends

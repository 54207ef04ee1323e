"""Components that stand for a field of another: a container of a pod, a port of a container."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from app.evaluation import shapes
from app.evaluation.paths import Path
from app.evaluation.refusals import Circular, OverLimit


@dataclass(frozen=True, slots=True)
class AliasEnds:
    """What a relationship of subtype alias says: the alias is the field `path` of the parent."""

    relationship: str
    alias: str
    parent: str
    path: Path


@dataclass(frozen=True, slots=True)
class Alias:
    """Where an alias is in the end, when its parents are aliases themselves."""

    ends: AliasEnds
    parent: str
    path: Path

    def as_json(self) -> dict[str, Any]:
        """The entry of `metadata.resolvedAliases`."""
        return {
            "aliasComponentId": self.ends.alias,
            "relationshipId": self.ends.relationship,
            "immediateParentId": self.ends.parent,
            "immediateRefFieldPath": list(self.ends.path),
            "resolvedParentId": self.parent,
            "resolvedRefFieldPath": list(self.path),
        }


def alias_ends(relationship: shapes.Relationship, sets: list[shapes.Ends]) -> AliasEnds | None:
    """What a relationship of subtype alias says, if it says all."""
    if not (relationship.id and sets and sets[0].from_ and sets[0].to):
        return None
    alias, parent = sets[0].from_[0], sets[0].to[0]
    paths = (alias.patch and alias.patch.mutated_ref) or ()
    if not (alias.id and parent.id and paths):
        return None
    return AliasEnds(relationship.id, alias.id, parent.id, paths[0])


def resolve(every: Iterable[AliasEnds], depth: int) -> dict[str, Alias]:
    """The aliases by their component; of two relationships for one alias the first counts.

    Meshery follows a chain for ever if it is a circle. Here that is `Circular`, and a chain of
    more than `depth` aliases is `OverLimit`.
    """
    first: dict[str, AliasEnds] = {}
    for ends in every:
        first.setdefault(ends.alias, ends)
    return {alias: _resolved(ends, first, depth) for alias, ends in first.items()}


def _resolved(ends: AliasEnds, first: dict[str, AliasEnds], depth: int) -> Alias:
    parent, path, passed = ends.parent, ends.path, {ends.alias}
    while (above := first.get(parent)) is not None:
        if parent in passed:
            raise Circular(f"component {ends.alias!r} is an alias of itself")
        if len(passed) >= depth:
            raise OverLimit(
                f"component {ends.alias!r} is an alias through more than {depth} others"
            )
        passed.add(parent)
        parent, path = above.parent, above.path + path[1:]
        if len(path) > shapes.LONGEST:
            raise OverLimit(
                f"component {ends.alias!r} is an alias deeper than {shapes.LONGEST} names"
            )
    return Alias(ends, parent, path)

"""A burst → trees of calls that one query replaces: a list, then something of each of its items."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import GraphQLObjectType, GraphQLSchema, get_named_type, get_nullable_type

from rest_compat.moving.outlines import Outline, Place
from rest_compat.moving.traffic import Known

#: Calls that differ in one id alone, from which on they are a loop.
LEAST: Final = 3
PAGE: Final = "page"


@dataclass
class Branch:
    """Calls of one operation. A loop has the `place` whose values the calls differ in.

    `via` is the field that leads from the items of the branch it hangs on to those that the place
    names; None where they are the same items. `certain` says that answers were seen which hold
    the ids that were asked for next.
    """

    outline: Outline
    calls: list[Known]
    start: int
    place: Place | None = None
    via: str | None = None
    certain: bool = False
    paged: bool = False
    branches: list[Branch] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.outline.operation.name

    @property
    def values(self) -> list[str]:
        """What the calls differ in, each once."""
        if self.place is None:
            return []
        found = (str(each.variables.get(self.place.variable)) for each in self.calls)
        return list(dict.fromkeys(found))

    @property
    def shape(self) -> tuple[Any, ...]:
        """Branches alike in this have the same query."""
        inner = tuple(sorted((each.shape for each in self.branches), key=repr))
        target = self.place.target if self.place else None
        return self.name, target, self.via, self.paged, inner

    def all(self) -> Iterator[Branch]:
        yield self
        for each in self.branches:
            yield from each.all()


def trees(
    schema: GraphQLSchema, outlines: Mapping[str, Outline], burst: list[Known]
) -> list[Branch]:
    """The loops of a burst, each as the tree that begins with what it may have begun with."""
    groups = _groups(outlines, burst)
    loops = [each for each in groups if each.place is not None]
    lists = [each for each in groups if each.place is None and each.outline.listing]
    roots = [each for each in loops if not _hang(schema, each, [*lists, *loops])]
    roots += [each for each in lists if each.branches or each.paged]
    return roots


def _groups(outlines: Mapping[str, Outline], burst: list[Known]) -> list[Branch]:
    """The calls of the burst by operation, and by what they have in common."""
    by_name: dict[str, list[tuple[int, Known]]] = defaultdict(list)
    for number, call in enumerate(burst):
        if call.endpoint.operation in outlines:
            by_name[call.endpoint.operation].append((number, call))
    return [each for name, calls in by_name.items() for each in _branches(outlines[name], calls)]


def _branches(outline: Outline, calls: list[tuple[int, Known]]) -> Iterator[Branch]:
    for place in outline.places:
        around = {each.variable for each in outline.places} - place.asked
        loops = [
            Branch(outline, [call for _, call in group], group[0][0], place)
            for group in _alike(calls, {place.variable, PAGE, *around})
        ]
        found = [each for each in loops if len(each.values) >= LEAST]
        if found:
            yield from found
            return
    for group in _alike(calls, {PAGE}):
        members = [call for _, call in group]
        pages = {call.variables.get(PAGE, 0) for call in members}
        yield Branch(outline, members, group[0][0], paged=outline.listing and len(pages) >= LEAST)


def _alike(
    calls: Iterable[tuple[int, Known]], but: AbstractSet[str]
) -> list[list[tuple[int, Known]]]:
    """The calls whose variables are the same, but for some."""
    groups: dict[str, list[tuple[int, Known]]] = defaultdict(list)
    for number, call in calls:
        rest = {name: each for name, each in call.variables.items() if name not in but}
        groups[repr(sorted(rest.items()))].append((number, call))
    return list(groups.values())


def _hang(schema: GraphQLSchema, loop: Branch, candidates: list[Branch]) -> bool:
    """Hang the loop on the branch whose items it asks about, if there is one."""
    assert loop.place is not None
    best: tuple[tuple[int, int, int], Branch, str | None] | None = None
    for each in candidates:
        if each is loop or each.start >= loop.start or loop in each.all():
            continue
        for via in _ways(schema, each.outline.item, loop.place.target):
            seen = _seen(each, loop)
            rank = seen, via is None, each.start
            if seen >= 0 and (best is None or rank > best[0]):
                best = rank, each, via
    if best is None:
        return False
    (seen, *_), parent, loop.via = best
    loop.certain = seen > 0
    parent.branches.append(loop)
    return True


def _seen(parent: Branch, loop: Branch) -> int:
    """How many of the ids were in the answers; 0 where these are not known, -1 for none."""
    known = [call.listed for call in parent.calls if call.listed is not None]
    if not known:
        return 0
    return len(frozenset().union(*known).intersection(loop.values)) or -1


def _ways(schema: GraphQLSchema, item: str | None, target: str) -> Iterator[str | None]:
    """The fields that lead from an item to one of the target; None if it is one itself."""
    if item == target:
        yield None
        return
    owner = schema.get_type(item) if item else None
    if isinstance(owner, GraphQLObjectType):
        for name, each in owner.fields.items():
            single = isinstance(get_nullable_type(each.type), GraphQLObjectType)
            if single and not each.args and get_named_type(each.type).name == target:
                yield name

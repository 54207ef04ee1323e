"""What an operation asks for in particular, and whether its answer has nothing of that.

Known from the document alone: a field with arguments, but for those of paging, asks for something
in particular. It finds nothing where its value is null, a list with a null, or a page without rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import DocumentNode, FieldNode, OperationDefinitionNode, SelectionSetNode

from app.guard import Fragments, fragments_of, merged
from app.recent import Recent

#: Arguments that say how much of a list is wanted, and not what of it.
PAGING = frozenset({"page", "pageSize", "all", "first", "after", "last", "before", "orderBy"})
#: The fields of a page that are empty, or 0, where it has no rows.
ROWS = frozenset({"items", "edges", "totalCount"})
#: Fields that do not show whether there is anything: where there are no others, there is not.
BLIND = frozenset({"pageInfo", "page", "pageSize", "__typename"})

#: Operations whose searches are remembered.
MOST = 1_000


@dataclass(frozen=True, slots=True)
class Search:
    """A field: whether it asks for something in particular, and the searches below it.

    `rows` are the members that tell, where it is a page, of its rows. A `blind` one asks for
    something, and does not show whether it is there.
    """

    particular: bool
    blind: bool = False
    rows: tuple[str, ...] = ()
    below: Mapping[str, Search] = field(default_factory=dict)

    def fails(self, value: Any) -> bool:
        """Whether nothing was found, here or by a search below."""
        if value is None or self.blind:
            return self.particular
        if isinstance(value, list):
            return any(map(self.fails, value))
        if not isinstance(value, dict):
            return False
        if self.rows and self.particular:
            shown = [value[name] for name in self.rows if name in value]
            if not shown or not all(shown):  # all of them were skipped, or there are none
                return True
        return bool(self.below) and failed(value, self.below)


#: By the response names of fields.
Searches = Mapping[str, Search]


def failed(data: Mapping[str, Any], searches: Searches) -> bool:
    """Whether one of the searches has found nothing; what was skipped is none."""
    for name, search in searches.items():  # noqa: SIM110 - `any` takes twice as long
        if name in data and search.fails(data[name]):
            return True
    return False


class Seeking:
    """The searches of operations."""

    def __init__(self) -> None:
        self._known: Recent[int, tuple[OperationDefinitionNode, Searches]] = Recent(MOST)

    def of(self, document: DocumentNode, operation: OperationDefinitionNode) -> Searches:
        """Those of an operation of a valid document."""
        known = self._known.get(id(operation))
        if known is None:
            known = operation, _searches([operation.selection_set], fragments_of(document))
            self._known.add(id(operation), known)  # which keeps its id from being another's
        return known[1]


def _searches(sets: Iterable[SelectionSetNode], fragments: Fragments) -> dict[str, Search]:
    groups = merged(((None, each) for each in sets), fragments)
    found = {
        name: _search([node for _, node in fields], fragments) for name, fields in groups.items()
    }
    return {name: each for name, each in found.items() if each.particular or each.below}


def _search(nodes: list[FieldNode], fragments: Fragments) -> Search:
    sets = [node.selection_set for node in nodes if node.selection_set is not None]
    arguments = {each.name.value for node in nodes for each in node.arguments or ()}
    inside = merged(((None, each) for each in sets), fragments)
    names = {fields[0][1].name.value for fields in inside.values()}
    rows = tuple(name for name, fields in inside.items() if fields[0][1].name.value in ROWS)
    particular = bool(sets) and not arguments <= PAGING
    return Search(
        particular,
        blind=particular and names <= BLIND,
        rows=rows,
        below=_searches(sets, fragments) if sets else {},
    )

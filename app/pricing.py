"""What operations cost: the pages they may resolve before they are run, and did resolve after."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLNamedType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
)
from graphql.execution.values import VariableValues

from app.budgets import READ, WRITE
from app.guard import Fragments, fragments_of, merged
from app.limits import Limits
from app.page_cost import PageCost, is_page
from app.recent import Recent

#: Prices that are remembered.
MOST = 2_000

#: The fields of an answer that lead to pages, by their names: whether it is one, and those below.
Branches = Mapping[str, tuple[bool, "Branches"]]


@dataclass(frozen=True)
class Price:
    """`cost` is the most that an operation comes to; `branches` is where to count what it did."""

    cost: int
    least: int = READ
    branches: Branches = field(default_factory=dict)

    def actual(self, data: Mapping[str, Any] | None) -> int:
        """What it came to; without data, the least."""
        if not self.branches or data is None:
            return self.cost if data is not None else self.least
        return min(self.cost, max(self.least, self.least - READ + _count(data, self.branches)))


#: Operations of documents of our own, which are of bounded cost.
OWN = {OperationType.QUERY: Price(READ), OperationType.MUTATION: Price(WRITE, least=WRITE)}


class Pricing:
    """The prices of the operations of one schema."""

    def __init__(self, schema: GraphQLSchema, limits: Limits) -> None:
        self._schema = schema
        self._limits = limits
        self._known: Recent[Hashable, tuple[OperationDefinitionNode, Price]] = Recent(MOST)

    def known(self, operation: OperationDefinitionNode, given: Mapping[str, Any]) -> Price | None:
        """The price, where one was made for such variables."""
        key = _key(operation, given)
        found = None if key is None else self._known.get(key)
        return None if found is None else found[1]

    def make(
        self,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        given: Mapping[str, Any],
        coerced: VariableValues,
    ) -> Price:
        """The price; raises `LimitExceeded` for one too high, `BadInput` for an impossible size."""
        fragments = fragments_of(document)
        pages = PageCost(self._schema, fragments, coerced, self._limits).check(operation).cost
        least = READ
        if operation.operation is OperationType.MUTATION:
            least = WRITE * len(operation.selection_set.selections)
        price = Price(least - READ + max(READ, pages), least, self._branches(operation, fragments))
        if (key := _key(operation, given)) is not None:
            self._known.add(key, (operation, price))  # which keeps its id from being another's
        return price

    def _branches(self, operation: OperationDefinitionNode, fragments: Fragments) -> Branches:
        root = self._schema.get_root_type(operation.operation)
        found = self._below([(root, operation.selection_set)] if root else [], fragments)
        nested = any(below for _, below in found.values())
        return found if nested else {}  # pages of the root are resolved, all of them

    def _below(
        self, sets: Iterable[tuple[GraphQLNamedType, SelectionSetNode]], fragments: Fragments
    ) -> dict[str, tuple[bool, Branches]]:
        found: dict[str, tuple[bool, Branches]] = {}
        groups = merged(((parent.name, selected) for parent, selected in sets), fragments)
        for name, fields in groups.items():
            nested, page = [], False
            for parent, node in fields:
                owner = self._schema.get_type(parent) if parent else None
                known = getattr(owner, "fields", {}).get(node.name.value)
                if known is not None and node.selection_set is not None:
                    nested.append((get_named_type(known.type), node.selection_set))
                    page = page or is_page(known)
            below = self._below(nested, fragments) if nested else {}
            if page or below:
                found[name] = (page, below)
        return found


def _key(operation: OperationDefinitionNode, given: Mapping[str, Any]) -> Hashable:
    """What a price depends on: numbers, truths and nulls, and how many items are in a list."""
    found: list[object] = [id(operation)]
    for name, value in given.items():
        kind = type(value)
        if value is None or kind is int or kind is bool or kind is float:
            found.append((name, value, kind))
        elif kind is list:
            found.append((name, len(value), "items"))
        elif kind is dict and operation.operation is OperationType.QUERY:
            return None
    return tuple(found)


def _count(value: Any, branches: Branches) -> int:
    if isinstance(value, list):
        return sum(_count(each, branches) for each in value)
    if not isinstance(value, dict):
        return 0
    number = 0
    for name, (page, below) in branches.items():
        inner = value.get(name)
        if inner is not None:
            number += page
            if below:
                number += _count(inner, below)
    return number

"""How many rows an operation may read, predicted from the sizes of the pages it asks for.

A page is a field whose type's name ends in `Page`. Its rows are its size times the sizes of the
pages around it; `@skip` and `@include` are not believed. Cost counts how often pages are resolved.
A list that has fewer rows than others when all are asked for says so in an extension of its field.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)
from graphql.execution.values import VariableValues, get_argument_values

from app.errors import BadInput
from app.guard import Fragments, merged
from app.limits import Limits, refusal

SIZES = ("last", "first", "pageSize")  # the earlier prevails: `pageSize` may have a default
ALL = "all"
ALL_ROWS = "all_rows"  # the extension
ADVICE = " Pages count as if they were full: ask for smaller ones, or for fewer in each other."
COUNTS = {"totalCount", "page", "pageSize", "__typename"}  # fields of a page without its rows


@dataclass
class Price:
    """`nodes` rows at most, and `cost` pages resolved at most."""

    nodes: int = 0
    cost: int = 0

    def add(self, times: int, size: int) -> None:
        self.cost += times
        self.nodes += times * size


@dataclass(frozen=True)
class PageCost:
    """The prediction for one operation of a valid document whose variables are coerced."""

    schema: GraphQLSchema
    fragments: Fragments
    variables: VariableValues
    limits: Limits

    def check(self, operation: OperationDefinitionNode) -> Price:
        """The price; raises `LimitExceeded` for one too high, `BadInput` for an impossible size."""
        price = Price()
        root = self.schema.get_root_type(operation.operation)
        if root is not None:
            self._visit([(root, operation.selection_set)], 1, 1, price)
        for name in ("nodes", "cost"):
            found, allowed = getattr(price, name), getattr(self.limits, name)
            if found > allowed:
                raise refusal(name, allowed, found, advice=ADVICE)
        return price

    def _visit(
        self,
        sets: list[tuple[GraphQLNamedType, SelectionSetNode]],
        times: int,
        rows: int,
        price: Price,
    ) -> None:
        """Add what selection sets cost that are resolved `times` times and hold lists of `rows`."""
        groups = merged(((parent.name, selected) for parent, selected in sets), self.fragments)
        for fields in groups.values():
            known = [(found, node) for name, node in fields if (found := self._field(name, node))]
            nested = [
                (get_named_type(found.type), node.selection_set)
                for found, node in known
                if node.selection_set is not None
            ]
            if not nested:
                continue
            size = max(self._size(*each) for each in known)
            if any(is_page(found) for found, _ in known):
                size = size if self._reads_rows(nested) else 0
                price.add(times, size)
                self._visit(nested, times, size, price)
            else:
                price.nodes += times * size if size > 1 else 0
                self._visit(nested, times * max(size, self._held(known, rows)), 1, price)

    def _reads_rows(self, pages: list[tuple[GraphQLNamedType, SelectionSetNode]]) -> bool:
        """Whether anything is asked of a page but how many rows there are."""
        groups = merged(((page.name, selected) for page, selected in pages), self.fragments)
        return any(
            node.name.value not in COUNTS for fields in groups.values() for _, node in fields
        )

    @staticmethod
    def _held(known: list[tuple[GraphQLField, FieldNode]], rows: int) -> int:
        lists = any(is_list_type(get_nullable_type(found.type)) for found, _ in known)
        return rows if lists else 1

    def _field(self, parent: str | None, node: FieldNode) -> GraphQLField | None:
        owner = self.schema.get_type(parent) if parent else None
        fields: dict[str, GraphQLField] = getattr(owner, "fields", {})
        return fields.get(node.name.value)

    def _size(self, field: GraphQLField, node: FieldNode) -> int:
        """The rows of a page, or the items of a list whose argument lists them, such as ids."""
        try:
            arguments = get_argument_values(field, node, self.variables)
        except GraphQLError:
            return 1  # execution reports it, and resolves nothing
        if not is_page(field):
            return max([1, *(len(each) for each in arguments.values() if isinstance(each, list))])
        return self._page_size(field, arguments)

    def _page_size(self, field: GraphQLField, arguments: dict[str, Any]) -> int:
        names = {argument.out_name or name: name for name, argument in field.args.items()}
        given = {names.get(name, name): value for name, value in arguments.items()}
        sizes = [(name, given[name]) for name in SIZES if given.get(name) is not None]
        for name, size in sizes:
            if not 1 <= size <= self.limits.page_size:
                message = f"{name}: a page has 1 to {self.limits.page_size} rows."
                raise BadInput(message, field=name)
        if given.get(ALL):
            rows: int = field.extensions.get(ALL_ROWS, self.limits.all_rows)
            return rows
        if not field.args.keys() & {*SIZES, ALL}:
            return 1  # a single row in the shape of a page
        return sizes[0][1] if sizes else self.limits.default_page_size


def is_page(field: GraphQLField) -> bool:
    return get_named_type(field.type).name.endswith("Page")

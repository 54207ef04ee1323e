"""The interpreter's executor: graphql-core's own, with a short road for the columns of rows.

A field that is declared as a `Column` is read from its row and serialized by its type, and nothing
else is done for it; of the rows of a page, only the columns are read that its fields need. Whatever
does not go smoothly (a null where none may be, a value that does not fit its type, an attribute
that is missing) is left to graphql-core, from the start of its object or list, so that every error
is graphql-core's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from graphql import (
    Executor,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    get_named_type,
    get_nullable_type,
    is_object_type,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.pyutils import AwaitableOrValue, Path

from resolvers.leaves import Leaf, leaf, needed, read
from resolvers.loaders import Columns
from resolvers.pages import Page

#: The fields of a page that need no more of its rows than their ids and their order.
_WITHOUT_COLUMNS = frozenset({"pageInfo", "totalCount", "page", "pageSize", "__typename"})


@dataclass(frozen=True)
class Selection:
    """The fields selected of an object: its leaves, and the others, which graphql-core resolves.

    `columns` are those that the rows of a page must have; None for all, and for other objects.
    """

    fields: GroupedFieldSet
    leaves: tuple[Leaf, ...]
    others: GroupedFieldSet
    columns: tuple[str, ...] | None


class ColumnExecutor(Executor[Any]):
    """Executes one operation of a Strawberry schema. Give it to `execute` as `executor_class`."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._selections: dict[tuple[str, int], Selection] = {}

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: GroupedFieldSet,
        position_context: Any,
    ) -> AwaitableOrValue[dict[str, Any]]:
        """The object of the fields, in their order, as graphql-core would make it."""
        selection = self._selection(parent_type, grouped_field_set)
        if selection.columns is not None and isinstance(source_value, Page):
            source_value = replace(source_value, columns=selection.columns)
        values = dict.fromkeys(grouped_field_set)
        fields = selection.others
        if not selection.leaves or not read(source_value, selection.leaves, values):
            fields = grouped_field_set
        elif not fields:
            return values
        others = super().execute_fields(parent_type, source_value, path, fields, position_context)
        if fields is grouped_field_set:
            return others
        return values | others if isinstance(others, dict) else _joined(values, others)

    def complete_iterable_value(  # noqa: PLR0917 - graphql-core's signature
        self,
        item_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        items: Iterable[Any],
        position_context: Any,
    ) -> AwaitableOrValue[list[Any]]:
        """The completed list: at one go, where nothing but leaves is selected of its objects."""
        type_ = get_nullable_type(item_type)
        if is_object_type(type_) and isinstance(items, list):
            fields = self.collect_subfields(type_, field_details_list).grouped_field_set
            selection = self._selection(type_, fields)
            if not selection.others:
                objects = _objects(type_, selection.leaves, items, info)
                if objects is not None:
                    return objects
        return super().complete_iterable_value(
            item_type, field_details_list, info, path, items, position_context
        )

    def complete_object_value(  # noqa: PLR0917 - graphql-core's signature
        self,
        return_type: GraphQLObjectType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> AwaitableOrValue[dict[str, Any]]:
        """The object of a value; of columns it is known that they were read for this type."""
        if isinstance(result, Columns):
            return self.collect_and_execute_subfields(
                return_type, field_details_list, path, result, position_context
            )
        return super().complete_object_value(
            return_type, field_details_list, info, path, result, position_context
        )

    def _selection(self, parent: GraphQLObjectType, fields: GroupedFieldSet) -> Selection:
        # By identity, as graphql-core memoizes what it collects: while a selection holds the
        # fields, no others can have their number.
        key = parent.name, id(fields)
        if (known := self._selections.get(key)) is not None:
            return known
        found = {name: leaf(parent, _name(details), name) for name, details in fields.items()}
        leaves = tuple(each for each in found.values() if each is not None)
        others = {name: details for name, details in fields.items() if found[name] is None}
        made = Selection(fields, leaves, others, self._columns(parent, fields))
        self._selections[key] = made
        return made

    def _columns(
        self, parent: GraphQLObjectType, fields: GroupedFieldSet
    ) -> tuple[str, ...] | None:
        names = {"id"}
        for type_, details in self._items(parent, fields):
            if not is_object_type(type_):
                return None
            for selected in self.collect_subfields(type_, details).grouped_field_set.values():
                if (name := needed(type_, _name(selected))) is None:
                    return None
                names.add(name)
        return tuple(sorted(names))

    def _items(
        self, parent: GraphQLObjectType, fields: GroupedFieldSet
    ) -> Iterator[tuple[Any, FieldDetailsList]]:
        """The types and the fields through which a page shows its rows; None for unknown ones."""
        for details in fields.values():
            name = _name(details)
            if name in _WITHOUT_COLUMNS:
                continue
            type_ = get_named_type(parent.fields[name].type) if name in parent.fields else None
            if name == "edges" and is_object_type(type_):
                inner = self.collect_subfields(type_, details).grouped_field_set
                for each in inner.values():
                    if _name(each) == "node":
                        yield get_named_type(type_.fields["node"].type), each
            else:
                yield type_ if name == "items" else None, details


def _name(details: FieldDetailsList) -> str:
    return details[0].node.name.value


def _objects(
    type_: GraphQLObjectType,
    leaves: tuple[Leaf, ...],
    items: list[Any],
    info: GraphQLResolveInfo[Any],
) -> list[dict[str, Any]] | None:
    """The objects of values that have only leaves; None if graphql-core must complete them."""
    of_type = type_.is_type_of
    objects: list[dict[str, Any]] = []
    for item in items:
        known = of_type is None or isinstance(item, Columns) or of_type(item, info) is True
        values: dict[str, Any] = {}
        if not known or not read(item, leaves, values):
            return None
        objects.append(values)
    return objects


async def _joined(values: dict[str, Any], others: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    values.update(await others)
    return values

"""The interpreter's executor: graphql-core's own, with short roads for what is declared.

A field that is declared as a `Column` is read from its row and serialized by its type, and nothing
else is done for it; of the rows of a page, only the columns are read that its fields need. The
objects of a list are made at one go, with all that is below them, where every field of theirs is
declared. Whatever does not go smoothly (a null where none may be, a value that does not fit its
type, an attribute that is missing, a read that fails) is left to graphql-core, from the start of
its object or list, so that every error is graphql-core's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from graphql import (
    Executor,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    get_nullable_type,
    is_object_type,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.pyutils import AwaitableOrValue, Path

from resolvers.branches import Field, leaves_of, objects_of
from resolvers.leaves import Leaf
from resolvers.loaders import Columns
from resolvers.pages import Page
from resolvers.selections import Selections

Objects = list[Any]


class ColumnExecutor(Executor[Any]):
    """Executes one operation of a Strawberry schema. Give it to `execute` as `executor_class`."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._selections = Selections(self)

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: GroupedFieldSet,
        position_context: Any,
    ) -> AwaitableOrValue[dict[str, Any]]:
        """The object of the fields, in their order, as graphql-core would make it."""
        selection = self._selections.of(parent_type, grouped_field_set)
        if selection.columns is not None and isinstance(source_value, Page):
            source_value = replace(source_value, columns=selection.columns)
        values = dict.fromkeys(grouped_field_set)
        fields = selection.others
        if not selection.leaves or not _read(source_value, selection.leaves, values):
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
    ) -> AwaitableOrValue[Objects]:
        """The completed list: at one go, where all is declared that is selected of its objects."""
        otherwise = partial(
            super().complete_iterable_value,
            item_type, field_details_list, info, path, items, position_context,
        )  # fmt: skip
        type_ = get_nullable_type(item_type)
        if not is_object_type(type_) or not isinstance(items, list):
            return otherwise()
        fields = self.collect_subfields(type_, field_details_list).grouped_field_set
        at_once = self._selections.at_once(type_, fields)
        if at_once is None or not all(_is_of(type_, item, info) for item in items):
            return otherwise()
        leaves = tuple(each for each in at_once if isinstance(each, Leaf))
        if len(leaves) < len(at_once):
            return self._branching(at_once, items, otherwise)
        try:
            return leaves_of(leaves, items)
        except Exception:  # noqa: BLE001 - graphql-core meets it again, and reports it
            return otherwise()

    async def _branching(
        self,
        fields: tuple[Field, ...],
        items: list[Any],
        otherwise: Callable[[], AwaitableOrValue[Objects]],
    ) -> Objects:
        try:
            return list(await objects_of(fields, self.context_value, items))
        except Exception:  # noqa: BLE001 - graphql-core meets it again, and reports it
            found = otherwise()
            return found if isinstance(found, list) else await found

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


def _is_of(type_: GraphQLObjectType, item: Any, info: GraphQLResolveInfo[Any]) -> bool:
    of_type = type_.is_type_of
    return of_type is None or isinstance(item, Columns) or of_type(item, info) is True


def _read(source: Any, leaves: tuple[Leaf, ...], values: dict[str, Any]) -> bool:
    """Put the leaves of an object into `values`; False if graphql-core must complete the object."""
    try:
        for each in leaves:
            values[each.name] = each.of(source)
    except Exception:  # noqa: BLE001 - graphql-core meets it again, and reports it
        return False
    return True


async def _joined(values: dict[str, Any], others: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    values.update(await others)
    return values

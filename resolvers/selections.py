"""What is selected of the objects of a list, as far as the declarations of its fields say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Any

import strawberry
from graphql import (
    Executor,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    get_named_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from strawberry.types.field import StrawberryField

from app.errors import Problem
from resolvers.answers import Listed, PagePart, Related
from resolvers.arguments import given
from resolvers.branches import Field, Held, Paged, PageField, Pointed
from resolvers.identifiers import parse_input
from resolvers.leaves import DEFINITION, Leaf, Unfit, definition_of, leaf, needed
from resolvers.listing import Ask
from resolvers.pages import ask

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


class Selections:
    """The selections of one operation, each worked out once.

    By identity, as graphql-core memoizes what it collects: while a selection holds the fields, no
    others can have their number.
    """

    def __init__(self, executor: Executor[Any]) -> None:
        self._executor = executor
        self._known: dict[tuple[str, int], Selection] = {}
        self._fields: dict[tuple[str, int], tuple[Field, ...] | None] = {}

    def of(self, parent: GraphQLObjectType, fields: GroupedFieldSet) -> Selection:
        key = parent.name, id(fields)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._selection(parent, fields)
        return known

    def at_once(
        self, parent: GraphQLObjectType, fields: GroupedFieldSet
    ) -> tuple[Field, ...] | None:
        """The fields, where all their values for many objects can be had at once; else None."""
        key = parent.name, id(fields)
        if key not in self._fields:
            self.of(parent, fields)  # which holds the fields
            self._fields[key] = self._all(parent, fields)
        return self._fields[key]

    def _selection(self, parent: GraphQLObjectType, fields: GroupedFieldSet) -> Selection:
        found = {name: leaf(parent, _name(details), name) for name, details in fields.items()}
        leaves = tuple(each for each in found.values() if each is not None)
        others = {name: details for name, details in fields.items() if found[name] is None}
        return Selection(fields, leaves, others, self._columns(parent, fields))

    def _columns(
        self, parent: GraphQLObjectType, fields: GroupedFieldSet
    ) -> tuple[str, ...] | None:
        names = {"id"}
        for type_, details in self._items(parent, fields):
            if not is_object_type(type_):
                return None
            for selected in self._below(type_, details).values():
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
                for each in self._below(type_, details).values():
                    if _name(each) == "node":
                        yield get_named_type(type_.fields["node"].type), each
            else:
                yield type_ if name == "items" else None, details

    def _below(self, type_: GraphQLObjectType, details: FieldDetailsList) -> GroupedFieldSet:
        return self._executor.collect_subfields(type_, details).grouped_field_set

    def _all(self, parent: GraphQLObjectType, fields: GroupedFieldSet) -> tuple[Field, ...] | None:
        try:
            return tuple(self._field(parent, name, each) for name, each in fields.items())
        except (Unfit, Problem, GraphQLError):  # which graphql-core meets again, and reports
            return None

    def _field(self, parent: GraphQLObjectType, name: str, details: FieldDetailsList) -> Field:
        """Raises `Unfit` where more is needed than the declaration says."""
        if (found := leaf(parent, _name(details), name)) is not None:
            return found
        field, declared = _declared(parent, details)
        match declared.metadata.get("answer"):
            case Listed(access=None, organization=False) as listed:
                return self._paged(name, field, listed, details)
            case Related(foreign_key=key, table=table):
                nullable = not is_non_null_type(field.type)
                made = partial(Pointed, name, attrgetter(key), table, nullable)
                return made(self._objects(field, details))
        held = getattr(getattr(get_named_type(field.type), "is_type_of", None), "table", None)
        if not declared.is_basic_field or held is None:
            raise Unfit
        return Held(name, declared.python_name, held, self._objects(field, details))

    def _objects(self, field: GraphQLField, details: FieldDetailsList) -> tuple[Field, ...]:
        """The fields below a field that is an object, or a list of objects."""
        type_ = get_named_type(field.type)
        found = self.at_once(type_, self._below(type_, details)) if is_object_type(type_) else None
        if found is None:
            raise Unfit
        return found

    def _paged(
        self, name: str, field: GraphQLField, listed: Listed, details: FieldDetailsList
    ) -> Paged:
        type_: Any = get_named_type(field.type)
        fields = self._below(type_, details)
        parts = tuple(self._part(type_, name, each) for name, each in fields.items())
        question = self._ask(field, listed, details)
        return Paged(name, question, self.of(type_, fields).columns, parts)

    def _part(
        self, page: GraphQLObjectType, name: str, details: FieldDetailsList
    ) -> PageField | Leaf:
        if (found := leaf(page, _name(details), name)) is not None:
            return found
        field, declared = _declared(page, details)
        answer = declared.metadata.get("answer")
        if not isinstance(answer, PagePart):
            raise Unfit
        below = is_object_type(get_named_type(field.type))
        return PageField(name, answer.name, self._objects(field, details) if below else ())

    def _ask(self, field: GraphQLField, listed: Listed, details: FieldDetailsList) -> Ask:
        """The question of a list, which is the same under all rows."""
        executor, first = self._executor, details[0]
        graph: strawberry.Schema = executor.schema.extensions[DEFINITION]
        found = given(
            graph, field, first.node, executor.variable_values, first.fragment_variable_values
        )
        return ask(listed.listing, {name: parse_input(each) for name, each in found.items()})


def _declared(
    parent: GraphQLObjectType, details: FieldDetailsList
) -> tuple[GraphQLField, StrawberryField]:
    field = parent.fields.get(_name(details))
    if field is None or (declared := definition_of(field)) is None:
        raise Unfit
    return field, declared


def _name(details: FieldDetailsList) -> str:
    return details[0].node.name.value

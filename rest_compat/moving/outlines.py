"""An operation that reads: what its answer lists, and what each id in it stands for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    ArgumentNode,
    FieldNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    OperationType,
    SelectionSetNode,
    VariableNode,
    Visitor,
    get_named_type,
    visit,
)

from rest_compat.documents import BODY, Operation
from rest_compat.moving.selecting import Selecting, field, fields_of, merged, operation_of

ITEMS = "items"
AS_PAGE = "asPage"
NODES = "nodes"


@dataclass(frozen=True)
class Place:
    """A variable that names one item of the type `target`, and what is asked of that item.

    `grafts` are the fields that the item would have to be asked for the same answer, `asked` the
    variables in them, and `trail` the names that lead through them to what the answer holds.
    """

    variable: str
    target: str
    grafts: tuple[FieldNode, ...]
    trail: tuple[str, ...]

    @property
    def asked(self) -> frozenset[str]:
        found = _Variables()
        for each in self.grafts:
            visit(each, found)
        return frozenset(found.names)


class _Variables(Visitor):
    """Collects the names of variables."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.names.add(node.name.value)


@dataclass(frozen=True)
class Outline:
    """A query of the REST API, in the words of the graph.

    `fields` are those of the whole query, `trail` the names that lead to the items of the list
    `item`, or of the only item. `listing` tells the two apart. `places` begin with the innermost.
    """

    operation: Operation
    fields: tuple[FieldNode, ...]
    trail: tuple[str, ...]
    item: str | None
    listing: bool
    places: tuple[Place, ...]


def outlines(
    schema: GraphQLSchema, operations: Mapping[str, Operation], selecting: Any
) -> dict[str, Outline]:
    """The outline of each operation that is a query; `selecting` makes what writes selections."""
    return {
        name: _outline(schema, each, selecting(each.document))
        for name, each in operations.items()
        if operation_of(each.document).operation is OperationType.QUERY
    }


@dataclass(frozen=True)
class _Step:
    """A field on the way to the body, as it stands in the operation, and what it belongs to."""

    node: FieldNode
    owner: GraphQLObjectType | GraphQLInterfaceType

    @property
    def name(self) -> str:
        return self.node.name.value

    @property
    def declared(self) -> GraphQLField:
        found: GraphQLField = self.owner.fields[self.name]
        return found

    @property
    def target(self) -> str:
        return get_named_type(self.declared.type).name

    @property
    def items(self) -> GraphQLField | None:
        """The items of a page, None for what is no page."""
        type_ = get_named_type(self.declared.type)
        return type_.fields.get(ITEMS) if isinstance(type_, GraphQLObjectType) else None

    @property
    def identity(self) -> tuple[FieldNode, ...]:
        """The least that can be asked of an item: nothing of what has no fields."""
        has_fields = isinstance(get_named_type(self.declared.type), GraphQLObjectType)
        return (field("id"),) if has_fields else ()


def _outline(schema: GraphQLSchema, operation: Operation, selecting: Selecting) -> Outline:
    root = schema.query_type
    assert root is not None
    node = operation_of(operation.document)
    steps = list(_steps(schema, root, operation, node.selection_set))
    page = steps[-1].items
    item = get_named_type((page or steps[-1].declared).type)
    # An item that is asked by its own id what another field of it says is no place.
    places = [each for each in _places(schema, steps, selecting) if each.variable not in each.asked]
    return Outline(
        operation,
        _kept(selecting.fields(node.selection_set), steps),
        _trail(steps),
        item.name if isinstance(item, GraphQLObjectType) else None,
        page is not None and steps[-1].name != AS_PAGE,
        tuple(places[::-1]),
    )


def _trail(steps: list[_Step]) -> tuple[str, ...]:
    names = tuple(step.name for step in steps)
    return (*names, ITEMS) if steps[-1].items else names


def _kept(fields: tuple[FieldNode, ...], steps: list[_Step]) -> tuple[FieldNode, ...]:
    """The fields without the numbers of pages, and with the way to what the answer holds.

    That is kept where nothing of it is wanted as well: something may hang on it.
    """
    inner: tuple[FieldNode, ...] = ()
    for step in reversed(steps):
        if step is steps[-1]:
            inner = (field(ITEMS, [field("id")]),) if step.items else step.identity
        inner = (field(step.name, inner, step.node.arguments),)
    plain = _without_pages(fields)
    return plain if _leads(plain, _trail(steps)) else tuple(merged(plain, inner, steps[-1].name))


def _leads(fields: tuple[FieldNode, ...], trail: tuple[str, ...]) -> bool:
    found = next((each for each in fields if trail and each.name.value == trail[0]), None)
    return not trail or (found is not None and _leads(fields_of(found), trail[1:]))


def _steps(
    schema: GraphQLSchema,
    owner: GraphQLObjectType,
    operation: Operation,
    selected: Any,
    depth: int = 0,
) -> Iterator[_Step]:
    """The fields that lead to the body: `operation.path` has their response names."""
    name = (operation.path or ())[depth]
    for node in selected.selections:
        if isinstance(node, FieldNode) and (node.alias or node.name).value == name:
            step = _Step(node, owner)
            yield step
            inner = get_named_type(step.declared.type)
            if name != BODY and isinstance(inner, GraphQLObjectType):
                yield from _steps(schema, inner, operation, node.selection_set, depth + 1)
            return


def _places(schema: GraphQLSchema, steps: list[_Step], selecting: Selecting) -> Iterator[Place]:
    """The outermost first."""
    for number, step in enumerate(steps):
        for argument in step.node.arguments or ():
            if not isinstance(argument.value, VariableNode):
                continue
            variable = argument.value.name.value
            if argument.name.value == "id":
                yield _below(variable, steps[number:], selecting)
            elif (owner := _owner(schema, step, argument)) is not None:
                yield _elsewhere(variable, owner, argument, steps[number:], selecting)


def _below(variable: str, steps: list[_Step], selecting: Selecting) -> Place:
    """What is asked of the item that the first of the steps finds."""
    first, rest = steps[0], steps[1:]
    fields = selecting.fields(first.node.selection_set)
    if not rest:
        return Place(variable, first.target, _without_pages(fields), ())
    kept = _kept(fields, rest)
    if rest[0].name == AS_PAGE:  # the item itself, in the shape of a page
        (page,) = kept
        (items,) = (each for each in fields_of(page) if each.name.value == ITEMS)
        return Place(variable, first.target, fields_of(items), ())
    return Place(variable, first.target, kept, _trail(rest))


def _elsewhere(
    variable: str, owner: str, argument: ArgumentNode, steps: list[_Step], selecting: Selecting
) -> Place:
    """The field itself, without the argument that says of which item it is asked."""
    first = steps[0]
    (whole,) = _kept(selecting.fields(SelectionSetNode(selections=(first.node,))), steps)
    arguments = [each for each in whole.arguments or () if each is not argument]
    graft = field(first.name, fields_of(whole), arguments)
    return Place(variable, owner, (graft,), _trail(steps))


def _owner(schema: GraphQLSchema, step: _Step, argument: ArgumentNode) -> str | None:
    """The type that `organizationId` names an item of, if it has the same field itself."""
    name = argument.name.value
    owner = schema.get_type(name[:1].upper() + name[1:].removesuffix("Id"))
    if not name.endswith("Id") or not isinstance(owner, GraphQLObjectType):
        return None
    same = owner.fields.get(step.name)
    alike = same is not None and get_named_type(same.type).name == step.target
    return owner.name if alike else None


def _without_pages(fields: tuple[FieldNode, ...]) -> tuple[FieldNode, ...]:
    """Without the number and the size of pages, which who asks knows."""
    return tuple(
        field(each.name.value, _without_pages(fields_of(each)), each.arguments)
        for each in fields
        if each.name.value not in {"page", "pageSize"}
    )

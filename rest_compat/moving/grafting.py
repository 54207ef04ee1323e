"""A tree of calls → the one query that replaces them, with the values of its variables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    InlineFragmentNode,
    ListTypeNode,
    NamedTypeNode,
    NameNode,
    NonNullTypeNode,
    ObjectFieldNode,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    print_ast,
    validate,
)

from rest_compat.moving.loops import PAGE, Branch
from rest_compat.moving.outlines import NODES
from rest_compat.moving.selecting import field as field_node
from rest_compat.moving.selecting import fields_of, merged, operation_of

#: Ids that one `nodes` takes, and characters of the name of an operation.
MOST_IDS: Final = 100
LONGEST_NAME: Final = 80
IDS: Final = "ids"
SIZES: Final = ("pagesize",)
ALL: Final = ("all", "_all")
LARGEST_PAGE: Final = 100

#: Why the service would refuse a document with these variables; None where it would not.
Refusal = Callable[[str, Mapping[str, Any]], str | None]


@dataclass(frozen=True)
class Document:
    """An operation as text, with values for its variables; `notes` say what to know of it."""

    name: str
    source: str
    variables: Mapping[str, Any]
    notes: tuple[str, ...] = ()


@dataclass
class _Writing:
    """The variables of the query in the making: their definitions, values, and what sizes pages."""

    definitions: dict[str, VariableDefinitionNode] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    sizes: list[str] = field(default_factory=list)


def query_of(schema: GraphQLSchema, tree: Branch, refusal: Refusal) -> Document | None:
    """The query of a tree; None where the graph has none for it.

    Raises ValueError for one that the schema does not allow, which is a bug.
    """
    writing, name = _Writing(), _name_of(tree)
    selections = _root(tree, writing) if tree.place is None else _nodes(tree, writing)
    if not selections:
        return None
    operation = OperationDefinitionNode(
        operation=OperationType.QUERY,
        name=NameNode(value=name),
        variable_definitions=tuple(writing.definitions.values()),
        directives=(),
        selection_set=SelectionSetNode(selections=tuple(selections)),
    )
    document = DocumentNode(definitions=(operation,))
    if errors := validate(schema, document):
        raise ValueError("\n\n".join(map(str, errors)))
    source = print_ast(document) + "\n"
    return _fitted(Document(name, source, writing.values), writing, refusal)


def _fitted(document: Document, writing: _Writing, refusal: Refusal) -> Document:
    """The document with pages no larger than the service allows."""
    values, notes = dict(document.variables), []
    why = refusal(document.source, values)
    for name in ALL:
        if why is not None and values.get(name):
            values |= {name: False, **dict.fromkeys(writing.sizes[:1], LARGEST_PAGE)}
            notes.append(f"All pages in one answer are too many: `{name}` is false, page on.")
            why = refusal(document.source, values)
    inner = writing.sizes[::-1]  # of the largest, the innermost first
    while why is not None and inner and values[largest := max(inner, key=values.__getitem__)] > 1:
        values[largest] //= 2
        why = refusal(document.source, values)
    if any(values[name] < document.variables[name] for name in writing.sizes):
        notes.append("The pages are smaller than those asked for over REST: of more, ask again.")
    if why is not None:
        notes.append(f"The service refuses it as it stands: {why}")
    return replace(document, variables=values, notes=tuple(notes))


def _root(tree: Branch, writing: _Writing) -> list[FieldNode]:
    """The operation of the list itself, with what hangs on its items."""
    fields = _bound(tree, tree.outline.fields, writing, "")
    if tree.paged:
        for name in ALL:
            if name in writing.definitions:
                writing.values[name] = True
    return _deepened(fields, tree.outline.trail, _branches(tree, writing))


def _nodes(tree: Branch, writing: _Writing) -> list[FieldNode]:
    """Items by their ids, wherever these came from."""
    assert tree.place is not None
    own = _bound(tree, tree.place.grafts, writing, "")
    fields = _with_branches(tree, own, writing)
    if not fields:
        return []
    definition = VariableDefinitionNode(
        variable=VariableNode(name=NameNode(value=IDS)),
        type=NonNullTypeNode(type=ListTypeNode(type=NonNullTypeNode(type=_named("ID")))),
        directives=(),
    )
    writing.definitions = {IDS: definition, **writing.definitions}
    writing.values[IDS] = tree.values[:MOST_IDS]
    on = InlineFragmentNode(
        type_condition=_named(tree.place.target),
        directives=(),
        selection_set=SelectionSetNode(selections=(field_node("id"), *_but_id(fields))),
    )
    ids = ArgumentNode(name=NameNode(value=IDS), value=VariableNode(name=NameNode(value=IDS)))
    return [field_node(NODES, [on], [ids])]


def _but_id(fields: Iterable[FieldNode]) -> list[FieldNode]:
    return [each for each in fields if each.name.value != "id"]


def _named(name: str) -> NamedTypeNode:
    return NamedTypeNode(name=NameNode(value=name))


def _with_branches(tree: Branch, own: Iterable[FieldNode], writing: _Writing) -> list[FieldNode]:
    """The fields that a loop adds to an item, with what hangs on what it lists."""
    assert tree.place is not None
    return _deepened(list(own), tree.place.trail, _branches(tree, writing))


def _branches(tree: Branch, writing: _Writing) -> list[FieldNode]:
    """What the branches of a tree ask of each of its items."""
    found: list[FieldNode] = []
    for each in tree.branches:
        assert each.place is not None
        own = _bound(each, each.place.grafts, writing, each.name)
        fields: Iterable[FieldNode] = _with_branches(each, own, writing)
        if each.via is not None and fields:
            fields = [field_node(each.via, fields)]
        found = merged(found, fields, each.name)
    return found


def _deepened(
    fields: list[FieldNode], trail: tuple[str, ...], added: list[FieldNode]
) -> list[FieldNode]:
    """The fields, with others added at the end of the trail."""
    if not added:
        return fields
    if not trail:
        return merged(fields, added, added[0].name.value)
    known = next(each for each in fields if each.name.value == trail[0])
    inner = _deepened(list(fields_of(known)), trail[1:], added)
    deeper = field_node(
        known.name.value, inner, known.arguments, known.alias.value if known.alias else None
    )
    return [deeper if each is known else each for each in fields]


def _bound(
    tree: Branch, fields: Iterable[FieldNode], writing: _Writing, prefix: str
) -> list[FieldNode]:
    """The fields with arguments for what the calls gave; what they never gave is left out."""
    given = dict(tree.calls[0].variables)
    if len({call.variables.get(PAGE) for call in tree.calls}) > 1:
        given.pop(PAGE, None)
    if tree.place is not None:
        given.pop(tree.place.variable, None)
    if tree.paged:
        given.update(dict.fromkeys(ALL, True))
    binding = _Binding(tree, given, writing, prefix)
    return [binding.field(each) for each in fields]


@dataclass(frozen=True)
class _Binding:
    """The arguments of one branch, with variables that are the query's own."""

    tree: Branch
    given: Mapping[str, Any]
    writing: _Writing
    prefix: str

    def field(self, node: FieldNode) -> FieldNode:
        bound = [
            ArgumentNode(name=each.name, value=value)
            for each in node.arguments or ()
            if (value := self._value(each.value)) is not None
        ]
        inner = [self.field(each) for each in fields_of(node)]
        return field_node(node.name.value, inner, bound)

    def _value(self, value: ValueNode) -> ValueNode | None:
        if isinstance(value, ObjectValueNode):
            members = [
                ObjectFieldNode(name=each.name, value=inner)
                for each in value.fields
                if (inner := self._value(each.value)) is not None
            ]
            return ObjectValueNode(fields=tuple(members)) if members else None
        return self._variable(value.name.value) if isinstance(value, VariableNode) else value

    def _variable(self, name: str) -> VariableNode | None:
        """The query's variable for one of the branch's; None for one without a value."""
        declared = {
            each.variable.name.value: each
            for each in operation_of(self.tree.outline.operation.document).variable_definitions
            or ()
        }[name]
        default = {each.name: each.default for each in self.tree.outline.operation.variables}[name]
        if name not in self.given and declared.default_value is None:
            return None
        own = _camel(self.prefix, name) if self.prefix else name.lstrip("_")
        variable = VariableNode(name=NameNode(value=own))
        self.writing.definitions[own] = VariableDefinitionNode(
            variable=variable, type=declared.type, default_value=None, directives=()
        )
        self.writing.values[own] = self.given.get(name, default)
        if name in SIZES and own not in self.writing.sizes:
            self.writing.sizes.append(own)
        return variable


def _camel(prefix: str, name: str) -> str:
    plain = name.lstrip("_")
    return prefix + plain[:1].upper() + plain[1:]


def _name_of(tree: Branch) -> str:
    """Of the names of the operations it replaces: a GraphQL name, and a fit name of a file."""
    names = [each.name for each in tree.all()]
    kind = "_nodes" if tree.place is not None else "_all" if tree.paged else ""
    name = "_".join([names[0] + kind, *names[1:]])
    return re.sub(r"\W", "_", name)[:LONGEST_NAME]

"""The fields of an operation as the graph names them: no fragments, no aliases, perhaps fewer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    NameNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from rest_compat.conditions import ETAG

#: Whether a field is wanted, by the name that the REST API gives it and by its own.
Wanted = Callable[[str, str], bool]


def wanted_among(names: Iterable[str] | None) -> Wanted:
    """Fields of those names; without names, all."""
    if names is None:
        return lambda _rest, _own: True
    chosen = frozenset(names)
    return lambda rest, own: rest in chosen or own in chosen


@dataclass(frozen=True)
class Selecting:
    """Writes selections anew, with the fragments of a document in their places."""

    fragments: Mapping[str, FragmentDefinitionNode]
    wanted: Wanted

    @classmethod
    def of(cls, document: DocumentNode, wanted: Wanted) -> Selecting:
        fragments = {
            each.name.value: each
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        return cls(fragments, wanted)

    def fields(self, selected: SelectionSetNode | None) -> tuple[FieldNode, ...]:
        """The wanted fields, those with a selection of their own where anything is left of it.

        The version is none: a caller of REST has it in a header.
        """
        found: dict[str, FieldNode] = {}
        for node in _flat(selected, self.fragments):
            own, alias = node.name.value, node.alias.value if node.alias else node.name.value
            if node.selection_set is None:
                if alias != ETAG and self.wanted(alias, own):
                    found.setdefault(own, field(own))
            elif inner := self.fields(node.selection_set):
                found.setdefault(own, field(own, inner, node.arguments))
        return tuple(found.values())


def _flat(
    selected: SelectionSetNode | None, fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterable[FieldNode]:
    for node in selected.selections if selected else ():
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, FragmentSpreadNode):
            yield from _flat(fragments[node.name.value].selection_set, fragments)
        elif isinstance(node, InlineFragmentNode):
            yield from _flat(node.selection_set, fragments)


def operation_of(document: DocumentNode) -> OperationDefinitionNode:
    """The only operation of a document."""
    return next(each for each in document.definitions if isinstance(each, OperationDefinitionNode))


def field(
    name: str, inner: Iterable[SelectionNode] = (), arguments: Any = (), alias: str | None = None
) -> FieldNode:
    chosen = tuple(inner)
    return FieldNode(
        alias=NameNode(value=alias) if alias else None,
        name=NameNode(value=name),
        arguments=tuple(arguments or ()),
        directives=(),
        selection_set=SelectionSetNode(selections=chosen) if chosen else None,
    )


def merged(one: Iterable[FieldNode], other: Iterable[FieldNode], name: str) -> list[FieldNode]:
    """The fields of both. One that would be asked for with two meanings is named after `name`."""
    found = {_name(node): node for node in one}
    for node in other:
        known = found.get(_name(node))
        if known is None:
            found[_name(node)] = node
        elif node.selection_set is not None:
            if node.arguments == known.arguments and known.selection_set is not None:
                inner = merged(fields_of(known), fields_of(node), name)
                found[_name(node)] = field(node.name.value, inner, node.arguments)
            else:
                found[name] = field(node.name.value, fields_of(node), node.arguments, name)
    return list(found.values())


def fields_of(node: FieldNode) -> tuple[FieldNode, ...]:
    """The fields that `Selecting` has left in a selection: there is nothing else in it."""
    return cast(
        "tuple[FieldNode, ...]", node.selection_set.selections if node.selection_set else ()
    )


def _name(node: FieldNode) -> str:
    return node.alias.value if node.alias else node.name.value

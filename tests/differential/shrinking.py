"""The smallest operation that still shows a difference."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any

from graphql import (
    REMOVE,
    DocumentNode,
    Node,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    parse,
    print_ast,
    separate_operations,
    visit,
)

from tests.differential.executors import Operation

Differs = Callable[[Operation], Awaitable[bool]]

REMOVABLE = {
    "field", "inline_fragment", "fragment_spread", "argument", "directive", "object_field",
}  # fmt: skip


class _Removing(Visitor):
    """Leaves out the removable node of that number, in the order they are met."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def enter(self, node: Node, *_: Any) -> Any:
        if node.kind in REMOVABLE:
            self.number -= 1
            if self.number == -1:
                return REMOVE
        return None


class _Used(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_variable_definition(self, *_: Any) -> Any:
        return False  # it does not use the variable

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        self.names.add(node.name.value)


class _Pruning(Visitor):
    def __init__(self, used: set[str]) -> None:
        super().__init__()
        self.used = used

    def enter_variable_definition(self, node: Any, *_: Any) -> Any:
        return None if node.variable.name.value in self.used else REMOVE


def _pruned(document: DocumentNode, operation: Operation) -> Operation:
    """Without the fragments and variables that nothing uses any more."""
    (document,) = separate_operations(document).values()
    used = _Used()
    visit(document, used)
    document = visit(document, _Pruning(used.names))
    given = {name: value for name, value in operation.variables.items() if name in used.names}
    return replace(operation, source=print_ast(document), variables=given)


def smaller(operation: Operation) -> Iterator[Operation]:
    """Each operation with one thing less, the greatest things first. Some are not valid."""
    document = parse(operation.source)
    number = 0
    while True:
        removing = _Removing(number)
        candidate = visit(document, removing)
        if removing.number >= 0:
            return
        number += 1
        if all(
            each.selection_set.selections
            for each in candidate.definitions
            if isinstance(each, OperationDefinitionNode)
        ):
            yield _pruned(candidate, operation)


async def shrunk(operation: Operation, differs: Differs, attempts: int = 400) -> Operation:
    """A smallest operation for which `differs` still holds, after that many attempts at most."""
    while attempts > 0:
        for candidate in smaller(operation):
            attempts -= 1
            if attempts <= 0:
                return operation
            if await differs(candidate):
                operation = candidate
                break
        else:
            return operation
    return operation

"""What is known of an operation, and remembered of it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from graphql import (
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    Node,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    visit,
)

from app.recent import Recent
from resolvers.plan.calls import Question
from resolvers.plan.changes import Change
from resolvers.plan.reading import ID_ARGUMENTS, Unplannable, parameter_of
from resolvers.plan.statement import Statement

MOST_OPERATIONS = 1_000
MOST_STATEMENTS = 32
MOST_QUESTIONS = 256
LONGEST_QUESTION = 4_096  # bytes of the variables' values


@dataclass
class Operation:
    """An operation that may be planned; or `refusal` says why it may not, whatever its values."""

    node: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    free: frozenset[str]
    shaping: tuple[str, ...]
    switches: tuple[str, ...]
    refusal: str | None = None
    questions: Recent[bytes, Question | str] = field(default_factory=lambda: Recent(MOST_QUESTIONS))
    statements: Recent[Hashable, Statement] = field(default_factory=lambda: Recent(MOST_STATEMENTS))
    change: Change | None = None

    def key(self, variables: Mapping[str, Any]) -> bytes:
        """The values that decide what is asked, as given; raises `Unplannable` for huge ones."""
        given = {name: variables[name] for name in self.shaping if name in variables}
        key = orjson.dumps(given, option=orjson.OPT_SORT_KEYS)
        if len(key) > LONGEST_QUESTION:
            raise Unplannable((), "the values of the variables are too long to be remembered")
        return key

    def ids(self, variables: Mapping[str, Any]) -> dict[str, UUID]:
        """The ids that are given; raises ValueError and the like for what is none."""
        return {parameter_of(name): _uuid(variables[name]) for name in self.free}


@lru_cache(maxsize=4096)
def _uuid(text: str) -> UUID:
    """Ids come again and again, and parsing one costs as much as all else that is done for it."""
    return UUID(text)


class _Uses(Visitor):
    """Where the variables of an operation are used."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.elsewhere: set[str] = set()
        self.switches: set[str] = set()

    def enter_variable(
        self, node: VariableNode, _key: Any, parent: Any, _path: Any, ancestors: list[Any]
    ) -> None:
        name = node.name.value
        if isinstance(parent, ArgumentNode) and parent.name.value in ID_ARGUMENTS:
            self.ids.add(name)
        elif not _defines(parent):
            self.elsewhere.add(name)
        if any(isinstance(each, DirectiveNode) for each in ancestors):
            self.switches.add(name)


def _defines(parent: Any) -> bool:
    return isinstance(parent, Node) and parent.kind == "variable_definition"


def operation_of(document: DocumentNode, operation: OperationDefinitionNode) -> Operation:
    fragments = {
        each.name.value: each
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }
    uses = _Uses()
    for each in (operation, *fragments.values()):
        visit(each, uses)
    defined = {each.variable.name.value for each in operation.variable_definitions or ()}
    free = uses.ids - uses.elsewhere
    return Operation(
        operation,
        fragments,
        frozenset(free & defined),
        tuple(sorted(defined - free)),
        tuple(sorted(uses.switches & defined)),
    )

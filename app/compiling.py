"""What operations know of a compiler: that it answers an operation, or leaves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from graphql import DocumentNode, ExecutionResult, GraphQLError, OperationDefinitionNode
from graphql.execution.values import VariableValues

from app.figures import OTHER
from app.pricing import Price
from app.seeking import Searches


class LeftToInterpreter(Exception):
    """The operation is not compiled, or what was read did not fit; `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Failed(Exception):
    """The operation was executed, and came to this error and no data."""

    def __init__(self, error: GraphQLError) -> None:
        super().__init__(error)
        self.error = error


class Call(Protocol):
    """An operation that is ready to run."""

    async def run(self, context: Any, /) -> dict[str, Any]:
        """The data, its leaves as `app.strict_json.encode` takes them; or `LeftToInterpreter`.

        There are no partial answers: whatever would be an error of a query is left to the
        interpreter. Raises `Failed` for a mutation that failed.
        """
        ...


@dataclass(slots=True)
class Memo:
    """What is known of a request: of a query that has been planned, its operation and its call.

    `source` is the text of its document, where that is the same whoever asks and whenever;
    `trusted` is the name of that document, where it is a trusted one, and `label` what it is
    counted under. `searches` are what it asks for in particular. Kept by whoever knows that exactly
    the same is asked again.
    """

    operation: OperationDefinitionNode | None = None
    call: Call | None = None
    price: Price | None = None
    source: str | None = None
    trusted: str | None = None
    label: str = OTHER
    searches: Searches = field(default_factory=dict)


class Compiler(Protocol):
    def planned(
        self, operation: OperationDefinitionNode, variables: Mapping[str, Any], /
    ) -> Call | None:
        """The call, where one has been made for these variables but for the ids among them."""
        ...

    def plan(
        self,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
        coerced: VariableValues,
        /,
    ) -> Call:
        """The call for an operation of a valid document; raises `LeftToInterpreter`."""
        ...

    async def hand_over(self, operation: OperationDefinitionNode, context: Any, /) -> None:
        """Make the context ready for the interpreter; raises `Unauthenticated`."""
        ...


class Executed(ExecutionResult):
    """The result of an operation; `left` is why it was interpreted, or None if compiled."""

    __slots__ = ("left",)

    def __init__(self, result: ExecutionResult, left: str | None) -> None:
        super().__init__(result.data, result.errors)
        self.left = left

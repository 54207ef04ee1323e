"""The two executors, and their answers in a shape that can be compared."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from graphql import ExecutionResult

from app.compiling import Executed
from app.db.engine import Store
from app.operations import Operations
from app.strict_json import encode
from app.vault import Vault
from resolvers.context import Context
from resolvers.viewer import Viewer


@dataclass(frozen=True)
class Operation:
    """What a caller sends."""

    source: str
    variables: dict[str, Any] = field(default_factory=dict)
    name: str | None = None


@dataclass(frozen=True)
class Executors:
    """Both executors over one store.

    `roads` counts how operations were answered by `compiled`: planned, or by falling back.
    """

    store: Store
    vault: Vault
    interpreter: Operations
    compiler: Operations
    roads: Counter[str] = field(default_factory=Counter)

    async def interpreted(self, operation: Operation, viewer: Viewer) -> bytes:
        return encoded(await self._answer(self.interpreter, operation, viewer))

    async def compiled(self, operation: Operation, viewer: Viewer) -> bytes:
        result = await self._answer(self.compiler, operation, viewer)
        if isinstance(result, Executed):
            assert result.left != "its statement failed", operation.source
            self.roads["planned" if result.left is None else "fell back"] += 1
        return encoded(result)

    async def _answer(
        self, executor: Operations, operation: Operation, viewer: Viewer
    ) -> ExecutionResult:
        context = Context(self.store, self.vault, viewer)
        try:
            return await executor.execute(
                operation.source,
                context=context,
                variables=operation.variables,
                operation_name=operation.name,
            )
        finally:
            await context.close()


def encoded(result: ExecutionResult) -> bytes:
    return encode({**result.formatted})


@dataclass(frozen=True)
class Answer:
    """The data with its fields in their order, and the errors in one of their own."""

    data: str | None
    errors: tuple[str, ...]

    @classmethod
    def of(cls, body: bytes) -> Answer:
        found = json.loads(body)
        data = None if found.get("data") is None else json.dumps(found["data"], indent=1)
        errors = [json.dumps(each, sort_keys=True) for each in found.get("errors", ())]
        return cls(data, tuple(sorted(errors)))

    def __str__(self) -> str:
        return "\n".join([str(self.data), *self.errors])

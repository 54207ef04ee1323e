"""Asks both executors the same, and tells of a difference with the least that shows it."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import unified_diff

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, get_named_type

from app.db.engine import Store
from app.limits import Limits
from app.operations import Operations
from app.vault import Vault
from resolvers.plan.planner import Planner
from resolvers.viewer import Viewer
from schema import schema
from tests.differential.executors import Answer, Executors, Operation
from tests.differential.shrinking import shrunk
from tests.differential.world import identity

SCHEMA = schema._schema
#: As served, but with time enough for a busy machine.
LIMITS = replace(Limits(), query_seconds=60.0)


def executors(store: Store, vault: Vault) -> Executors:
    """The place where the compiler is plugged in."""
    planner = Planner(schema, store.dialect)
    compiler = Operations(SCHEMA, LIMITS, compiler=planner)
    return Executors(store, vault, Operations(SCHEMA, LIMITS), compiler)


@dataclass
class Comparing:
    """Both executors, several viewers. `seen` counts the answers by what they hold."""

    executors: Executors
    viewers: Mapping[str | None, Viewer]
    cursors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)

    @classmethod
    async def over(cls, both: Executors, viewers: Mapping[str | None, Viewer]) -> Comparing:
        """With the cursors of every order of every list, as one who may see them gets them."""
        found: dict[str, list[str]] = defaultdict(list)
        for order, source in _lists():
            body = json.loads(await both.interpreted(Operation(source), viewers["ann"]))
            (page,) = body["data"].values()
            found[order] += [edge["cursor"] for edge in page["edges"]]
        return cls(both, viewers, found)

    async def check(self, operation: Operation, viewer: str | None) -> str | None:
        """Fail, with the operation made as small as it gets, unless both answer alike.

        Returns the data, as text.
        """
        first, second = await self._answers(operation, viewer)
        if first != second:
            least = await shrunk(operation, lambda each: self._differs(each, viewer))
            again = await self._answers(least, viewer)
            seen = again if again[0] != again[1] else (first, second)  # once, and not again
            pytest.fail(_report(least, viewer, *seen), pytrace=False)
        self.seen["data" if first.data not in {None, "null"} else "no data"] += 1
        self.seen["errors" if first.errors else "no errors"] += 1
        for error in first.errors:
            self.seen[json.loads(error)["extensions"]["code"]] += 1
        return first.data

    async def _answers(self, operation: Operation, viewer: str | None) -> tuple[Answer, Answer]:
        who = self.viewers[viewer]
        return (
            Answer.of(await self.executors.interpreted(operation, who)),
            Answer.of(await self.executors.compiled(operation, who)),
        )

    async def _differs(self, operation: Operation, viewer: str | None) -> bool:
        first, second = await self._answers(operation, viewer)
        return first != second


def _report(operation: Operation, viewer: str | None, first: Answer, second: Answer) -> str:
    lines = str(first).splitlines(), str(second).splitlines()
    return "\n".join(
        [
            f"The executors differ for the viewer {viewer!r}.",
            operation.source,
            f"variables: {json.dumps(operation.variables)}",
            *unified_diff(*lines, "interpreted", "compiled", lineterm=""),
        ]
    )


def _lists() -> list[tuple[str, str]]:
    """(order, operation) for every root list and every way to order it."""
    root = SCHEMA.query_type
    assert root is not None
    found = []
    for name, each in root.fields.items():
        if "orderBy" not in each.args:
            continue
        ordered = each.args["orderBy"].type
        assert isinstance(ordered, GraphQLInputObjectType)
        columns = get_named_type(ordered.fields["field"].type)
        assert isinstance(columns, GraphQLEnumType)
        within = f'organizationId: "{identity("acme")}", ' if "organizationId" in each.args else ""
        edges = "{ edges { cursor } }"
        found += [
            (column, f"{{ {name}({within}first: 12, orderBy: {{field: {column}}}) {edges} }}")
            for column in columns.values
        ]
    return found

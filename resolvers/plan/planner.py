"""What is remembered of operations: how they are read, what they ask, and their statements.

Three memories, each bounded, from the rarest change to the most frequent: the operation; the values
of its variables other than ids, which decide what the lists ask; the ids and the viewer, which are
parameters and remembered nowhere.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson
import strawberry
from graphql import (
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    Node,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    Visitor,
    visit,
)
from graphql.execution.values import VariableValues

from app.db.base import Table
from app.errors import Problem
from app.permissions import Permission
from resolvers.access import Viewer
from resolvers.answers import Public
from resolvers.context import Context
from resolvers.plan.asks import structure, values
from resolvers.plan.changes import Change, ChangeCall, change_of
from resolvers.plan.generated import NotAsPlanned
from resolvers.plan.reading import ID_ARGUMENTS, Reader, Reading, Unplannable, parameter_of
from resolvers.plan.sights import value_of
from resolvers.plan.statement import Process, Statement, made

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

REFUSED = "an argument is refused"

MOST_OPERATIONS = 1_000
MOST_STATEMENTS = 32
MOST_QUESTIONS = 256
LONGEST_QUESTION = 4_096  # bytes of the variables' values


class Recent(Generic[Key, Value]):
    """The values used last, a given number of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: OrderedDict[Key, Value] = OrderedDict()

    def get(self, key: Key) -> Value | None:
        value = self._held.get(key)
        if value is not None:
            self._held.move_to_end(key)
        return value

    def add(self, key: Key, value: Value) -> None:
        self._held[key] = value
        if len(self._held) > self._most:
            self._held.popitem(last=False)


@dataclass(frozen=True)
class Question:
    """A statement with the values of its lists, the ids written in it, and the numbers of pages.

    `parameters` are in order; `open` tells the places of those that the call and the viewer give.
    """

    statement: Statement
    parameters: tuple[Any, ...]
    open: tuple[tuple[int, str, Process | None], ...]
    ids: Mapping[str, UUID]
    pages: tuple[int, ...]


@dataclass(frozen=True)
class Call:
    """An operation ready to run: its question, and the ids that its variables give."""

    question: Question
    ids: Mapping[str, UUID]

    async def run(self, context: Context) -> dict[str, Any]:
        """As `app.compiling.Call` has it."""
        statement, viewer = self.question.statement, context.viewer
        if not all(_admitted(viewer, *each, self) for each in statement.admissions):
            raise NotAsPlanned("the viewer may not ask this")
        rows = await context.store.fetch(statement.sql, self._parameters(viewer))
        if rows[0][0] != viewer.generation:
            raise NotAsPlanned("the viewer's rights have changed")
        try:
            return statement.build(rows, self.question.pages)
        except KeyError:  # a value that is no member of its enum
            raise NotAsPlanned from None

    def id(self, key: str) -> UUID:
        return self.ids[key] if key in self.ids else self.question.ids[key]

    def _parameters(self, viewer: Viewer) -> list[Any]:
        found = list(self.question.parameters)
        for place, name, process in self.question.open:
            given = self.ids.get(name)
            if given is None:
                found[place] = _of_viewer(viewer, name, process)
            else:
                found[place] = process(given) if process else given
        return found


def _of_viewer(viewer: Viewer, name: str, process: Process | None) -> Any:
    """What the viewer gives, worked out once for all plans."""
    if name not in viewer.parameters:
        value = value_of(viewer, name)
        viewer.parameters[name] = process(value) if process else value
    return viewer.parameters[name]


@dataclass
class Operation:
    """An operation that may be planned; or `refusal` says why it may not, whatever its values."""

    node: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    free: frozenset[str]
    shaping: tuple[str, ...]
    switches: tuple[str, ...]
    refusal: Unplannable | None = None
    questions: Recent[bytes, Question | Unplannable] = field(
        default_factory=lambda: Recent(MOST_QUESTIONS)
    )
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


@dataclass
class Planner:
    """Plans the operations of one schema for one kind of database."""

    graph: strawberry.Schema
    dialect: str
    _operations: Recent[int, Operation] = field(default_factory=lambda: Recent(MOST_OPERATIONS))

    def __post_init__(self) -> None:
        self._tables = dict(_tables(self.graph))

    def planned(
        self, operation: OperationDefinitionNode, variables: Mapping[str, Any]
    ) -> Call | ChangeCall | None:
        """The call, if all but its ids has been met before."""
        known = self._operations.get(id(operation))
        if known is None or known.refusal is not None:
            return None
        if known.change is not None:
            return ChangeCall(known.change, variables)
        try:
            question = known.questions.get(known.key(variables))
            if isinstance(question, Question):
                return Call(question, known.ids(variables))
        except (Unplannable, KeyError, TypeError, ValueError, AttributeError):
            return None
        return None

    def plan(
        self,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
        coerced: VariableValues,
    ) -> Call | ChangeCall:
        """The call for an operation of a valid document; raises `Unplannable`.

        `variables` are as given, and `coerced` what they come to.
        """
        known = self._known(document, operation)
        if known.refusal is not None:
            raise known.refusal
        if operation.operation is OperationType.MUTATION:
            return self._change(known, variables, coerced)
        key = known.key(variables)
        question = known.questions.get(key)
        if question is None:
            question = self._asked(known, coerced)
            known.questions.add(key, question)
        if isinstance(question, Unplannable):
            raise question
        try:
            return Call(question, known.ids(coerced.coerced))
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Unplannable((), "an id is not a UUID") from None

    async def hand_over(self, operation: OperationDefinitionNode, context: Context) -> None:
        """As `app.compiling.Compiler` has it: the rights are brought up to date.

        Not for a mutation: its transaction does so, and must not wait for a snapshot.
        """
        if operation.operation is OperationType.QUERY:
            await context.settled()

    def _known(self, document: DocumentNode, operation: OperationDefinitionNode) -> Operation:
        known = self._operations.get(id(operation))
        if known is None or known.node is not operation:
            known = _operation(document, operation)
            self._operations.add(id(operation), known)
        return known

    def _change(
        self, known: Operation, variables: Mapping[str, Any], coerced: VariableValues
    ) -> ChangeCall:
        try:
            reader = Reader(self.graph, known.node, known.fragments, coerced, frozenset())
            fragments = known.fragments.values()
            known.change = change_of(self.graph, known.node, fragments, reader.read())
        except Unplannable as refusal:
            known.refusal = refusal
            raise
        except (Problem, GraphQLError):
            raise Unplannable((), REFUSED) from None
        return ChangeCall(known.change, variables)

    def _asked(self, known: Operation, coerced: VariableValues) -> Question | Unplannable:
        try:
            reader = Reader(self.graph, known.node, known.fragments, coerced, known.free)
            reading = reader.read()
            statement = self._statement(known, reading, coerced)
        except Unplannable as refusal:
            return refusal
        except (Problem, GraphQLError):
            return Unplannable((), REFUSED)
        return _question(statement, reading)

    def _statement(self, known: Operation, reading: Reading, coerced: VariableValues) -> Statement:
        switches = tuple(coerced.coerced.get(name) for name in known.switches)
        shape = (switches, *map(structure, reading.asks))
        statement = known.statements.get(shape)
        if statement is None:
            statement = made(reading.nodes, self.dialect, self._tables)
            known.statements.add(shape, statement)
        return statement


@lru_cache(maxsize=4096)
def _uuid(text: str) -> UUID:
    """Ids come again and again, and parsing one costs as much as all else that is done for it."""
    return UUID(text)


def _question(statement: Statement, reading: Reading) -> Question:
    given: dict[str, Any] = dict(reading.ids)
    for index, ask in enumerate(reading.asks):
        given |= values(ask, index)
    parameters, places = [], []
    for place, each in enumerate(statement.parameters):
        process = statement.process.get(each.name)
        if each.name in given:
            value = given[each.name]
            parameters.append(process(value) if process else value)
        else:
            parameters.append(each.value)
            if each.name:
                places.append((place, each.name, process))
    pages = tuple(ask.window.page for ask in reading.asks)
    return Question(statement, tuple(parameters), tuple(places), reading.ids, pages)


def _admitted(viewer: Viewer, access: Any, key: str, call: Call) -> bool:
    if viewer.user_id is None:
        return False
    if isinstance(access, Permission):
        return viewer.may(access, call.id(key) if key else None)
    return isinstance(access, Public)


def _tables(graph: strawberry.Schema) -> Iterator[tuple[str, type[Table]]]:
    """The table whose rows each stored type stands for."""
    for name, type_ in graph._schema.type_map.items():  # noqa: SLF001 - offered in no other way
        table = getattr(getattr(type_, "is_type_of", None), "table", None)
        if table is not None:
            yield name, table


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


def _operation(document: DocumentNode, operation: OperationDefinitionNode) -> Operation:
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

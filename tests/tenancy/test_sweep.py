"""Nothing of another organization is ever told, and an id of theirs is as good as none."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from uuid import UUID

import pytest
from graphql import (
    FieldNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    parse,
    visit,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import keys
from app.db.base import Table
from app.db.organizations import OrganizationUser
from rest_compat.documents import load
from rest_compat.endpoints import ENDPOINTS
from tests import stores
from tests.tenancy.doors import COMPILER, GRAPHQL_OVER_HTTP, INTERPRETER, REST, SCHEMA, opened
from tests.tenancy.positions import graph, rest, spots
from tests.tenancy.reached import Reached, rows
from tests.tenancy.rules import RULES
from tests.tenancy.streams import FOREIGNER, Streams
from tests.tenancy.sweep import Report, Sweep
from tests.tenancy.values import everything, read
from tests.tenancy.world import ADMIN, HOME, KINDS, SHARED, foreign, identity

OPERATIONS = load(SCHEMA)
POSITIONS = graph(SCHEMA)
ANSWERED = [each for each in POSITIONS if each.root != "subscription"]
STREAMED = [each for each in POSITIONS if each.root == "subscription"]
PARAMETERS = rest(ENDPOINTS, OPERATIONS)


@pytest.mark.parametrize("name", [INTERPRETER, COMPILER, GRAPHQL_OVER_HTTP])
async def test_nothing_foreign_comes_out_of_the_graph(
    name: str, database_url: str, tmp_path: Path
) -> None:
    async with opened(database_url, tmp_path) as place:
        sweep = Sweep(name, place.doors[name], place.store, Report())
        await sweep.everything(everything())
        await sweep.graph(ANSWERED)
    _tell(sweep.report)


async def test_nothing_foreign_comes_out_of_the_rest_api(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path) as place:
        sweep = Sweep(REST, place.doors[REST], place.store, Report())
        await sweep.everything(read(OPERATIONS))
        await sweep.rest(PARAMETERS)
    _tell(sweep.report)


async def test_nothing_foreign_is_followed(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path, FOREIGNER) as place:
        telling, report = place.doors[GRAPHQL_OVER_HTTP], Report()
        await Streams("subscriptions", place.interpreter, telling, report).sweep(STREAMED)
    _tell(report)


def _tell(report: Report) -> None:
    print(report)
    assert report.findings == []


async def test_every_position_is_reached(sqlite_template: Path, tmp_path: Path) -> None:
    """An id of one's own is taken in each: what is new and is not takes a value it can do with."""
    async with opened(stores.sqlite_copy(sqlite_template, tmp_path), tmp_path) as place:
        reached = Reached(place, await rows(place.store))
        assert await reached.missed(POSITIONS, PARAMETERS) == []


async def test_a_leak_is_found(sqlite_template: Path, tmp_path: Path) -> None:
    """Somebody who belongs to both organizations looks like one who sees what is foreign."""
    url = stores.sqlite_copy(sqlite_template, tmp_path)
    chosen = [each for each in ANSWERED if each.name == "Query.environment(id)"]

    async def let_in(session: AsyncSession) -> None:
        both = {
            "organization_id": foreign("Organization"),
            "user_id": identity("User", HOME, name=ADMIN),
        }
        session.add(OrganizationUser(**{name: UUID(str(each)) for name, each in both.items()}))

    async with opened(url, tmp_path) as place:
        await place.store.write(let_in)
        sweep = Sweep(INTERPRETER, place.doors[INTERPRETER], place.store, Report())
        await sweep.graph(chosen)
    assert any("canary-environments-name" in each for each in sweep.report.findings)
    assert any("| foreign | apart |" in each for each in sweep.report.findings)


def test_every_field_is_asked_for() -> None:
    """Those that need an argument are positions."""
    asked = set(chain.from_iterable(_fields(each.source) for each in everything()))
    positions = {(parent.name, name) for each in POSITIONS for parent, name in each.steps}
    assert set(_known()) - asked - positions == set()


def _known() -> Iterator[tuple[str, str]]:
    """Every field that a query can reach, by the type that it is of."""
    assert SCHEMA.query_type is not None
    seen, waiting = set[str](), [SCHEMA.query_type.name]
    while waiting:
        type_ = SCHEMA.type_map[waiting.pop()]
        if type_.name in seen:
            continue
        seen.add(type_.name)
        if isinstance(type_, GraphQLInterfaceType | GraphQLUnionType):
            waiting += [each.name for each in SCHEMA.get_possible_types(type_)]
        elif isinstance(type_, GraphQLObjectType):
            waiting += [get_named_type(each.type).name for each in type_.fields.values()]
            yield from ((type_.name, name) for name in type_.fields)


class _Asked(Visitor):
    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self.types, self.found = types, set[tuple[str, str]]()

    def enter_field(self, node: FieldNode, *_: object) -> None:
        parent = self.types.get_parent_type()
        assert parent is not None
        self.found.add((parent.name, node.name.value))


def _fields(source: str) -> set[tuple[str, str]]:
    types = TypeInfo(SCHEMA)
    asked = _Asked(types)
    visit(parse(source), TypeInfoVisitor(types, asked))
    return asked.found


def test_every_argument_that_takes_an_id_is_a_position() -> None:
    """Also of types that no way leads to but one that the sweep does not know."""
    found = {
        f"{type_.name}.{name}({'.'.join((argument, *spot.path))})"
        for type_ in SCHEMA.type_map.values()
        if isinstance(type_, GraphQLObjectType)
        for name, field in type_.fields.items()
        for argument, each in field.args.items()
        for spot in spots(argument, each)
        if not type_.name.startswith("__")
    }
    assert found == {each.name for each in POSITIONS}


def test_every_table_has_its_place_in_the_world() -> None:
    known = {*KINDS.values(), *SHARED.values(), keys.Keychain, keys.RoleKeychain, keys.KeychainKey}
    assert {mapper.class_ for mapper in Table.registry.mappers} == known


def test_every_rule_is_of_a_position() -> None:
    asked = {each.name for each in chain(everything(), read(OPERATIONS))}
    known = asked | {each.name for each in POSITIONS} | {each.name for each in PARAMETERS}
    assert {name for rule in RULES for name in rule.positions} <= known

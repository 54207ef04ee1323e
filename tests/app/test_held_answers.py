"""Answers that have found nothing wait, and hold nothing but themselves while they do."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from graphql import build_schema, parse

from app.admission import Admission, Rooms
from app.compiling import Memo
from app.entrance import Entrance
from app.errors import NotFound
from app.limits import Limits
from app.operations import Operations

THINGS = {"1": {"id": "1", "inner": None}}


def _thing(_: object, __: object, id: str) -> Any:  # noqa: A002 - the argument's name
    return THINGS.get(id)


def _change(_: object, __: object, id: str) -> Any:  # noqa: A002 - the argument's name
    if id not in THINGS:
        raise NotFound("id: there is nothing.", field="id")
    return THINGS[id]


SCHEMA = build_schema("""
    type Thing { id: ID! inner(id: ID!): Thing }
    type Query { thing(id: ID!): Thing mine: Thing }
    type Mutation { change(id: ID!): Thing! }
""")
SCHEMA.type_map["Query"].fields["thing"].resolve = _thing  # type: ignore[attr-defined]
SCHEMA.type_map["Mutation"].fields["change"].resolve = _change  # type: ignore[attr-defined]


@dataclass
class Tick:
    """Holds answers until it is told that it is due; `began` are the moments that it was given."""

    due: asyncio.Event = field(default_factory=asyncio.Event)
    began: list[int] = field(default_factory=list)

    async def hold(self, began: int) -> None:
        self.began.append(began)
        await self.due.wait()


@dataclass
class Reader:
    """A context with a snapshot."""

    viewer: Any = field(default_factory=lambda: SimpleNamespace(user_id="ann"))
    snapshots: int = 1

    async def give_back(self) -> None:
        self.snapshots = 0


@dataclass
class Compiled:
    """A compiler, and its only call, which answers with data that is given."""

    data: dict[str, Any]

    def planned(self, *_: object) -> Compiled:
        return self

    async def run(self, _: object) -> dict[str, Any]:
        return self.data

    async def hand_over(self, *_: object) -> None: ...


def operations(tick: Tick, compiler: Any = None, *, rooms: Rooms | None = None) -> Operations:
    entrance = Entrance(Admission(rooms)) if rooms else None
    return Operations(SCHEMA, Limits(), compiler=compiler, entrance=entrance, hold=tick.hold)


ASKED: dict[str, tuple[str, bool]] = {
    "a thing": ('{ thing(id: "1") { id } }', False),
    "no thing": ('{ thing(id: "2") { id } }', True),
    "no thing below": ('{ thing(id: "1") { id inner(id: "2") { id } } }', True),
    "nothing that was named": ("{ mine { id } }", False),
    "a change": ('mutation { change(id: "1") { id } }', False),
    "a change of nothing": ('mutation { change(id: "2") { id } }', True),
    "what is refused": ("{ unknown }", False),
}


@pytest.mark.parametrize(("source", "held"), ASKED.values(), ids=ASKED)
@pytest.mark.parametrize("trusted", [False, True])
async def test_which_answers_are_held(source: str, *, held: bool, trusted: bool) -> None:
    tick, before = Tick(), time.monotonic_ns()
    tick.due.set()
    if not trusted:
        await operations(tick).execute(source, context=Reader())
    elif "unknown" not in source:
        await operations(tick).execute_trusted(parse(source), context=Reader())
    assert [before <= began <= time.monotonic_ns() for began in tick.began] == [True] * held


@pytest.mark.parametrize(("thing", "held"), [({"id": "1"}, 0), (None, 2)])
async def test_what_is_compiled_is_held_as_well_and_so_is_what_is_remembered(
    thing: Any, held: int
) -> None:
    tick, memo = Tick(), Memo()
    tick.due.set()
    compiled = operations(tick, Compiled({"thing": thing}))
    for _ in range(2):
        result = await compiled.execute('{ thing(id: "1") { id } }', context=Reader(), memo=memo)
        assert result.data == {"thing": thing}
    assert memo.call is not None
    assert len(tick.began) == held


async def test_a_held_answer_has_neither_a_snapshot_nor_a_seat() -> None:
    tick, context = Tick(), Reader()
    crowded = operations(tick, rooms=Rooms(1, 1, 1))
    held = asyncio.create_task(crowded.execute('{ thing(id: "2") { id } }', context=context))
    while not tick.began:  # noqa: ASYNC110 - until it is held
        await asyncio.sleep(0)
    assert context.snapshots == 0
    other = await crowded.execute('{ thing(id: "1") { id } }', context=Reader())
    assert (other.data, other.errors) == ({"thing": {"id": "1"}}, None)
    assert not held.done()
    tick.due.set()
    assert (await held).data == {"thing": None}


async def test_who_is_held_can_be_cancelled() -> None:
    tick = Tick()
    work = operations(tick).execute('{ thing(id: "2") { id } }', context=Reader())
    held = asyncio.create_task(work)
    while not tick.began:  # noqa: ASYNC110 - until it is held
        await asyncio.sleep(0)
    held.cancel()
    with pytest.raises(asyncio.CancelledError):
        await held

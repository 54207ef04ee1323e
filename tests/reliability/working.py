"""Callers who write and read without a pause, and note what they were promised."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count, pairwise
from typing import Any
from uuid import uuid4

from sqlalchemy import select, text

from app.db.connections import Connection
from app.db.engine import Store
from app.db.environments import Environment
from app.demo import demo_id
from tests.reliability.calling import Answer, Caller
from tests.reliability.places import Place

CLIENTS = 12
AGAIN = 0.1  # seconds until a caller whose connection broke connects anew

ORGANIZATION = str(demo_id("organization", "cooperative"))
NAMED = "worked "  # what the names of all rows begin with; six digits follow
CONNECTION = {"kind": "k", "type": "t", "subType": "s", "status": "connected"}

Body = Mapping[str, Any]


def _asked(document: str, given: Body) -> Body:
    return {"query": document, "variables": given}


@dataclass(frozen=True)
class Write:
    """A way to make a row, of which all that is to be known is its name and an id for it.

    `made` is where its id is in the answer. One that can be sent again says by its key, or by an
    id of the caller's own making, that it is the same; `table` is where its row is kept.
    """

    table: type[Environment | Connection]
    path: str
    body: Callable[[str, str], Body]
    made: tuple[str, ...]
    keyed: bool = False
    own: bool = False

    @property
    def repeatable(self) -> bool:
        return self.keyed or self.own


MAKE_ENVIRONMENT = """mutation ($name: String!, $org: ID!) {
    createEnvironment(input: {name: $name, organizationId: $org}) { environment { id name } } }"""
MAKE_CONNECTION = """mutation ($input: CreateConnectionInput!) {
    createConnection(input: $input) { connection { id name } } }"""
WRITES = (
    Write(
        Environment,
        "/api/environments",
        lambda name, _: {"name": name, "organization_id": ORGANIZATION},
        ("id",),
        keyed=True,
    ),
    Write(
        Environment,
        "/graphql",
        lambda name, _: _asked(MAKE_ENVIRONMENT, {"name": name, "org": ORGANIZATION}),
        ("data", "createEnvironment", "environment", "id"),
    ),
    Write(
        Connection,
        "/api/integrations/connections",
        lambda name, own: {"id": own, "name": name, **CONNECTION},
        ("id",),
        own=True,
    ),
    Write(
        Connection,
        "/graphql",
        lambda name, _: _asked(
            MAKE_CONNECTION,
            {"input": {"name": name, **CONNECTION, "status": "CONNECTED"}},
        ),
        ("data", "createConnection", "connection", "id"),
        keyed=True,
    ),
)

#: Two for each table: the first is compiled, the second interpreted, in several statements.
READS: Mapping[type, tuple[str, ...]] = {
    Environment: (
        "query ($id: ID!) { row: environment(id: $id) { id name } }",
        """query ($id: ID!) { __schema { description } row: environment(id: $id) { id name
            organization { memberships { items { role { roleName } user { id } } } } } }""",
    ),
    Connection: (
        "query ($id: ID!) { row: connection(id: $id) { id name } }",
        """query ($id: ID!) { __schema { description } row: connection(id: $id) { id name
            environments { items { id } } } }""",
    ),
}


@dataclass
class Load:
    """Callers, one request after the other each, and what they have been told.

    `made` are the ids of rows whose making was acknowledged, by names that are used once. With
    `patient` callers send what can be sent again until it is answered, as a server may be gone.
    """

    place: Place
    port: int
    patient: bool = False
    made: dict[str, str] = field(default_factory=dict)
    told: Counter[str] = field(default_factory=Counter)
    moments: list[float] = field(default_factory=list)
    longest: float = 0.0
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    names: count[int] = field(default_factory=count)

    async def work(self, client: int) -> None:
        """Write a row, by one way after the other, and read it twice, until told to stop."""
        caller = Caller(self.port, self.place.headers)
        for turn in count(client):
            if self.stop.is_set():
                break
            write, name = WRITES[turn % len(WRITES)], f"{NAMED}{next(self.names):06}"
            row_id = await self._make(caller, write, name)
            for document in READS[write.table] if row_id else ():
                answer = await self._ask(caller, "/graphql", _asked(document, {"id": row_id}))
                if answer is not None and _at(answer, "data", "row", "name") != name:
                    self.told["a row that is not there"] += 1
        await caller.close()

    async def _make(self, caller: Caller, write: Write, name: str) -> str | None:
        """The id of the row, once its making is acknowledged; None where nobody can know."""
        headers = {"Idempotency-Key": str(uuid4())} if write.keyed else {}
        body, answer = write.body(name, str(uuid4())), None
        while answer is None:
            answer = await self._ask(caller, write.path, body, headers or {})
            if not (self.patient and write.repeatable):
                break
        if answer is None:
            return None
        self.made[name] = made = str(_at(answer, *write.made))
        return made

    async def _ask(
        self, caller: Caller, path: str, body: Body, headers: Mapping[str, str] | None = None
    ) -> Any:
        """What was answered; None, and a line in `told`, for all that is no success."""
        begun = time.perf_counter()
        try:
            answer = await caller.ask("POST", path, body, headers or {})
        except (OSError, EOFError) as error:
            self.told[type(error).__name__] += 1
            await caller.close()
            await asyncio.sleep(AGAIN)
            return None
        self.longest = max(self.longest, time.perf_counter() - begun)
        if (failure := _failure(answer)) is not None:
            self.told[failure] += 1
            return None
        self.told["ok"] += 1
        self.moments.append(time.perf_counter())
        return json.loads(answer.body)

    @property
    def failures(self) -> dict[str, int]:
        return {told: times for told, times in self.told.items() if told != "ok"}

    def gap(self, since: float = 0.0) -> float:
        """The longest time, in seconds, in which no caller was answered; since a moment."""
        gaps = ((before, after) for before, after in pairwise(self.moments) if after >= since)
        return max((after - before for before, after in gaps), default=0.0)


def _failure(answer: Answer) -> str | None:
    if answer.status not in {200, 201}:
        return str(answer.status)
    return "errors" if b'"errors"' in answer.body else None


def _at(value: Any, *path: str) -> Any:
    for name in path:
        value = value[name]
    return value


@dataclass(frozen=True)
class Kept:
    """What a database has of what callers were promised."""

    lost: int
    duplicates: int
    sound: bool

    def __str__(self) -> str:
        return f"{self.lost} lost, {self.duplicates} duplicates"

    @property
    def whole(self) -> bool:
        return self.lost == 0 and self.duplicates == 0 and self.sound


async def kept(load: Load) -> Kept:
    """Compare the rows there are with those whose making was acknowledged."""
    store = Store.open(load.place.url)
    rows: list[tuple[str, str]] = []
    sound = True
    try:
        async with store.reading() as session:
            for table in (Environment, Connection):
                named = select(table.name, table.id).where(table.name.startswith(NAMED))
                rows += [(name, str(row_id)) for name, row_id in await session.execute(named)]
            if store.dialect == "sqlite":
                sound = await session.scalar(text("PRAGMA integrity_check")) == "ok"
    finally:
        await store.close()
    lost = len(set(load.made.items()) - set(rows))
    return Kept(lost, len(rows) - len({name for name, _ in rows}), sound)


def working(load: Load, clients: int = CLIENTS) -> list[asyncio.Task[None]]:
    """Let that many callers begin."""
    return [asyncio.create_task(load.work(client)) for client in range(clients)]


async def finish(load: Load, callers: list[asyncio.Task[None]]) -> None:
    """Let all callers end what they have begun; raises what went wrong with one."""
    load.stop.set()
    await asyncio.gather(*callers)

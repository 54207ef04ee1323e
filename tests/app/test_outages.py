"""What clients see, and what is kept, when the server or its database goes down under load."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.connections import Connection
from app.db.engine import Store
from app.db.environments import Environment
from tests.reliability.chaos import network
from tests.reliability.places import Place, served_beside
from tests.serving import HOST, free_port, serving, token
from tests.stores import PostgreSQL
from tests.world import World, build

CLIENTS = 8
KILLS = 2
ANSWERS = 8  # that each client gets before the outage; and after it, where there is an after
SECONDS = 120  # in which a test hangs

ENVIRONMENTS = "/api/environments"
CONNECTIONS = "/api/integrations/connections"
#: Read in several statements, by the interpreter and not by one compiled statement.
QUESTION = """query ($id: ID!) { __schema { description } environment(id: $id) { id name
    organization { memberships { items { role { roleName } user { id } } } } } }"""


@dataclass
class Clients:
    """Callers who write and read, one request after the other each.

    `made` are the ids of the rows whose making was acknowledged, by their names, which are used
    once; `changed` the names of those whose change was.
    """

    http: httpx2.AsyncClient
    world: World
    made: dict[str, str] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    answers: Counter[int] = field(default_factory=Counter)
    names: Iterator[int] = field(default_factory=count)
    heard: asyncio.Condition = field(default_factory=asyncio.Condition)
    leaving: bool = False

    async def work(self, client: int) -> None:
        while not self.leaving:
            await self._turn(client, f"{next(self.names)}")

    async def _turn(self, client: int, name: str) -> None:
        environment = {"name": f"environment {name}", "organization_id": self.world["acme"]}
        row_id = await self._make(client, ENVIRONMENTS, environment)
        environment["description"] = "changed"
        await self._ask(client, "PUT", f"{ENVIRONMENTS}/{row_id}", environment)
        self.changed.add(environment["name"])
        named = {"name": f"connection {name}", "status": "connected"}
        await self._make(client, CONNECTIONS, {**named, "kind": "k", "type": "t", "subType": "s"})
        question = {"query": QUESTION, "variables": {"id": row_id}}
        answer = await self._ask(client, "POST", "/graphql", question)
        assert "errors" not in answer, answer
        assert answer["data"]["environment"]["name"] == environment["name"]

    async def _make(self, client: int, path: str, row: dict[str, str]) -> str:
        self.made[row["name"]] = made = (await self._ask(client, "POST", path, row))["id"]
        return str(made)

    async def _ask(self, client: int, method: str, path: str, body: object) -> Any:
        response = await self.http.request(method, path, json=body)
        assert response.status_code in {200, 201}, (response.status_code, response.text)
        async with self.heard:
            self.answers[client] += 1
            self.heard.notify_all()
        return response.json()

    async def work_until_it_is_gone(self, client: int) -> None:
        with suppress(httpx2.TransportError):
            await self.work(client)

    async def answered(self) -> None:
        """Wait until each client has had so many answers more."""
        before = self.answers.copy()
        clients = range(CLIENTS)
        async with self.heard:
            await self.heard.wait_for(
                lambda: all(self.answers[each] >= before[each] + ANSWERS for each in clients)
            )


@asynccontextmanager
async def calling(port: int, folder: Path, world: World) -> AsyncIterator[Clients]:
    headers = {"Authorization": f"Bearer {token(folder, 'ann')}"}
    async with httpx2.AsyncClient(
        base_url=f"http://{HOST}:{port}", headers=headers, timeout=SECONDS, trust_env=False
    ) as http:
        yield Clients(http, world)


async def prepared(database_url: str) -> World:
    store = Store.open(database_url)
    try:
        return await build(store)
    finally:
        await store.close()


async def check_kept(database_url: str, clients: Clients) -> None:
    """Each acknowledged row is there as its caller was told, and no row is there twice."""
    store = Store.open(database_url)
    try:
        async with store.reading() as session:
            await _check_kept(session, clients)
            if store.dialect == "sqlite":
                assert await session.scalar(text("PRAGMA integrity_check")) == "ok"
    finally:
        await store.close()


async def _check_kept(session: AsyncSession, clients: Clients) -> None:
    rows: list[tuple[str, str]] = []
    for table in (Environment, Connection):
        found = await session.execute(select(table.name, table.id))
        rows += [(name, str(row_id)) for name, row_id in found]
    assert set(clients.made.items()) <= set(rows)
    assert [name for name, times in Counter(name for name, _ in rows).items() if times > 1] == []
    changed = select(Environment.name).where(Environment.description == "changed")
    assert clients.changed <= set(await session.scalars(changed))


async def test_a_killed_server_loses_no_acknowledged_write(
    database_url: str, tmp_path: Path
) -> None:
    """Killed while it writes for several clients, it serves again, with what it had promised."""
    world, port = await prepared(database_url), free_port()
    async with asyncio.timeout(SECONDS), calling(port, tmp_path, world) as clients:
        for _ in range(KILLS):
            with serving(database_url, tmp_path, port) as server:
                async with asyncio.TaskGroup() as group:
                    for client in range(CLIENTS):
                        group.create_task(clients.work_until_it_is_gone(client))
                    await clients.answered()
                    server.kill()
            await check_kept(database_url, clients)


@pytest.mark.parametrize("mode", ["fast", "immediate"])
async def test_a_restart_of_postgresql_goes_unnoticed(
    postgresql: PostgreSQL, postgres_url: str, tmp_path: Path, mode: str
) -> None:
    """Requests that it interrupts are answered late, and done once."""
    world, port = await prepared(postgres_url), free_port()
    with serving(postgres_url, tmp_path, port):
        async with (
            asyncio.timeout(SECONDS),
            calling(port, tmp_path, world) as clients,
            asyncio.TaskGroup() as group,
        ):
            for client in range(CLIENTS):
                group.create_task(clients.work(client))
            await clients.answered()
            await asyncio.to_thread(postgresql.restart, mode)
            await clients.answered()
            clients.leaving = True
    await check_kept(postgres_url, clients)


async def test_a_failing_network_to_postgresql_goes_unnoticed(
    postgres_url: str, tmp_path: Path
) -> None:
    """It is silent, resets connections, and is slow: what callers ask for is done once."""
    world, port = await prepared(postgres_url), free_port()
    async with (
        asyncio.timeout(SECONDS),
        network(Place(postgres_url, tmp_path)) as (between, across),
        served_beside(across, port),
        calling(port, tmp_path, world) as clients,
        asyncio.TaskGroup() as group,
    ):
        for client in range(CLIENTS):
            group.create_task(clients.work(client))
        await clients.answered()
        await between.silent(1)
        await between.resetting(0.5)
        await between.far(0.02, 0.5)
        await clients.answered()
        clients.leaving = True
    await check_kept(postgres_url, clients)

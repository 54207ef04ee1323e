"""The service with a small world in it, seen through one of its doors."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid5

import httpx2
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.applications import Starlette

from app.assembly.holdings import open_outside
from app.auth import Authenticator
from app.away import Away, Here
from app.db.connections import Connection, Credential
from app.db.engine import Store
from app.fetching.fetcher import Fetcher
from app.limits import Limits
from app.local_tokens import issue, local_secret
from app.main import create_app
from app.operations import Operations
from app.outside import Outside
from app.rest_ledger import Ledger
from app.settings import Settings
from app.vault import Vault
from resolvers.executor import ColumnExecutor
from resolvers.identity import Identity
from rest_compat.replying import STATUSES
from schema import schema
from tests.canaries import Canary
from tests.doors import Door, GraphQLDoor, InProcessDoor, Reply, RestDoor
from tests.world import World, build

DOORS = ("in-process", "graphql", "rest")

#: The secret of a connection in the world, which no answer may have.
CANARY = Canary("credential")


@dataclass
class Service:
    """A running application with a world in it, seen through one door."""

    door: Door
    world: World
    secret: bytes
    client: httpx2.AsyncClient
    store: Store
    ledger: Ledger
    application: Starlette

    def token(self, person: str) -> str:
        return issue(self.secret, subject=person)

    async def ask(self, person: str | None, operation: str, **given: Any) -> Reply:
        return await self.door.ask(person and self.token(person), operation, **given)

    async def ok(self, person: str | None, operation: str, **given: Any) -> Any:
        reply = await self.ask(person, operation, **given)
        assert reply.code == "OK", reply
        return reply.body

    async def refused(self, code: str, person: str | None, operation: str, **given: Any) -> str:
        reply = await self.ask(person, operation, **given)
        assert reply.code != "OK", reply
        if isinstance(self.door, RestDoor):
            assert STATUSES[reply.code] == STATUSES[code], reply
        else:
            assert reply.code == code, reply
        return reply.text


def _door(
    name: str, settings: Settings, store: Store, client: httpx2.AsyncClient, outside: Outside
) -> Door:
    if name == "rest":
        return RestDoor(client)
    if name == "graphql":
        return GraphQLDoor(client)
    identity = Identity(
        store,
        Vault.from_file(settings.vault_keys_file),
        Authenticator.from_settings(settings),
        outside=outside,
    )
    operations = Operations(schema._schema, Limits(), executor=ColumnExecutor)
    return InProcessDoor(identity, operations)


async def _keep_secret(store: Store, world: World, settings: Settings) -> None:
    """Give a connection a credential with the canary in it."""
    row_id, connection = uuid5(world.ids["acme"], "credential"), world.ids["acme-conn-0"]
    sealed = Vault.from_file(settings.vault_keys_file).seal(row_id, json.dumps(CANARY.text))

    async def work(session: AsyncSession) -> None:
        row = await session.get(Connection, connection)
        assert row is not None
        session.add(
            Credential(id=row_id, name="kept", type=row.kind, user_id=row.user_id, secret=sealed)
        )
        await session.flush()
        row.credential_id = row_id

    await store.write(work)


async def _without_secret(response: httpx2.Response) -> None:
    """No answer to any test has the secret that the world holds."""
    if response.headers.get("content-type", "").startswith("text/event-stream"):
        return  # which may have no end
    assert not CANARY.is_in(str(response.headers.raw).encode() + await response.aread())


@asynccontextmanager
async def opened(
    door: str,
    database_url: str,
    folder: Path,
    fetcher: Fetcher | None = None,
    away: Away | None = None,
    /,
    **variables: str,
) -> AsyncIterator[Service]:
    """The service on a migrated, empty database, and the world in it.

    `variables` are further ones of the environment.
    """
    places = {"MESHGRAPH_DATABASE_URL": database_url, "MESHGRAPH_DATA_DIR": str(folder)}
    settings = Settings.from_environ({**variables, **places})
    outside = open_outside(settings, away or Here(), fetcher)
    application = create_app(settings, outside)
    store = application.state.store
    transport = httpx2.ASGITransport(application)
    hooks: Mapping[str, list[Any]] = {"response": [_without_secret]}
    try:
        world = await build(store)
        await _keep_secret(store, world, settings)
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://test", event_hooks=hooks
        ) as client:
            secret = local_secret(settings.jwt_secret_file)
            seen = _door(door, settings, store, client, outside)
            ledger = application.state.ledger
            yield Service(seen, world, secret, client, store, ledger, application)
    finally:
        await application.state.broker.close()
        await store.close()

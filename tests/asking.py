"""What tests ask of the service beside its doors: rows of the store, and requests over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
from sqlalchemy import func, select

from tests.service import Service

TOO_MANY = 429


async def rows(service: Service, table: Any) -> list[Any]:
    async with service.store.reading() as session:
        return list(await session.scalars(select(table).order_by(table.id)))


async def count(service: Service, table: Any) -> int:
    async with service.store.reading() as session:
        return int(await session.scalar(select(func.count()).select_from(table)) or 0)


async def query(service: Service, person: str, source: str, **variables: Any) -> Any:
    """The data of a query over HTTP, whichever door the test is about."""
    headers = {"Authorization": f"Bearer {service.token(person)}"}
    message = {"query": source, "variables": variables}
    answer = (await service.client.post("/graphql", json=message, headers=headers)).json()
    assert "errors" not in answer, answer
    return answer["data"]


async def post(service: Service, person: str, path: str, **sent: Any) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {service.token(person)}"}
    return await service.client.post(path, headers=headers, **sent)


async def patiently(ask: Callable[[], Awaitable[httpx2.Response]]) -> httpx2.Response:
    """The answer, asked for again as long as there are too many operations under way."""
    while (answer := await ask()).status_code == TOO_MANY:  # noqa: ASYNC110 - until there is room
        await asyncio.sleep(0.05)
    return answer

"""Work is cancelled when its caller goes, and by nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.requests import ClientDisconnect
from starlette.types import Message

from app.disconnects import while_connected
from app.patience import Patience

IN_TIME = 0.5  # seconds in which an abandoned read ends


@dataclass
class Client:
    """Goes when told so; `asked` counts how often it was listened to."""

    leaving: asyncio.Event = field(default_factory=asyncio.Event)
    asked: int = 0

    async def __call__(self) -> Message:
        self.asked += 1
        await self.leaving.wait()
        return {"type": "http.disconnect"}


@asynccontextmanager
async def no_other_task() -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    assert asyncio.all_tasks() == before


async def forever(ended: list[str]) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        ended.append("work")


async def test_a_client_that_goes_ends_the_work() -> None:
    client, ended = Client(), list[str]()
    asyncio.get_running_loop().call_later(0.1, client.leaving.set)
    async with asyncio.timeout(IN_TIME), no_other_task():
        with pytest.raises(ClientDisconnect):
            await while_connected(client, forever(ended))
    assert ended == ["work"]


async def test_a_client_that_has_gone_before_it_is_watched_ends_the_work() -> None:
    client, ended = Client(), list[str]()
    client.leaving.set()
    async with asyncio.timeout(IN_TIME), no_other_task():
        with pytest.raises(ClientDisconnect):
            await while_connected(client, forever(ended))
    assert ended == ["work"]


async def test_nobody_watches_over_short_work() -> None:
    client = Client()

    async def work() -> int:
        await asyncio.sleep(0)
        return len(asyncio.all_tasks())

    assert await while_connected(client, work()) == len(asyncio.all_tasks())
    await asyncio.sleep(0.1)
    assert client.asked == 0


@pytest.mark.parametrize("seconds", [0, 30])
async def test_the_result_or_the_exception_of_the_work(seconds: float) -> None:
    async def work(outcome: Any) -> Any:
        await asyncio.sleep(0.02)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async with no_other_task():
        assert await while_connected(Client(), work(1), patience=Patience(seconds)) == 1
        with pytest.raises(KeyError):
            await while_connected(Client(), work(KeyError()), patience=Patience(seconds))


@pytest.mark.parametrize("seconds", [0, 30])
async def test_a_cancellation_from_elsewhere_is_one(seconds: float) -> None:
    client, ended = Client(), list[str]()
    async with no_other_task():
        task = asyncio.ensure_future(
            while_connected(client, forever(ended), patience=Patience(seconds))
        )
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert ended == ["work"]


async def test_a_timeout_around_it_is_one() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await while_connected(Client(), forever([]), patience=Patience(0))


async def test_a_timeout_inside_it_is_one() -> None:
    async def work() -> str:
        try:
            async with asyncio.timeout(0.02):
                await forever([])
        except TimeoutError:
            return "late"
        return "done"

    assert await while_connected(Client(), work(), patience=Patience(0)) == "late"


async def test_work_that_does_not_stop_has_no_result_and_leaves_nothing_behind() -> None:
    """What comes after it, in the same task, is not cancelled."""
    client = Client()
    client.leaving.set()

    async def stubborn() -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return "anyway"
        return "never"

    with pytest.raises(ClientDisconnect):
        await while_connected(client, stubborn(), patience=Patience(0))
    await asyncio.sleep(0)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_a_client_that_cannot_be_listened_to_has_gone() -> None:
    async def broken() -> Message:
        raise ConnectionResetError

    with pytest.raises(ClientDisconnect):
        await while_connected(broken, forever([]), patience=Patience(0))

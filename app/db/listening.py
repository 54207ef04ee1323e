"""LISTEN and NOTIFY of PostgreSQL, by which the processes on one database wake each other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog
from sqlalchemy import URL, make_url

from app.db.connecting import CONNECT_TIMEOUT, Line, is_pooled
from app.db.retry import FAILURES

CHANNEL = "meshgraph_events"

#: Seconds between two attempts to connect.
PAUSE = 0.5

log = structlog.get_logger()


def listening_on(url: str, heard: Callable[[], None]) -> Listening | None:
    """What listens on PostgreSQL; None for SQLite, and where a pooler is in between."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" or is_pooled(parsed):
        return None
    return Listening(parsed, heard)


class Listening:
    """A connection that tells of commits and hears of those of other processes.

    What is sent is empty: who hears it looks into the table. It is sent after the commits, as a
    NOTIFY within a transaction would make commits wait for each other; several that come together
    are told once. `heard` is called also when the connection has come back, as nobody knows what
    was missed.
    """

    def __init__(self, url: URL, heard: Callable[[], None]) -> None:
        self._line = Line(url)
        self._heard = heard
        self._telling = asyncio.Event()
        self._closed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, unless it has begun."""
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    def tell(self) -> None:
        """Something has been committed here."""
        self.start()
        self._telling.set()

    async def close(self) -> None:
        """End, but not amid connecting: asyncpg would leave the connection open."""
        if self._task is None:
            return
        self._closed.set()
        self._telling.set()
        await asyncio.wait({self._task}, timeout=CONNECT_TIMEOUT)
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        while not self._closed.is_set():
            try:
                await self._listen()
            except FAILURES as error:
                log.warning("events.listening_lost", error=type(error).__name__)
            with suppress(TimeoutError):
                async with asyncio.timeout(PAUSE):
                    await self._closed.wait()

    async def _listen(self) -> None:
        """Listen and tell until the connection is lost; raises what the driver does."""
        connection = await self._line.connect({"application_name": "meshgraph events"})
        try:
            connection.add_termination_listener(lambda _: self._telling.set())
            await connection.add_listener(CHANNEL, self._hear)
            self._heard()
            while not connection.is_closed() and not self._closed.is_set():
                await self._telling.wait()
                self._telling.clear()
                if not self._closed.is_set():
                    await connection.execute("SELECT pg_notify($1, '')", CHANNEL)
        finally:
            connection.terminate()

    def _hear(self, connection: Any, pid: int, _channel: str, _payload: object) -> None:
        if pid != connection.get_server_pid():
            self._heard()

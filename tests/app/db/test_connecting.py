"""Which of several hosts a connection goes to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import URL, make_url, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.connecting import Line, engine_of
from app.db.engine import Store
from app.errors import Unavailable
from app.setting_kinds import DATABASE
from tests import stores
from tests.serving import HOST, free_port

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


@asynccontextmanager
async def port_of(handle: Handler) -> AsyncIterator[int]:
    """A port of loopback, and the end of all that came to it."""
    tasks: list[asyncio.Task[None]] = []

    async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            await handle(reader, writer)
        writer.close()

    def come(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.append(asyncio.create_task(closing(reader, writer)))

    async with await asyncio.start_server(come, HOST, 0) as server:
        yield server.sockets[0].getsockname()[1]
    await asyncio.gather(*tasks)


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):  # and go on to close: the other direction ends by that
        while data := await reader.read(65_536):
            writer.write(data)
    writer.close()


def door(url: str) -> AbstractAsyncContextManager[int]:
    """A port behind which is the server of a URL, that has a socket in a folder."""
    folder = Path(str(make_url(url).query["host"]))
    [path] = (each for each in folder.glob(".s.PGSQL.*") if each.suffix != ".lock")

    async def beyond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, asked = await asyncio.open_unix_connection(str(path))
        await asyncio.gather(pump(reader, asked), pump(answers, writer))

    return port_of(beyond)


def silence() -> AbstractAsyncContextManager[int]:
    """A port at which nobody ever answers."""

    async def wait(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        while await reader.read(65_536):
            pass

    return port_of(wait)


def url_of(url: str, *ports: int) -> URL:
    """As an operator writes it, in the settings."""
    parsed = make_url(url)
    hosts = ",".join(f"{HOST}:{port}" for port in ports)
    read = DATABASE.read(f"postgresql://{parsed.username}@{hosts}/{parsed.database}")
    return make_url(str(read))


async def test_hosts_that_do_not_answer_are_passed_by(direct_url: str) -> None:
    async with silence() as silent, door(direct_url) as port:
        line = Line(url_of(direct_url, free_port(), silent, port), timeout=1.5)
        before = asyncio.get_running_loop().time()
        for _ in range(20):  # all but the first at once: it is known who answered
            connection = await line.connect({})
            assert await connection.fetchval("SELECT 1") == 1
            await connection.close()
        assert asyncio.get_running_loop().time() - before < 20 * 0.5


async def asking(session: AsyncSession) -> int:
    return int(await session.scalar(text("SELECT 1")) or 0)


async def test_the_host_that_can_be_written_is_taken(
    postgresql: stores.PostgreSQL, direct_url: str
) -> None:
    """Of two, and the same later if they change places: here the database says which it is."""
    name = make_url(direct_url).database
    async with door(direct_url) as port:
        line = Line(url_of(direct_url, port, port))
        connection = await asyncpg.connect(postgresql.uri)
        await connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        with pytest.raises(asyncpg.exceptions.TargetServerAttributeNotMatched):
            await line.connect({})
        store = Store.open(url_of(direct_url, port, port).render_as_string(hide_password=False))
        with pytest.raises(Unavailable):
            await store.write(asking, timeout=0.3)
        await connection.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
        await (await line.connect({})).close()
        assert await store.write(asking) == 1
        await store.close()
        await connection.close()


async def test_a_wrong_name_is_told_by_the_first(direct_url: str) -> None:
    async with door(direct_url) as port:
        line = Line(url_of(direct_url, port, free_port()).set(database="nowhere"))
        with pytest.raises(asyncpg.InvalidCatalogNameError):
            await line.connect({})


async def test_an_engine_has_the_settings(postgres_url: str) -> None:
    engine = engine_of(postgres_url, settings={"statement_timeout": "1234"})
    async with engine.connect() as connection:
        shown = await connection.scalar(text("SHOW statement_timeout"))
    await engine.dispose()
    assert shown == "1234ms"

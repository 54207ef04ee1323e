"""A caller that keeps its connection, and sees what happens to it: a client library would retry."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import MappingProxyType

from tests.serving import HOST

NONE: Mapping[str, str] = MappingProxyType({})
NO_ROOM = (429, 503)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float


@dataclass
class Caller:
    """One connection, opened when it is needed and closed when the server says so."""

    port: int
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 30
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] = NONE,
    ) -> Answer:
        """The answer to a body of JSON; raises OSError or EOFError where the connection breaks.

        `headers` are those of this request alone.
        """
        started = time.perf_counter()
        async with asyncio.timeout(self.timeout):
            reader, writer = await self._connected()
            writer.write(self._request(method, path, body, headers))
            status, told = await _head(reader)
            length = int(told.get("content-length", "0"))
            content = await reader.readexactly(length)
        if told.get("connection") == "close":
            await self.close()
        return Answer(status, told, content, time.perf_counter() - started)

    async def insist(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] = NONE
    ) -> Answer:
        """The answer, asked for again as long as there is no room."""
        while (answer := await self.ask(method, path, body, headers)).status in NO_ROOM:
            await asyncio.sleep(0.05)
        return answer

    async def close(self) -> None:
        if self._streams is not None:
            writer, self._streams = self._streams[1], None
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(HOST, self.port)
        return self._streams

    def _request(self, method: str, path: str, body: object, headers: Mapping[str, str]) -> bytes:
        content = b"" if body is None else body if isinstance(body, bytes) else encoded(body)
        fields = {"Host": f"{HOST}:{self.port}", "Content-Length": len(content)}
        fields |= {**self.headers, **headers}
        if body is not None:
            fields["Content-Type"] = "application/json"
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + content


def encoded(body: object) -> bytes:
    return json.dumps(body).encode()


async def _head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip().split("\r\n")
    fields = (line.partition(":") for line in lines)
    return int(first.split()[1]), {name.lower(): value.strip() for name, _, value in fields}


def percentile(values: list[float], share: float) -> float:
    """The value below which that share of all lies; 0 where there is none."""
    found = sorted(values)
    return found[min(len(found) - 1, int(len(found) * share))] if found else 0.0


async def probe(
    caller: Caller, path: str, answers: list[Answer], stop: asyncio.Event, pause: float = 0.02
) -> None:
    """Ask for a path over and over until told to stop."""
    while not stop.is_set():
        answers.append(await caller.ask("GET", path))
        await asyncio.sleep(pause)

"""A head and its body are one write; what begins a stream waits for nothing."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from app.joining import Joining

HEAD = b"HTTP/1.1 200 OK\r\n\r\n"


class Wire(asyncio.Transport):
    """Remembers each write, and whether it was closed."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.writes.append(bytes(data))

    def writelines(self, list_of_data: object) -> None:
        self.writes.append(b"".join(cast("tuple[bytes, ...]", list_of_data)))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
async def joining(wire: Wire) -> Joining:
    return Joining(wire, asyncio.get_running_loop())


async def test_a_head_goes_with_its_body(joining: Joining, wire: Wire) -> None:
    joining.write(HEAD)
    assert wire.writes == []
    joining.write(b"{}")
    assert wire.writes == [HEAD + b"{}"]
    await asyncio.sleep(0)
    assert len(wire.writes) == 1


async def test_a_head_without_a_body_goes_when_the_loop_turns(joining: Joining, wire: Wire) -> None:
    joining.write(HEAD)
    await asyncio.sleep(0)
    assert wire.writes == [HEAD]


async def test_what_follows_is_written_as_it_comes(joining: Joining, wire: Wire) -> None:
    for data in (HEAD, b"a", b"b"):
        joining.write(data)
    joining.write(HEAD)
    joining.write(b"c")
    assert wire.writes == [HEAD + b"a", b"b", HEAD + b"c"]


async def test_a_head_goes_before_the_connection_is_closed(joining: Joining, wire: Wire) -> None:
    joining.write(HEAD)
    joining.close()
    assert wire.writes == [HEAD]
    assert joining.is_closing()


async def test_a_connection_that_is_gone_gets_nothing(joining: Joining, wire: Wire) -> None:
    joining.write(HEAD)
    wire.close()
    await asyncio.sleep(0)
    assert wire.writes == []

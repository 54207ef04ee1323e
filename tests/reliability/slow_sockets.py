"""G11: sockets that send slowly or not at all are closed, and others do not notice them."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from tests.reliability.calling import Answer, Caller, percentile, probe
from tests.reliability.gates import Measured, run
from tests.reliability.places import Served, on_sqlite, served
from tests.serving import HOST

SOCKETS = 500
LONGEST = 10.0
SLOWEST_OF_OTHERS = 0.1

HEAD = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
#: What each sends at first; those that send more do so a byte at a time.
KINDS = ((HEAD, True), (HEAD + b"Content-Length: 5000\r\n\r\n{", True), (b"", False))


async def hold(port: int, first: bytes, *, drips: bool) -> float:
    """Hold a connection as long as the server lets; the seconds that was."""
    reader, writer = await asyncio.open_connection(HOST, port)
    started = time.perf_counter()
    writer.write(first)
    closed = asyncio.ensure_future(reader.read())
    with suppress(OSError):
        while not closed.done() and time.perf_counter() - started < 3 * LONGEST:
            await asyncio.wait([closed], timeout=1)
            if drips and not closed.done():
                writer.write(b"a")
    seconds = time.perf_counter() - started
    closed.cancel()
    await asyncio.gather(closed, return_exceptions=True)
    writer.close()
    return seconds


async def attack(server: Served) -> tuple[list[float], list[Answer]]:
    """How long each socket was held, and what somebody else was answered meanwhile."""
    answers: list[Answer] = []
    stop = asyncio.Event()
    caller = Caller(server.port, server.place.headers)
    watching = asyncio.create_task(probe(caller, "/api/identity/orgs", answers, stop))
    sockets = (KINDS[number % len(KINDS)] for number in range(SOCKETS))
    held = await asyncio.gather(
        *(hold(server.port, first, drips=drips) for first, drips in sockets)
    )
    stop.set()
    await watching
    await caller.close()
    return held, answers


def measure() -> Measured:
    with on_sqlite() as place, served(place) as server:
        held, answers = asyncio.run(attack(server))
    slow, p99 = max(held), percentile([each.seconds for each in answers], 0.99)
    fine = all(each.status == 200 for each in answers)
    found = f"{SOCKETS} closed in {slow:.1f} s, p99 {p99 * 1000:.0f} ms of {len(answers)}"
    return Measured(fine and slow <= LONGEST and p99 <= SLOWEST_OF_OTHERS, found)


if __name__ == "__main__":
    run("slow_sockets", measure)

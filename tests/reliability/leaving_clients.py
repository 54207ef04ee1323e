"""G9: what clients asked is given up when they go, so that others find the database free."""

from __future__ import annotations

import asyncio
import time

from tests.reliability.calling import Answer, Caller, probe
from tests.reliability.gates import Measured, run
from tests.reliability.places import (
    ACTIVE,
    LOCK,
    QUESTIONS,
    Served,
    on_postgresql,
    served,
)

CLIENTS = 8
LONGEST = 0.5
FREE = "{ organizations { items { id } } }"


async def leave(server: Served, question: str) -> tuple[float, float]:
    """Seconds until nothing is under way once all have gone; and of the next who asks."""
    lock = await server.place.connect()
    watch = await server.place.connect()
    callers = [Caller(server.port, server.place.headers) for _ in range(CLIENTS)]
    body = {"query": question}
    async with lock.transaction():
        await lock.execute(LOCK)
        asking = [asyncio.create_task(caller.ask("POST", "/graphql", body)) for caller in callers]
        while await watch.fetchval(ACTIVE) < CLIENTS:
            await asyncio.sleep(0.01)
        for caller, task in zip(callers, asking, strict=True):
            task.cancel()
            await caller.close()
        await asyncio.gather(*asking, return_exceptions=True)
        gone = time.perf_counter()
        next_ = asyncio.create_task(
            Caller(server.port, server.place.headers).ask("POST", "/graphql", {"query": FREE})
        )
        while await watch.fetchval(ACTIVE) > 0:
            await asyncio.sleep(0.01)
        free = time.perf_counter() - gone
        answered = await next_
    await watch.close()
    await lock.close()
    assert answered.status == 200, answered
    return free, answered.seconds


async def attack(server: Served) -> tuple[list[tuple[float, float]], list[Answer]]:
    probes: list[Answer] = []
    stop = asyncio.Event()
    for question in QUESTIONS:  # what is met first is planned, and rights are read
        await Caller(server.port, server.place.headers).ask("POST", "/graphql", {"query": question})
    watching = asyncio.create_task(probe(Caller(server.port), "/readyz", probes, stop, pause=0.05))
    found = [await leave(server, question) for question in QUESTIONS]
    stop.set()
    await watching
    return found, probes


def measure() -> Measured:
    with on_postgresql() as (place, _), served(place, QUERY_TIMEOUT=30) as server:
        found, probes = asyncio.run(attack(server))
    free, next_ = (max(each) for each in zip(*found, strict=True))
    ready = all(each.status == 200 for each in probes)
    said = f"statements ended in {free:.2f} s, the next answered in {next_:.2f} s, "
    said += f"/readyz {'200' if ready else 'not 200'} ({len(probes)} times)"
    return Measured(free <= LONGEST and next_ <= LONGEST and ready, said)


if __name__ == "__main__":
    run("leaving_clients", measure)

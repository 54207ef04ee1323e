"""G10: a deadline of the server ends the statement, and leaves nothing behind."""

from __future__ import annotations

import asyncio
from collections import Counter

from tests.reliability.calling import Caller
from tests.reliability.gates import Measured, run
from tests.reliability.places import (
    ACTIVE,
    CONNECTED,
    LOCK,
    QUESTIONS,
    Served,
    on_postgresql,
    served,
)

OPERATIONS = 40
DEADLINE = 1.0
POOLS = 8 + 8 + 2


async def ask(server: Served, question: str) -> int:
    caller = Caller(server.port, server.place.headers)
    try:
        return (await caller.ask("POST", "/graphql", {"query": question})).status
    finally:
        await caller.close()


async def run_out(server: Served) -> tuple[Counter[int], int, int, Counter[int]]:
    """What they were told; statements and connections that are left; and what others are told."""
    watch, lock = await server.place.connect(), await server.place.connect()
    questions = [QUESTIONS[number % len(QUESTIONS)] for number in range(OPERATIONS)]
    async with lock.transaction():
        await lock.execute(LOCK)
        late = Counter(await asyncio.gather(*(ask(server, each) for each in questions)))
        await asyncio.sleep(0.5)
        active, connected = await watch.fetchval(ACTIVE), await watch.fetchval(CONNECTED) - 1
    after = Counter(await asyncio.gather(*(ask(server, each) for each in questions)))
    await watch.close()
    await lock.close()
    return late, active, connected, after


def measure() -> Measured:
    settings = {"QUERY_TIMEOUT": DEADLINE, "MAX_PER_CALLER": OPERATIONS}
    with on_postgresql() as (place, _), served(place, **settings) as server:
        late, active, connected, after = asyncio.run(run_out(server))
    found = (
        f"{dict(late)}, {active} statements and {connected} connections left, then {dict(after)}"
    )
    good = late == {503: OPERATIONS} and after == {200: OPERATIONS}
    return Measured(good and active == 0 and connected <= POOLS, found)


if __name__ == "__main__":
    run("deadlines", measure)

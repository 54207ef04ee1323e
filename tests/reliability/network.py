"""G6: the network between server and PostgreSQL fails in three ways, and callers only wait."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.reliability.chaos import Network, network
from tests.reliability.gates import Measured, run
from tests.reliability.places import Place, on_postgresql, served_beside
from tests.reliability.working import Kept, Load, finish, kept, working

#: As many as there are connections in a pool: those who read beyond that are told after a second
#: that all are in use (MESHGRAPH_POOL_TIMEOUT), as they are with any database that is slow.
CLIENTS = 8
CALM = 3.0  # seconds before each fault, and after the last
LONGEST = 5.0


@dataclass(frozen=True)
class Fault:
    name: str
    happen: Callable[[Network], Awaitable[None]]


FAULTS = (
    Fault("silent 4 s", lambda between: between.silent(4)),
    Fault("resetting 2 s", lambda between: between.resetting(2)),
    Fault("50 ms each way", lambda between: between.far(0.05, 5)),
)


async def suffer(place: Place) -> tuple[Load, dict[str, float], Kept]:
    """What callers were told, and how long all of them waited in each fault."""
    gaps: dict[str, float] = {}
    async with (
        network(place) as (between, across),
        served_beside(across) as server,
    ):
        load = Load(place, server.port)
        callers = working(load, CLIENTS)
        await asyncio.sleep(CALM)
        for fault in FAULTS:
            since = time.perf_counter()
            await fault.happen(between)
            await asyncio.sleep(CALM)
            gaps[fault.name] = load.gap(since)
        await finish(load, callers)
    return load, gaps, await kept(load)


def measure() -> Measured:
    with on_postgresql() as (place, _):
        load, gaps, after = asyncio.run(suffer(place))
    waits = ", ".join(f"{name}: {gap:.2f} s" for name, gap in gaps.items())
    found = (
        f"{CLIENTS} clients: {load.failures or 0} of {load.told.total()} failed, "
        f"longest gap {load.gap():.2f} s ({waits}) and wait {load.longest:.2f} s, "
        f"{after} of {len(load.made)}"
    )
    good = not load.failures and after.whole
    return Measured(good and load.gap() <= LONGEST, found)


if __name__ == "__main__":
    run("network", measure)

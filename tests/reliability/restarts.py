"""G3: PostgreSQL is restarted under load, and callers only wait a little longer."""

from __future__ import annotations

import asyncio
import time

from tests.reliability.gates import Measured, run
from tests.reliability.places import Served, on_postgresql, served
from tests.reliability.working import CLIENTS, Kept, Load, finish, kept, working
from tests.stores import PostgreSQL

MODES = ("immediate", "fast", "immediate", "fast")
CALM = 3.0  # seconds before each restart, and after the last
LONGEST = 2.0


async def suffer(server: Served, database: PostgreSQL) -> tuple[Load, float, Kept]:
    """What callers were told, and the seconds that the longest restart took by itself."""
    load = Load(server.place, server.port)
    callers, longest = working(load), 0.0
    for mode in MODES:
        await asyncio.sleep(CALM)
        begun = time.perf_counter()
        await asyncio.to_thread(database.restart, mode)
        longest = max(longest, time.perf_counter() - begun)
    await asyncio.sleep(CALM)
    await finish(load, callers)
    return load, longest, await kept(load)


def measure() -> Measured:
    with on_postgresql() as (place, database), served(place) as server:
        load, restart, after = asyncio.run(suffer(server, database))
    found = (
        f"{len(MODES)} restarts of {restart:.2f} s at most, {CLIENTS} clients: "
        f"{load.failures or 0} of {load.told.total()} failed, longest gap {load.gap():.2f} s and "
        f"wait {load.longest:.2f} s, {after} of {len(load.made)}"
    )
    good = not load.failures and after.whole
    return Measured(good and max(load.gap(), load.longest) <= LONGEST, found)


if __name__ == "__main__":
    run("restarts", measure)

"""G5: another node is made the leader of a cluster as planned, and no caller notices."""

from __future__ import annotations

import asyncio
import time

from tests.reliability import cluster, cluster_load
from tests.reliability.cluster_load import Load
from tests.reliability.gates import Measured, run
from tests.reliability.places import Served

LONGEST_GAP = 5.0


async def switch(nodes: cluster.Cluster, load_on: Served) -> Load:
    async with cluster_load.loaded(load_on) as load:
        target, _ = await asyncio.to_thread(nodes.standbys)
        began = time.monotonic()
        await asyncio.to_thread(nodes.switch, target)
        await load.resumed(began)
    return load


def measure() -> Measured:
    if not cluster.available():
        return Measured(None, cluster.MISSING)
    with cluster.running() as nodes, cluster_load.on(nodes) as server:
        load = asyncio.run(switch(nodes, server))
        kept = asyncio.run(load.kept())
    errors = load.errors | ({"503": load.refused} if load.refused else {})
    found = (
        f"{sum(errors.values())} errors in {load.told.total()} requests, gap {load.gap():.1f} s, "
        f"{kept.lost} of {len(load.acknowledged)} lost, {kept.twice} twice"
    )
    return Measured(kept == (0, 0) and not errors and load.gap() <= LONGEST_GAP, found)


if __name__ == "__main__":
    run("cluster_switchover", measure)

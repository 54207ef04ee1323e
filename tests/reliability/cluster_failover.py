"""G4: the node that leads a cluster of three is lost, and no acknowledged write with it."""

from __future__ import annotations

import asyncio
import time

from tests.reliability import cluster, cluster_load
from tests.reliability.cluster_load import Load
from tests.reliability.gates import Measured, run
from tests.reliability.places import Served

LONGEST_GAP = 25.0


async def fail(nodes: cluster.Cluster, load_on: Served) -> Load:
    async with cluster_load.loaded(load_on) as load:
        leader = await asyncio.to_thread(nodes.leader)
        assert leader is not None
        await asyncio.to_thread(leader.kill)
        await load.resumed(time.monotonic())
    return load


def measure() -> Measured:
    if not cluster.available():
        return Measured(None, cluster.MISSING)
    with cluster.running() as nodes, cluster_load.on(nodes) as server:
        load = asyncio.run(fail(nodes, server))
        kept = asyncio.run(load.kept())
    found = (
        f"{kept.lost} of {len(load.acknowledged)} lost, {kept.twice} twice, "
        f"gap {load.gap():.1f} s, 503 with Retry-After {load.refused} times, "
        f"else {load.errors or 'nothing'}"
    )
    good = kept == (0, 0) and not load.errors and load.gap() <= LONGEST_GAP
    return Measured(good, found)


if __name__ == "__main__":
    run("cluster_failover", measure)

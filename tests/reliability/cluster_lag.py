"""G4: standbys receive nothing for longer than callers wait, and then the leading node is lost.

What was committed meanwhile is on that node alone, and callers who come again may not be told that
it is done.
"""

from __future__ import annotations

import asyncio
import time

from tests.reliability import cluster, cluster_load
from tests.reliability.cluster_load import Load
from tests.reliability.gates import Measured, run
from tests.reliability.places import Served

#: Seconds that standbys receive nothing: more than a mutation may take, so that some come again.
HALTED = 14.0
LONGEST_GAP = 30.0


async def lag(nodes: cluster.Cluster, load_on: Served) -> tuple[Load, float]:
    """The load, and the seconds from the loss of the node to the next write."""
    async with cluster_load.loaded(load_on) as load:
        leader = await asyncio.to_thread(nodes.leader)
        assert leader is not None
        with cluster.deaf([node for node in nodes.nodes if node is not leader]):
            await asyncio.sleep(HALTED)
            await asyncio.to_thread(leader.kill)
            killed = time.monotonic()
        await load.resumed(killed)
    return load, load.next_after(killed) - killed


def measure() -> Measured:
    if not cluster.available():
        return Measured(None, cluster.MISSING)
    with cluster.running() as nodes, cluster_load.on(nodes) as server:
        load, gap = asyncio.run(lag(nodes, server))
        kept = asyncio.run(load.kept())
    found = (
        f"{kept.lost} of {len(load.acknowledged)} lost, {kept.twice} twice, gap {gap:.1f} s, "
        f"503 with Retry-After {load.refused} times, else {load.errors or 'nothing'}"
    )
    return Measured(kept == (0, 0) and not load.errors and gap <= LONGEST_GAP, found)


if __name__ == "__main__":
    run("cluster_lag", measure)

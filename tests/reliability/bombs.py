"""G14: content that is made to be dear costs a worker process little, and nobody else anything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tests.bench.sockets import processor_time
from tests.content import text
from tests.reliability.bomb_corpus import EVALUATED, IMPORTED, definitions
from tests.reliability.calling import Answer, Caller, encoded, percentile, probe
from tests.reliability.gates import Measured, run
from tests.reliability.places import Served, figure, on_sqlite, served

CPU, MEMORY, LIVE = 2.0, 256 * 2**20, 0.050
CALM = 5.0
IMPORT, EVALUATE, REGISTER = "/api/pattern/import", "/evaluate", "/api/meshmodels/register"


class Cost(NamedTuple):
    """What became of one, and what that took of worker processes."""

    name: str
    status: int
    seconds: float
    processor: float
    memory: int


@dataclass
class Workers:
    """The processes that a server has started: what they have computed, and have in memory."""

    server: int
    seconds: dict[int, float] = field(default_factory=dict)
    memory: int = 0

    def look(self) -> None:
        for process in below(self.server):
            with suppress(OSError, StopIteration):
                self.seconds[process] = processor_time(process)
                self.memory = max(self.memory, figure(process, "VmRSS") * 1024)

    @property
    def computed(self) -> float:
        return sum(self.seconds.values())

    async def watch(self) -> None:
        while True:
            await asyncio.to_thread(self.look)
            await asyncio.sleep(0.02)


def below(process: int) -> Iterator[int]:
    with suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in (task / "children").read_text("ascii").split():
                yield int(child)
                yield from below(int(child))


def messages() -> Iterator[tuple[str, str, bytes]]:
    """The name, the path and the body of each."""
    for name, content in IMPORTED.items():
        yield name, IMPORT, encoded({"file": text(content), "fileName": name})
    for name, design in EVALUATED.items():
        yield name, EVALUATE, encoded({"design": design})


@asynccontextmanager
async def watched(workers: Workers) -> AsyncIterator[None]:
    watching = asyncio.create_task(workers.watch())
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def throw(server: Served) -> list[Cost]:
    caller = Caller(server.port, server.place.headers, timeout=60)
    workers, costs = Workers(server.process.pid), []
    for name, path, body in await asyncio.to_thread(list, messages()):
        workers.look()
        workers.memory, before = 0, workers.computed
        async with watched(workers):
            answer = await caller.ask("POST", path, body)
        await asyncio.to_thread(workers.look)
        took = workers.computed - before
        costs.append(Cost(name, answer.status, answer.seconds, took, workers.memory))
    await caller.close()
    return costs


async def attack(server: Served) -> tuple[list[Cost], list[Answer], list[Answer]]:
    """What each cost; probes before, and meanwhile."""
    body = {"fileName": "a.tgz", "modelFile": text(definitions())}
    sent = {"uploadType": "FILE", "register": True, "importBody": body}
    answer = await Caller(server.port, server.place.headers).ask("POST", REGISTER, sent)
    assert answer.status == 201, answer
    calm: list[Answer] = []
    probes: list[Answer] = []
    quiet, stop = asyncio.Event(), asyncio.Event()
    asyncio.get_running_loop().call_later(CALM, quiet.set)
    await probe(Caller(server.port), "/livez", calm, quiet)
    watching = asyncio.create_task(probe(Caller(server.port), "/livez", probes, stop))
    costs = await throw(server)
    stop.set()
    await watching
    return costs, calm, probes


def measure() -> Measured:
    limits = {"READ_TIMEOUT": 2, "EVALUATE_TIMEOUT": 2}
    with on_sqlite() as place, served(place, **limits) as server:
        costs, calm, probes = asyncio.run(attack(server))
    rest, p99 = (percentile([each.seconds for each in found], 0.99) for found in (calm, probes))
    dearest = max(costs, key=lambda cost: cost.processor)
    largest = max(costs, key=lambda cost: cost.memory)
    broken = [cost.name for cost in costs if cost.status >= 500]
    found = (
        f"{len(costs)} bombs: at most {dearest.processor:.1f} s ({dearest.name}) and "
        f"{largest.memory / 2**20:.0f} MiB ({largest.name}) of a worker, {len(broken)} answered "
        f"5xx; p99 {p99 * 1000:.0f} ms ({rest * 1000:.0f} at rest)"
    )
    cheap = dearest.processor <= CPU and largest.memory <= MEMORY
    return Measured(cheap and not broken and p99 <= LIVE, found)


if __name__ == "__main__":
    run("bombs", measure)

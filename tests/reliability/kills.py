"""G1: the server is killed while it writes, over and over, and loses nothing it has promised."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from tests.reliability.gates import Measured, run
from tests.reliability.places import Place, on_postgresql, on_sqlite, served_beside
from tests.reliability.working import Kept, Load, finish, kept, working
from tests.serving import free_port

ROUNDS = 10
WORK = 50  # requests that are answered before each kill, and at the end
LONGEST = 3.0


@dataclass(frozen=True)
class Suffered:
    """What became of one database; `longest` is from a kill to readiness, in seconds.

    `processor` are the most seconds of a processor that this took the server.
    """

    load: Load
    after: Kept
    longest: float
    processor: float

    def __str__(self) -> str:
        sound = "sound" if self.after.sound else "NOT sound"
        back = f"back in {self.longest:.2f} s ({self.processor:.2f} s of a processor)"
        return f"{self.after} of {len(self.load.made)}, {sound}, {back}"

    @property
    def good(self) -> bool:
        """A connection that breaks is all that callers may have been told."""
        statuses = [told for told in self.load.failures if not told.endswith("Error")]
        return self.after.whole and not statuses and self.longest <= LONGEST


async def worked(load: Load) -> None:
    """Wait until so many requests more have been answered."""
    enough = load.told["ok"] + WORK
    while load.told["ok"] < enough:
        await asyncio.sleep(0.005)


async def suffer(place: Place) -> Suffered:
    load = Load(place, free_port(), patient=True)
    callers = working(load)
    killed, waits, spent = time.perf_counter(), list[float](), list[float]()
    for number in range(ROUNDS + 1):
        async with served_beside(place, load.port) as server:
            waits.append(time.perf_counter() - killed)
            spent.append(server.processor())
            await worked(load)
            if number == ROUNDS:
                await finish(load, callers)
            killed = time.perf_counter()
            server.process.kill()
    return Suffered(load, await kept(load), max(waits[1:]), max(spent[1:]))


@contextmanager
def in_postgresql() -> Iterator[Place]:
    with on_postgresql() as (place, _):
        yield place


PLACES: dict[str, Callable[[], AbstractContextManager[Place]]] = {
    "SQLite": on_sqlite,
    "PostgreSQL": in_postgresql,
}


def measure() -> Measured:
    found: dict[str, Suffered] = {}
    for name, place in PLACES.items():
        with place() as made:
            found[name] = asyncio.run(suffer(made))
    said = "; ".join(f"{name}: {each}" for name, each in found.items())
    return Measured(all(each.good for each in found.values()), said)


if __name__ == "__main__":
    run("kills", measure)

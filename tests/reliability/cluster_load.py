"""Writers and readers while a cluster changes its leader, and what became of their writes."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import count, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from uuid import uuid4

from sqlalchemy import make_url

from app.db.connecting import Line
from app.setting_kinds import DATABASE
from tests.reliability.calling import Answer, Caller
from tests.reliability.cluster import Cluster
from tests.reliability.places import Place, Served, seeded, served

CONNECTIONS = "/api/integrations/connections"
KEYED, PLAIN, READERS = 4, 4, 2
PAUSE = 0.02  # of each between two requests
#: Seconds: of load before something happens, and after writes are acknowledged again.
BEFORE, AFTER = 6.0, 8.0
#: Seconds that a gap may last before nobody waits for its end.
LONGEST = 60.0

STORED = "SELECT name, count(*) AS times FROM connections WHERE name LIKE 'load %' GROUP BY name"


class Kept(NamedTuple):
    """What is in the database in the end: acknowledged writes it lacks, and what it has twice."""

    lost: int
    twice: int


@dataclass
class Load:
    """Half of the writers send a write again, with its idempotency key, until it is acknowledged.

    The others go on with another one: what was not acknowledged may have been stored or not.
    """

    served: Served
    told: Counter[str] = field(default_factory=Counter)
    acknowledged: dict[str, float] = field(default_factory=dict)
    keyed: set[str] = field(default_factory=set)
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def write(self, writer: int, *, keyed: bool) -> None:
        caller = Caller(self.served.port)
        for number in count():
            if self.stop.is_set():
                break
            name = f"load {writer} {number}"
            if keyed:
                self.keyed.add(name)
            await self._until_acknowledged(caller, name, keyed=keyed)
            await asyncio.sleep(PAUSE)
        await caller.close()

    async def _until_acknowledged(self, caller: Caller, name: str, *, keyed: bool) -> None:
        key = {"Idempotency-Key": f'"{uuid4()}"'} if keyed else {}
        caller.headers = {**self.served.place.headers, **key}
        body = {"name": name, "status": "connected", "kind": "k", "type": "t", "subType": "s"}
        while (answer := await self._ask(caller, "POST", body)) is None or answer.status >= 300:
            if not keyed or self.stop.is_set():
                return
            await asyncio.sleep(0.5)
        self.acknowledged[name] = time.monotonic()

    async def read(self) -> None:
        caller = Caller(self.served.port, self.served.place.headers)
        while not self.stop.is_set():
            await self._ask(caller, "GET")
            await asyncio.sleep(PAUSE)
        await caller.close()

    async def _ask(self, caller: Caller, method: str, body: object = None) -> Answer | None:
        try:
            answer = await caller.ask(method, CONNECTIONS, body)
        except (OSError, EOFError) as error:
            self.told[type(error).__name__] += 1
            await caller.close()
            return None
        told = str(answer.status)
        if answer.status == 503 and "retry-after" not in answer.headers:
            told = "503 without Retry-After"
        self.told[told] += 1
        return answer

    @property
    def refused(self) -> int:
        """How often somebody was told to come again."""
        return self.told["503"]

    @property
    def errors(self) -> dict[str, int]:
        """What else was told that is no success."""
        return {told: times for told, times in self.told.items() if told not in OWED}

    def gap(self) -> float:
        """The longest time, in seconds, in which no write was acknowledged."""
        moments = sorted(self.acknowledged.values())
        return max((after - before for before, after in pairwise(moments)), default=LONGEST)

    def next_after(self, since: float) -> float:
        """When the first write after a moment was acknowledged; infinity for never."""
        after = (each for each in self.acknowledged.values() if each > since)
        return min(after, default=float("inf"))

    async def resumed(self, since: float) -> None:
        """Once writes have been acknowledged again for a while after a moment, or never will be."""
        while time.monotonic() < since + LONGEST:
            await asyncio.sleep(0.2)
            last = max(self.acknowledged.values())
            if last > since and time.monotonic() > self._first_after(since) + AFTER:
                return

    def _first_after(self, since: float) -> float:
        """When the longest gap after a moment was over, as far as it is known."""
        moments = [since, *sorted(each for each in self.acknowledged.values() if each > since)]
        return max(pairwise(moments), key=lambda pair: pair[1] - pair[0])[1]

    async def kept(self) -> Kept:
        """Compare with what the database has."""
        connection = await Line(make_url(self.served.place.url)).connect({})
        try:
            stored = {row["name"]: int(row["times"]) for row in await connection.fetch(STORED)}
        finally:
            await connection.close()
        return Kept(
            len(self.acknowledged.keys() - stored.keys()),
            sum(stored.get(name, 0) > 1 for name in self.keyed),
        )


OWED = {"200", "201", "503"}


@contextmanager
def on(cluster: Cluster) -> Iterator[Served]:
    """A server on the cluster, with demo data."""
    with TemporaryDirectory() as folder:
        place = seeded(Place(str(DATABASE.read(cluster.url)), Path(folder)))
        with served(place, MAX_PER_CALLER=64) as server:
            yield server


@asynccontextmanager
async def loaded(server: Served) -> AsyncIterator[Load]:
    """The load, which has been going on for a while; it ends with the block."""
    load = Load(server)
    tasks = [
        *(
            asyncio.create_task(load.write(each, keyed=each < KEYED))
            for each in range(KEYED + PLAIN)
        ),
        *(asyncio.create_task(load.read()) for _ in range(READERS)),
    ]
    await asyncio.sleep(BEFORE)
    yield load
    load.stop.set()
    await asyncio.gather(*tasks)

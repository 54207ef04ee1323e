"""G19: a service that is busy for long does not grow."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from statistics import linear_regression
from typing import NamedTuple

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from app.demo import demo_id
from tests.reliability.calling import Caller
from tests.reliability.gates import Measured, run
from tests.reliability.places import Served, figure, on_postgresql, served
from tests.reliability.subscriptions import OWN, subscribe

#: Seconds of finding out what the load may be, of getting warm, and of looking.
TRIAL, WARM, LOOKING = 6, 24, 60
SHARE = 0.8
CALLERS, LISTENERS = 8, 10
SLOPE = 2**20
ORGANIZATION = str(demo_id("organization", "cooperative"))
ENVIRONMENT = str(demo_id("environment", "staging"))

LIST = "{ organizations { items { name teams { items { name users { totalCount } } } } } }"
PAGE = """query($id: ID!) { organization(id: $id) { environments { totalCount items {
    name connections { items { id name kind status } } } } } }"""
INTERPRETED = "{ connections { items { id } } viewer { user { roleNames } } }"
CREATE = 'mutation { createEvent(input: {description: "soak"}) { event { id } } }'
RENAME = """mutation($id: ID!, $text: String!) {
    updateEnvironment(input: {environmentId: $id, description: $text}) { environment { id } } }"""
ENVIRONMENTS = f"/api/environments?orgId={ORGANIZATION}"
#: What is asked, by turns: method, path and body.
ASKED: tuple[tuple[str, str, object], ...] = (
    ("POST", "/graphql", {"query": LIST}),
    ("GET", "/api/identity/orgs", None),
    ("POST", "/graphql", {"query": PAGE, "variables": {"id": ORGANIZATION}}),
    ("GET", ENVIRONMENTS, None),
    ("POST", "/graphql", {"query": INTERPRETED}),
    ("GET", "/api/integrations/connections?pagesize=10", None),
    ("POST", "/graphql", {"query": RENAME, "variables": {"id": ENVIRONMENT, "text": "soak"}}),
    ("GET", f"/api/identity/orgs/{ORGANIZATION}/teams", None),
    ("POST", "/graphql", {"query": CREATE}),
    ("GET", f"/api/environments/{ENVIRONMENT}?orgId={ORGANIZATION}", None),
    ("POST", "/events", {"description": "soak", "action": "create", "category": "test"}),
)


class Look(NamedTuple):
    """What a process has at a time."""

    seconds: float
    memory: int
    descriptors: int
    threads: int


@dataclass
class Load:
    """Callers who ask by turns: as fast as they can, or `rate` times a second together."""

    server: Served
    rate: float = 0.0
    told: Counter[int] = field(default_factory=Counter)
    turns: Iterator[int] = field(default_factory=itertools.count)
    started: float = field(default_factory=time.monotonic)

    async def work(self, until: float) -> None:
        caller = Caller(self.server.port, self.server.place.headers)
        while (now := time.monotonic()) < until:
            turn = next(self.turns)
            due = self.started + turn / self.rate if self.rate else now
            await asyncio.sleep(max(0.0, due - now))
            answer = await caller.ask(*ASKED[turn % len(ASKED)])
            self.told[answer.status] += 1
        await caller.close()

    async def run(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        await asyncio.gather(*(self.work(until) for _ in range(CALLERS)))


@dataclass
class Heard:
    """Subscriptions, one of which is ended each second and another begun."""

    server: Served
    events: int = 0

    async def listen(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            async for message in socket:
                kind = json.loads(message)["type"]
                self.events += kind == "next"
                if kind == "ping":
                    await socket.send('{"type":"pong"}')

    async def churn(self) -> None:
        bearer, listening = self.server.place.token, []
        try:
            while True:
                socket = await subscribe(self.server, bearer, OWN)
                listening.append((socket, asyncio.create_task(self.listen(socket))))
                if len(listening) > LISTENERS:
                    await self.leave(*listening.pop(0))
                    await asyncio.sleep(1)
        finally:
            for each in listening:
                await self.leave(*each)

    async def leave(self, socket: ClientConnection, task: asyncio.Task[None]) -> None:
        await socket.close()
        await task


def look(server: Served) -> Look:
    return Look(
        time.monotonic(),
        figure(server.process.pid, "VmRSS") * 1024,
        server.descriptors(),
        server.threads(),
    )


async def soak(server: Served) -> tuple[list[Look], Load, Heard, dict[str, float]]:
    heard = Heard(server)
    churning = asyncio.create_task(heard.churn())
    trial = Load(server)
    await trial.run(TRIAL)
    load = Load(server, rate=SHARE * trial.told.total() / TRIAL)
    running = asyncio.create_task(load.run(WARM + LOOKING))
    await asyncio.sleep(WARM)
    looks = []
    while not running.done():
        looks.append(look(server))
        await asyncio.sleep(1)
    await running
    churning.cancel()
    await asyncio.gather(churning, return_exceptions=True)
    await asyncio.sleep(2)
    return looks, load, heard, await pools(server)


async def pools(server: Served) -> dict[str, float]:
    """How many of each pool are taken."""
    caller = Caller(server.port)
    lines = (await caller.ask("GET", "/metrics")).body.decode().splitlines()
    await caller.close()
    taken = (line.split() for line in lines if line.startswith("meshgraph_pool_taken{"))
    return {name.split('"')[1]: float(value) for name, value in taken}


def slope(looks: list[Look]) -> float:
    """Bytes by which the memory grows in a minute."""
    seconds, memory = [each.seconds for each in looks], [each.memory for each in looks]
    return 60 * linear_regression(seconds, memory).slope


def grown(looks: list[Look], name: str) -> int:
    """By how much the most of the second half is more than that of the first."""
    counts = [int(getattr(each, name)) for each in looks]
    half = len(counts) // 2
    return max(counts[half:]) - max(counts[:half])


def measure() -> Measured:
    settings = {"METRICS": "true", "MAX_PER_CALLER": 64}
    with on_postgresql() as (place, _), served(place, **settings) as server:
        looks, load, heard, taken = asyncio.run(soak(server))
    memory, descriptors, threads = (
        slope(looks),
        grown(looks, "descriptors"),
        grown(looks, "threads"),
    )
    found = (
        f"{load.told.total() / (WARM + LOOKING):.0f} requests a second, {dict(load.told)}, "
        f"{heard.events} events heard; {memory / 2**20:+.2f} MiB a minute at "
        f"{looks[-1].memory / 2**20:.0f} MiB; {descriptors:+d} descriptors, {threads:+d} threads, "
        f"{sum(taken.values()):.0f} of the pools taken after it"
    )
    flat = max(descriptors, threads) <= 0 and not any(taken.values())
    return Measured(memory <= SLOPE and flat and load.told.keys() <= {200, 201}, found)


if __name__ == "__main__":
    run("soak", measure)

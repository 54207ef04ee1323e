"""A thousand subscribers of one process while events are written: what each gets, and how soon.

`python -m tests.bench.subscribers [--seconds N] [--subscribers N] [--rate N] [--postgresql]`
starts `meshgraph serve`. The subscribers are connections of a hundred users, each of whom gets the
events of its user; the writers are those users. It ends with status 1 where one of them missed an
event, got one twice, or got two in another order than the others of the same user.

Late is measured from `createdAt`, which the server takes before it writes, so that the time of
writing is in it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from app.db.engine import Store
from app.db.users import User
from app.graphql_over_websocket import PROTOCOL
from tests import serving, stores
from tests.bench.sockets import memory, processor_time

USERS = 100
FOLLOW = "subscription { events { id createdAt description } }"
CREATE = "mutation ($d: String!) { createEvent(input: {description: $d}) { event { id } } }"
PATIENCE = 10.0
QUANTILES = {"p50": 49, "p95": 94, "p99": 98}


@dataclass
class Tally:
    """What each subscriber has got, by user and connection, and how late."""

    got: dict[str, list[list[str]]] = field(default_factory=lambda: defaultdict(list))
    late: list[float] = field(default_factory=list)
    sent: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def faults(self) -> list[str]:
        """What is wrong, in words."""
        found = []
        for user, connections in self.got.items():
            expected = sorted(str(each) for each in range(self.sent[user]))
            for each in connections:
                if sorted(each) != expected:
                    found.append(f"{user}: {len(each)} of {len(expected)} events")
                elif each != connections[0]:
                    found.append(f"{user}: another order")
        return found


def _user(name: str) -> User:
    return User(
        user_id=name, username=name, provider="local", email=f"{name}@example.org",
        first_name=name, last_name="",
    )  # fmt: skip


async def users(url: str) -> None:
    store = Store.open(url)

    async def add(session: Any) -> None:
        for number in range(USERS):
            session.add(_user(f"user{number}"))

    await store.write(add)
    await store.close()


async def subscribe(stack: AsyncExitStack, port: int, token: str) -> ClientConnection:
    url = f"ws://{serving.HOST}:{port}/graphql"
    opening = connect(
        url, subprotocols=[Subprotocol(PROTOCOL)], proxy=None, compression=None, ping_interval=None
    )
    socket = await stack.enter_async_context(opening)
    await socket.send(json.dumps({"type": "connection_init", "payload": {"token": token}}))
    await socket.recv()
    message = {"type": "subscribe", "id": "1", "payload": {"query": FOLLOW}}
    await socket.send(json.dumps(message))
    return socket


async def listen(socket: ClientConnection, got: list[str], tally: Tally) -> None:
    async for text in socket:
        message = json.loads(text)
        if message["type"] == "ping":
            await socket.send('{"type":"pong"}')
        elif message["type"] == "next":
            event = message["payload"]["data"]["events"]
            made = datetime.fromisoformat(event["createdAt"]).timestamp()
            tally.late.append(time.time() - made)
            got.append(event["description"])
        else:
            raise RuntimeError(text)


async def write(port: int, tokens: list[str], rate: int, seconds: float, tally: Tally) -> None:
    """Each user's events one after the other, so that their order is known."""
    turns = [asyncio.Lock() for _ in range(USERS)]
    url = f"http://{serving.HOST}:{port}/graphql"

    async def one(client: httpx2.AsyncClient, user: int) -> None:
        async with turns[user]:
            number = tally.sent[f"user{user}"]
            body = {"query": CREATE, "variables": {"d": str(number)}}
            headers = {"Authorization": f"Bearer {tokens[user]}"}
            while "errors" in (await client.post(url, json=body, headers=headers)).json():  # noqa: ASYNC110
                await asyncio.sleep(0.05)  # there was no room
            tally.sent[f"user{user}"] = number + 1

    limits = httpx2.Limits(max_connections=32)
    async with httpx2.AsyncClient(limits=limits, timeout=30, trust_env=False) as client:
        started = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number in range(int(rate * seconds)):
                await asyncio.sleep(max(0.0, started + number / rate - time.monotonic()))
                group.create_task(one(client, number * 37 % USERS))


async def run(port: int, process: int, folder: Path, asked: argparse.Namespace) -> Tally:
    tally = Tally()
    tokens = [serving.token(folder, f"user{number}") for number in range(USERS)]
    before = memory(process)
    async with AsyncExitStack() as stack:
        listeners = []
        for number in range(asked.subscribers):
            user = number % USERS
            socket = await subscribe(stack, port, tokens[user])
            got: list[str] = []
            tally.got[f"user{user}"].append(got)
            listeners.append(asyncio.create_task(listen(socket, got, tally)))
        await asyncio.sleep(2)
        idle = memory(process)
        print(f"memory per idle subscriber: {(idle - before) / asked.subscribers / 1024:.0f} KB")
        computed, started = processor_time(process), time.monotonic()
        for part in range(asked.parts):
            await write(port, tokens, asked.rate, asked.seconds / asked.parts, tally)
            print(
                f"part {part + 1}: {memory(process) / 2**20:.0f} MB, {len(tally.late)} deliveries"
            )
        busy = (processor_time(process) - computed) / (time.monotonic() - started)
        await settled(tally)
        print(f"processor time of the server: {busy:.0%} of one core")
        for listener in listeners:
            listener.cancel()
    return tally


async def settled(tally: Tally) -> None:
    """Wait until nothing has come for a while, or all has."""
    due = sum(tally.sent[user] * len(each) for user, each in tally.got.items())
    deadline = time.monotonic() + PATIENCE
    while len(tally.late) < due and time.monotonic() < deadline:  # noqa: ASYNC110 - what comes
        await asyncio.sleep(0.1)


@contextmanager
def database(folder: Path, *, postgresql: bool) -> Iterator[str]:
    if not postgresql:
        yield stores.sqlite_copy(stores.sqlite_template(folder), folder)
        return
    with stores.postgresql() as server, server.database() as url:
        yield url


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.subscribers")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--subscribers", type=int, default=1_000)
    parser.add_argument("--rate", type=int, default=200, help="events a second")
    parser.add_argument("--parts", type=int, default=3, help="after each the memory is printed")
    parser.add_argument("--postgresql", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with database(folder, postgresql=asked.postgresql) as url:
            asyncio.run(users(url))
            port = serving.free_port()
            with serving.serving(url, folder, port) as process:
                tally = asyncio.run(run(port, process.pid, folder, asked))
    cuts = statistics.quantiles(tally.late, n=100)
    shown = ", ".join(f"{name} {cuts[each] * 1000:.0f} ms" for name, each in QUANTILES.items())
    print(f"{sum(tally.sent.values())} events, {len(tally.late)} deliveries, late {shown}")
    for fault in tally.faults()[:20]:
        print(fault)
    return 1 if tally.faults() else 0


if __name__ == "__main__":
    sys.exit(main())

"""G8: servers take each other's place on one listening socket, and no caller notices."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from tests.reliability.calling import Caller
from tests.reliability.gates import Measured, run
from tests.reliability.places import Place, on_postgresql
from tests.serving import HOST, ROOT

ROUNDS = 3
CALLERS = 8
REQUESTS = 5_000
PAUSE = 0.02  # of a caller between two requests, so that servers have time to start
SLOW, SLOW_SECONDS = 10, 3.0
QUESTION = "{ connections { items { id } } }"
LONGEST_EXIT = 10.0


@dataclass
class Load:
    """What callers were told who keep their connections and ask one thing after the other."""

    port: int
    place: Place
    told: Counter[str] = field(default_factory=Counter)
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def work(self) -> None:
        caller = Caller(self.port, self.place.headers)
        while not self.stop.is_set():
            try:
                answer = await caller.ask("GET", "/api/identity/orgs")
                self.told[str(answer.status)] += 1
            except (OSError, EOFError) as error:
                self.told[type(error).__name__] += 1
                await caller.close()
            await asyncio.sleep(PAUSE)
        await caller.close()

    async def ask_slowly(self) -> bool:
        """Whether a request was answered that takes as long as a lock on its table is held."""
        caller = Caller(self.port, self.place.headers)
        try:
            answer = await caller.ask("POST", "/graphql", {"query": QUESTION})
            return answer.status == 200 and b"errors" not in answer.body
        except (OSError, EOFError):
            return False
        finally:
            await caller.close()


async def start(place: Place, door: socket.socket, log: Path) -> subprocess.Popen[bytes]:
    """A server on the socket, once it says that it is ready."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.setblocking(False)
        address = str(place.folder / f"ready-{time.monotonic_ns()}")
        ear.bind(address)
        environ = {
            "MESHGRAPH_DATABASE_URL": place.url,
            "MESHGRAPH_DATA_DIR": str(place.folder),
            "MESHGRAPH_LOG_REQUESTS": "none",
            "MESHGRAPH_MAX_PER_CALLER": "64",
            "MESHGRAPH_POOL_TIMEOUT": "5",  # slow ones hold all of the pool
            "NOTIFY_SOCKET": address,
        }
        with log.open("ab") as sink:
            process = subprocess.Popen(
                [sys.executable, "-m", "app", "serve", "--fd", str(door.fileno())],
                cwd=ROOT,
                env={**os.environ, **environ},
                pass_fds=[door.fileno()],
                stdout=sink,
                stderr=sink,
            )
        assert await asyncio.get_running_loop().sock_recv(ear, 100) == b"READY=1"
        Path(address).unlink()
    return process


async def stop(process: subprocess.Popen[bytes]) -> tuple[int, float]:
    """The code with which the server ends, and the seconds until then."""
    started = time.perf_counter()
    process.send_signal(signal.SIGTERM)
    code = await asyncio.to_thread(process.wait, 30)
    return code, time.perf_counter() - started


async def restart(
    load: Load, old: subprocess.Popen[bytes], lock: asyncpg.Connection[asyncpg.Record]
) -> tuple[int, float, int]:
    """End the old server while slow requests are under way; code, seconds, slow ones answered."""
    async with lock.transaction():
        await lock.execute("LOCK TABLE connections IN ACCESS EXCLUSIVE MODE")
        slow = [asyncio.create_task(load.ask_slowly()) for _ in range(SLOW)]
        await asyncio.sleep(0.3)
        stopping = asyncio.create_task(stop(old))
        await asyncio.sleep(SLOW_SECONDS)
    answered = sum(await asyncio.gather(*slow))
    return (*await stopping, answered)


async def rounds(place: Place, door: socket.socket) -> tuple[Load, list[tuple[int, float, int]]]:
    log = place.folder / "servers.log"
    load = Load(door.getsockname()[1], place)
    running = await start(place, door, log)
    lock = await place.connect()
    try:
        callers = [asyncio.create_task(load.work()) for _ in range(CALLERS)]
        ended = []
        for _ in range(ROUNDS):
            following = await start(place, door, log)
            ended.append(await restart(load, running, lock))
            running = following
        while load.told["200"] < REQUESTS and load.told.total() < 2 * REQUESTS:
            await asyncio.sleep(0.1)
        load.stop.set()
        await asyncio.gather(*callers)
    finally:
        await lock.close()
        running.terminate()
        running.wait(30)
    return load, ended


def measure() -> Measured:
    with on_postgresql() as (place, _), socket.create_server((HOST, 0), backlog=2048) as door:
        load, ended = asyncio.run(rounds(place, door))
    failed = load.told.total() - load.told["200"]
    slow = sum(answered for _, _, answered in ended)
    codes, longest = {code for code, _, _ in ended}, max(seconds for _, seconds, _ in ended)
    found = (
        f"{failed} of {load.told.total()} failed, {slow} of {ROUNDS * SLOW} slow ones answered, "
        f"exit {'/'.join(map(str, sorted(codes)))} within {longest:.1f} s"
    )
    good = slow == ROUNDS * SLOW and codes == {0} and longest <= LONGEST_EXIT
    return Measured(failed == 0 and load.told.total() >= REQUESTS and good, found)


if __name__ == "__main__":
    run("rolling_restarts", measure)

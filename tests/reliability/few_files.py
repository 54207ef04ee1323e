"""G22: more connections than the process has files for; who is served stays served."""

from __future__ import annotations

import asyncio
import resource
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from tests.reliability.calling import Answer, Caller
from tests.reliability.gates import Measured, run
from tests.reliability.places import Served, on_sqlite, served
from tests.serving import HOST

FILES = 256
SOCKETS = 400
LONGEST = 10.0
QUESTIONS = (
    "{ connections { items { id } } }",
    "{ connections { items { id } } viewer { user { roleNames } } }",
)
MAKE = """mutation { createEvent(input: {
    category: "test", action: "try", description: "", severity: SUCCESS, status: UNREAD
}) { event { id } } }"""


@contextmanager
def few_files() -> Iterator[None]:
    """A limit for processes that are started meanwhile."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def files(server: Served) -> int:
    return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))


async def hold(port: int, opened: asyncio.Event) -> tuple[str, float]:
    """What a connection is told on which nothing is sent, and the seconds until it is closed."""
    reader, writer = await asyncio.open_connection(HOST, port)
    started = time.perf_counter()
    await opened.wait()
    line = b""
    with suppress(OSError):
        line = await asyncio.wait_for(reader.readline(), 3 * LONGEST)
    writer.close()
    status = line.split()[1].decode() if line else "closed"
    return status, time.perf_counter() - started


async def work(caller: Caller, answers: list[Answer], stop: asyncio.Event) -> None:
    """Read and write on one connection that was there before."""
    for number in range(10**6):
        question = (*QUESTIONS, MAKE)[number % 3]
        answers.append(await caller.ask("POST", "/graphql", {"query": question}))
        if stop.is_set():
            return
        await asyncio.sleep(0.05)


async def crowd(server: Served) -> tuple[Counter[str], float, list[Answer], int, float]:
    """What the sockets were told, when the last was closed; what others were; files; recovery."""
    caller, answers, stop = (
        Caller(server.port, server.place.headers),
        list[Answer](),
        asyncio.Event(),
    )
    for question in (*QUESTIONS, MAKE):
        answers.append(await caller.ask("POST", "/graphql", {"query": question}))
    working = asyncio.create_task(work(caller, answers, stop))
    opened = asyncio.Event()
    holding = [asyncio.create_task(hold(server.port, opened)) for _ in range(SOCKETS)]
    await asyncio.sleep(1)
    most = files(server)
    opened.set()
    told = await asyncio.gather(*holding)
    freed = time.perf_counter()
    newcomer = Caller(server.port, server.place.headers)
    while (await newcomer.ask("GET", "/readyz")).status != 200:
        await asyncio.sleep(0.05)
    back = time.perf_counter() - freed
    stop.set()
    await working
    await asyncio.gather(caller.close(), newcomer.close())
    return Counter(status for status, _ in told), max(each for _, each in told), answers, most, back


def measure() -> Measured:
    with ExitStack() as kept:
        place = kept.enter_context(on_sqlite())
        with few_files():
            server = kept.enter_context(served(place))
        told, slowest, answers, most, back = asyncio.run(crowd(server))
    fine = sum(each.status == 200 and b'"errors"' not in each.body for each in answers)
    found = (
        f"{dict(told)} within {slowest:.1f} s, {most} of {FILES} files in use, {fine} of "
        f"{len(answers)} others served, back in {back:.2f} s"
    )
    good = told.keys() <= {"503", "408", "closed"} and slowest <= LONGEST and fine == len(answers)
    return Measured(good and most < FILES and back <= 2, found)


if __name__ == "__main__":
    run("few_files", measure)

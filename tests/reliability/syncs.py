"""G2: on SQLite nothing is acknowledged before it is on the disk, as strace sees it.

Needs strace (in Debian the package of that name) and the right to attach it to a process.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import signal
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.reliability.gates import Measured, run
from tests.reliability.places import Served, on_sqlite, served
from tests.reliability.working import NAMED, Load, finish, working

ALONE, TOGETHER = 200, 400  # acknowledged writes, of one client and of several
CLIENTS = 8

SYNCS = ("fsync", "fdatasync")
SENDS = ("write", "writev", "sendto", "sendmsg")
CALLS = ",".join(("pwrite64", *SYNCS, *SENDS))
PAGE = 4_200  # bytes of a call that are shown: more than a page of SQLite

#: A call of a thread: all of it, its beginning (`<unfinished ...>`), or its end (`resumed`).
CALL = re.compile(r"(?P<thread>\d+) +(?P<end><\.\.\. )?(?P<call>\w+)(?P<given>.*)")
NAME = re.compile(NAMED + r"\d+")
LOG = "-wal>"


@dataclass
class Trace:
    """What a server did with the rows of a load, in the order in which it did it.

    `synced` are the numbers of the syncs after which rows were on the disk, by their names; `early`
    are the names that were sent to anybody before that.
    """

    synced: dict[str, int] = field(default_factory=dict)
    early: set[str] = field(default_factory=set)
    _written: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _syncing: set[str] = field(default_factory=set)
    _syncs: int = 0

    def read(self, lines: Iterable[str]) -> None:
        for line in lines:
            if found := CALL.match(line):
                self._see(found["thread"], found["call"], found["given"])

    def _see(self, thread: str, call: str, given: str) -> None:
        if call in SYNCS:
            self._sync(thread, given)
        elif call == "pwrite64" and LOG in given:
            self._written[thread] |= set(NAME.findall(given)) - self.synced.keys()
        elif call in SENDS and "<socket:" in given:
            self.early |= set(NAME.findall(given)) - self.synced.keys()

    def _sync(self, thread: str, given: str) -> None:
        if LOG in given:
            self._syncing.add(thread)
        if given.endswith("= 0") and thread in self._syncing:
            self._syncing.remove(thread)
            self._syncs += 1
            self.synced |= dict.fromkeys(self._written.pop(thread, ()), self._syncs)


async def traced(server: Served, clients: int, writes: int) -> tuple[Load, Trace]:
    """What a load of so many acknowledged writes led to; raises OSError without the right to."""
    path = server.place.folder / f"trace-{clients}"
    what = ("-f", "-y", "-s", str(PAGE), "-e", f"trace={CALLS}", "-e", "signal=none")
    strace = await asyncio.create_subprocess_exec(
        *("strace", *what, "-o", str(path), "-p", str(server.process.pid)),
        stderr=asyncio.subprocess.PIPE,
    )
    assert strace.stderr is not None
    said = (await strace.stderr.readline()).decode().strip()
    if "attached" not in said:
        raise PermissionError(said)
    load = Load(server.place, server.port)
    callers = working(load, clients)
    while len(load.made) < writes:
        await asyncio.sleep(0.01)
    await finish(load, callers)
    strace.send_signal(signal.SIGINT)
    await strace.communicate()
    return load, read(path)


def read(path: Path) -> Trace:
    trace = Trace()
    with path.open(encoding="latin-1") as lines:
        trace.read(line.rstrip("\n") for line in lines)
    return trace


@dataclass(frozen=True)
class Durable:
    """Syncs for each acknowledged write, and how many were acknowledged before theirs."""

    ratio: float
    early: int
    writes: int

    def __str__(self) -> str:
        return f"{self.ratio:.2f} syncs for each of {self.writes}, {self.early} before its sync"


def durable(server: Served, clients: int, writes: int) -> Durable:
    load, trace = asyncio.run(traced(server, clients, writes))
    syncs = {trace.synced[name] for name in load.made if name in trace.synced}
    early = trace.early | (load.made.keys() - trace.synced.keys())
    return Durable(len(syncs) / len(load.made), len(early), len(load.made))


def measure() -> Measured:
    if shutil.which("strace") is None:
        return Measured(reached=False, found="needs strace")
    with on_sqlite() as place, served(place) as server:
        try:
            alone, together = durable(server, 1, ALONE), durable(server, CLIENTS, TOGETHER)
        except PermissionError as error:
            return Measured(reached=False, found=f"needs the right to trace: {error}")
    found = f"one writer: {alone}; {CLIENTS} at once, committed together: {together}"
    return Measured(alone.ratio >= 1 and alone.early == together.early == 0, found)


if __name__ == "__main__":
    run("syncs", measure)

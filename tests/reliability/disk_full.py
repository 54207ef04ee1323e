"""G7: on a full disk reads are served, writes refused in words, and it comes back by itself.

Needs the right to mount a small tmpfs.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.demo import demo_id
from tests.reliability.calling import Caller
from tests.reliability.gates import Measured, run
from tests.reliability.places import Served, on_postgresql, on_sqlite, served

#: Bytes of the disk that SQLite has, and PostgreSQL.
SIZE, LARGER = 24 * 2**20, 90 * 2**20
LONGEST = 2.0
PATH = "/api/environments"
ORGANIZATION = str(demo_id("organization", "cooperative"))


@dataclass
class Told:
    """What callers were told: of writes, reads and probes, and the names that were acknowledged."""

    writes: Counter[int] = field(default_factory=Counter)
    reads: Counter[int] = field(default_factory=Counter)
    probes: Counter[int] = field(default_factory=Counter)
    hints: set[str | None] = field(default_factory=set)
    made: set[str] = field(default_factory=set)


@contextmanager
def small_disk(size: int) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "-l", folder], check=True)


def fill(path: Path) -> None:
    """Leave no byte."""
    with path.open("wb", buffering=0) as file:
        for size in (2**20, 4096, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue


async def write(caller: Caller, told: Told, number: int) -> int:
    body = {"name": f"full {number}", "organization_id": ORGANIZATION, "description": "x" * 200}
    answer = await caller.ask("POST", PATH, body)
    told.writes[answer.status] += 1
    if answer.status == 201:
        told.made.add(body["name"])
    else:
        told.hints.add(answer.headers.get("retry-after"))
    return answer.status


async def suffer(server: Served, folder: Path) -> tuple[Told, float, set[str]]:
    caller, told = Caller(server.port, server.place.headers), Told()
    for number in range(20):
        await write(caller, told, number)
    await asyncio.to_thread(fill, folder / "filler")
    refused, number = 0, 100
    while refused < 40 and number < 3_000:  # the log has room left for a while
        number += 1
        refused += await write(caller, told, number) != 201
        if refused:
            told.reads[(await caller.ask("GET", f"{PATH}?orgId={ORGANIZATION}")).status] += 1
    await asyncio.sleep(1.1)
    told.probes[(await caller.ask("GET", "/readyz")).status] += 1
    told.probes[(await caller.ask("GET", "/readyz?only=reads")).status] += 1
    (folder / "filler").unlink()
    freed = time.perf_counter()
    while await write(caller, told, number := number + 1) != 201:
        await asyncio.sleep(0.05)
    while (await caller.ask("GET", "/readyz")).status != 200:
        await asyncio.sleep(0.05)
    return told, time.perf_counter() - freed, await stored(caller)


async def stored(caller: Caller) -> set[str]:
    """The names of all environments there are."""
    question = """query($id: ID!, $page: Int!) {
        environments(organizationId: $id, page: $page, pageSize: 100) { items { name } } }"""
    found: set[str] = set()
    for page in range(100):
        variables = {"id": ORGANIZATION, "page": page}
        answer = await caller.ask("POST", "/graphql", {"query": question, "variables": variables})
        names = {each["name"] for each in _items(answer.body)}
        found |= names
        if not names:
            break
    return found


def _items(body: bytes) -> list[dict[str, str]]:
    items: list[dict[str, str]] = json.loads(body)["data"]["environments"]["items"]
    return items


def suffered(engine: str, server: Served, folder: Path) -> tuple[bool, str]:
    told, seconds, kept = asyncio.run(suffer(server, folder))
    lost = len(told.made - kept)
    found = (
        f"{engine}: writes {dict(told.writes)}, reads {dict(told.reads)}, "
        f"/readyz {dict(told.probes)}, back in {seconds:.2f} s, {lost} of {len(told.made)} lost"
    )
    good = set(told.writes) == {201, 503} and None not in told.hints and lost == 0
    ready = told.probes == {503: 1, 200: 1} and set(told.reads) == {200}
    return good and ready and seconds <= LONGEST, found


def measure() -> Measured:
    if os.geteuid() != 0:
        return Measured(reached=None, found="needs root, to mount a tmpfs")
    with small_disk(SIZE) as disk, on_sqlite(disk) as place, served(place) as server:
        sqlite = suffered("SQLite", server, disk)
    with (
        small_disk(LARGER) as disk,
        on_postgresql(disk / "data") as (place, _),
        served(place) as server,
    ):
        postgresql = suffered("PostgreSQL", server, disk)
    return Measured(sqlite[0] and postgresql[0], f"{sqlite[1]}; {postgresql[1]}")


if __name__ == "__main__":
    run("disk_full", measure)

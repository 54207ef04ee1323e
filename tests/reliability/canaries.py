"""G21: secrets that were sent are nowhere but in ciphertext, whatever happens."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
from sqlalchemy import make_url

from app.demo import demo_id
from app.local_tokens import local_secret
from tests.canaries import Canary, found
from tests.reliability import canary_places as places
from tests.reliability.canary_inputs import GOOD, Inputs
from tests.reliability.canary_requests import Caller, Told
from tests.reliability.gates import Measured, run
from tests.reliability.places import Place, on_postgresql, on_sqlite
from tests.serving import HOST, ROOT, free_port, serving, token
from tests.stores import PostgreSQL

#: Secrets, and `value`: what may be stored and told to callers, but is not for the log.
NAMES = ("credential", "context", "token", "address", "password", "value")
PEOPLE = ("admin", "member", "outsider")
SETTINGS = {
    "MESHGRAPH_METRICS": "true",
    "MESHGRAPH_LOG_REQUESTS": "all",
    "MESHGRAPH_DRAIN_SECONDS": "0",
    "OTEL_TRACES_EXPORTER": "console",
    "OTEL_BSP_SCHEDULE_DELAY": "200",
    "OTEL_EXPORTER_OTLP_HEADERS": "",
}
#: What breaks commands in their midst, and has PostgreSQL and asyncpg quote values.
POSTGRESQL_FAULTS = (
    """CREATE FUNCTION quote() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN RAISE EXCEPTION 'not %', NEW; END $$""",
    "CREATE TRIGGER quote BEFORE INSERT ON environments FOR EACH ROW EXECUTE FUNCTION quote()",
    "ALTER TABLE teams ALTER description TYPE integer USING 0",
    "ALTER TABLE organizations ADD CHECK (description = '') NOT VALID",
    "ALTER TABLE credentials RENAME TO away",
)
SQLITE_FAULTS = (
    "ALTER TABLE credentials RENAME TO away",
    "ALTER TABLE organizations RENAME COLUMN description TO away",
    """CREATE TRIGGER quote BEFORE INSERT ON environments
        BEGIN SELECT RAISE(ABORT, 'not a value'); END""",
)
#: What must have been found, so that nothing found means something.
TO_BE_SEEN = {"owner", "spans", "value in the database", "environ of a child"}
COMMANDS = (("check",), ("migrate",), ("serve",), ("token", "admin@example.org"))


@dataclass(frozen=True)
class Scene:
    """An engine: where it is, under which URL the server knows it, and what can be broken there."""

    place: Place
    url: str
    server: PostgreSQL | None = None

    def breaks(self) -> None:
        if self.server is None:
            with closing(sqlite3.connect(self.place.folder / "meshgraph.db")) as connection:
                for each in SQLITE_FAULTS:
                    connection.execute(each)
        else:
            asyncio.run(self._broken())

    async def _broken(self) -> None:
        connection = await self.place.connect()
        for each in POSTGRESQL_FAULTS:
            await connection.execute(each)
        await connection.close()

    def stored(self) -> Iterator[tuple[str, bytes]]:
        """What the database says, and what its files hold."""
        if self.server is None:
            yield from places.sqlite_dump(self.place)
        else:
            yield from asyncio.run(places.postgresql_dump(self.place))
            yield from places.postgresql_tool(self.server, self.place)
            yield from places.files(Path(str(self.server.server.pgdata)))
        yield from places.files(self.place.folder)


@contextmanager
def scenes(password: Canary) -> Iterator[tuple[Scene, ...]]:
    with ExitStack() as kept:
        file = kept.enter_context(on_sqlite())
        place, server = kept.enter_context(on_postgresql())
        url = make_url(place.url).set(password=password.text)  # which it does not ask for
        yield (
            Scene(file, file.url),
            Scene(place, url.render_as_string(hide_password=False), server),
        )


@dataclass
class Round:
    """What one engine was made to tell."""

    told: Told
    done: set[str]
    seen: set[str]
    lines: int = 0


def drive(scene: Scene, canaries: Mapping[str, Canary]) -> Round:
    """Ask everything, look everywhere, break the database, ask and look again."""
    secrets = [each for name, each in canaries.items() if name != "value"] + keys(scene.place)
    told = Told([*secrets, canaries["value"]])
    folder, port = scene.place.folder, free_port()
    (folder / "tmp").mkdir()
    settings = {**SETTINGS, "TMPDIR": str(folder / "tmp")}
    with (
        serving(scene.url, folder, port, **settings) as process,
        httpx2.Client(base_url=f"http://{HOST}:{port}", trust_env=False, timeout=60) as client,
    ):
        tokens = {name: token(folder, str(demo_id("user", name))) for name in PEOPLE}
        caller = Caller(client, told, Inputs(canaries), tokens)
        done = caller.good()
        caller.spoiled()
        caller.strangers()
        caller.keyed()
        seen = {"owner"} if caller.owner() else set()
        caller.endpoints()
        caller.read()
        caller.sockets(port)
        for where, content in places.children(process.pid):
            seen.add(where)
            told.look(where, content)
        scene.breaks()
        caller.good()
        caller.endpoints(most=1)
        time.sleep(0.5)  # spans are on their way
    for where, content in scene.stored():
        log = where.endswith("server.log")
        told.look(where, content, own=frozenset() if log else frozenset({"value"}))
        seen |= {
            f"{name} in the database" for name in found(content, [canaries["value"]]) if not log
        }
        seen |= {"spans"} if log and b'"graphql.operation.name"' in content else set()
    lines = (folder / "server.log").read_bytes().splitlines()
    return Round(told, done, seen, max(map(len, (each for each in lines if each[:2] == b'{"'))))


def keys(place: Place) -> list[Canary]:
    """The keys that the service has made for itself, which are like secrets that were sent."""
    vault = (place.folder / "vault.keys").read_text("ascii").split()[0]
    signing = local_secret(place.folder / "jwt.secret").decode("latin-1")
    return [Canary("vault key", vault), Canary("signing key", signing)]


def command_lines(password: Canary) -> bytes:
    """What the command line says of a database with that password, which is not to be had."""
    url = f"postgresql://somebody:{password.text}@{HOST}:1/canary"
    with tempfile.TemporaryDirectory() as folder:
        environ = {**os.environ, "MESHGRAPH_DATABASE_URL": url, "MESHGRAPH_DATA_DIR": folder}
        started = [
            subprocess.Popen(
                [sys.executable, "-m", "app", *each], cwd=ROOT, env=environ,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )
            for each in COMMANDS
        ]  # fmt: skip
        return b"".join(each.communicate()[0] for each in started)


def measure() -> Measured:
    canaries = {name: Canary(name) for name in NAMES}
    with scenes(canaries["password"]) as both:
        rounds = [drive(scene, canaries) for scene in both]
    leaks = sum((each.told.leaks for each in rounds), Counter[str]())
    statuses = sum((each.told.statuses for each in rounds), Counter[int]())
    said = command_lines(canaries["password"])
    if canaries["password"].is_in(said):
        leaks["password in what the command line says"] += 1
    done = set[str].intersection(*(each.done for each in rounds))
    seen = set[str].intersection(*(each.seen for each in rounds))
    undone, unseen = sorted({name for name, _ in GOOD} - done), sorted(TO_BE_SEEN - seen)
    longest = max(each.lines for each in rounds)
    for leak, times in leaks.most_common(60):
        sample = next(each.told.samples[leak] for each in rounds if leak in each.told.samples)
        print(f"{times:5} {leak}: {sample}", file=sys.stderr)
    answers = f"{sum(statuses.values())} answers, {failed(statuses)} of them 5xx"
    said_of = f"{sum(leaks.values())} found in {answers}; lines of the log ≤ {longest} bytes"
    said_of += f"; not done: {undone}" * bool(undone) + f"; not seen: {unseen}" * bool(unseen)
    return Measured(not leaks and not undone and not unseen and longest <= 2048, said_of)


def failed(statuses: Counter[int]) -> int:
    return sum(count for status, count in statuses.items() if status >= 500)


if __name__ == "__main__":
    run("canaries", measure)

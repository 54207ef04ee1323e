"""The servers that are compared, each started as a process of its own, pinned to one core."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from app.local_tokens import issue, local_secret
from tests.bench.dataset import VIEWER_SUBJECT, Dataset
from tests.bench.loading import plain
from tests.bench.workloads import Request, Workload, endpoint_requests, graphql_requests

ROOT = Path(__file__).parents[2]
HOST = "127.0.0.1"
TOKEN_SECONDS = 80_000
START_SECONDS = 30


@dataclass(frozen=True)
class Place:
    """Where servers run: on this database, with files in this folder, on these cores."""

    database_url: str
    folder: Path
    cores: Sequence[int] = ()

    @property
    def secret_file(self) -> Path:
        return self.folder / "jwt.secret"

    @property
    def token(self) -> str:
        """A token of the viewer of the data set."""
        secret = local_secret(self.secret_file)
        return issue(secret, subject=VIEWER_SUBJECT, ttl=TOKEN_SECONDS)

    def environ(self) -> dict[str, str]:
        """Both the service's settings and the baselines'."""
        return {
            **os.environ,
            "MESHGRAPH_DATA_DIR": str(self.folder),
            "MESHGRAPH_LOG_REQUESTS": "slow",  # no server here writes a line for each request
            # All requests are one user's, who is given the room of the many they stand for.
            "MESHGRAPH_MAX_PER_CALLER": "64",
            "MESHGRAPH_MAX_WRITES": "64",
            "MESHGRAPH_BUDGET_SIZE": "1000000",
            "MESHGRAPH_BUDGET_RESTORED": "1000000",
            "BENCH_DATABASE_URL": plain(self.database_url),
            "BENCH_SQLALCHEMY_URL": self.database_url,
            "BENCH_SECRET_FILE": str(self.secret_file),
        }


@dataclass(frozen=True)
class Server:
    """`command` starts it on a port; `requests` puts a workload to it."""

    name: str
    title: str
    command: Callable[[Place, int, int], list[str]]
    requests: Callable[[Workload, Dataset], list[Request]]


def _meshgraph(place: Place, port: int, workers: int) -> list[str]:
    program = Path(sys.executable).with_name("meshgraph")
    return [
        str(program), "serve", "--host", HOST, "--port", str(port),
        "--database-url", place.database_url, "--workers", str(workers),
    ]  # fmt: skip


def _uvicorn(module: str) -> Callable[[Place, int, int], list[str]]:
    return lambda _, port, workers: [
        sys.executable, "-m", "uvicorn", f"tests.bench.{module}:app", "--host", HOST,
        "--port", str(port), "--workers", str(workers), "--loop", "uvloop",
        "--http", "httptools", "--no-access-log", "--log-level", "warning",
    ]  # fmt: skip


SERVERS: Mapping[str, Server] = {
    server.name: server
    for server in (
        Server("meshgraph", "Meshgraph", _meshgraph, graphql_requests),
        Server(
            "naive",
            "Strawberry + SQLAlchemy ORM + aiodataloader",
            _uvicorn("naive"),
            graphql_requests,
        ),
        Server(
            "handwritten",
            "Starlette + asyncpg + orjson, an endpoint per query",
            _uvicorn("handwritten"),
            endpoint_requests,
        ),
        Server(
            "json_agg",
            "ASGI + one json_agg statement per query",
            _uvicorn("json_agg"),
            endpoint_requests,
        ),
    )
}


@dataclass(frozen=True)
class Running:
    """A started server; `started_in` is how many seconds it took to the first answer."""

    server: Server
    place: Place
    port: int
    pid: int
    started_in: float

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.place.token}",
            "Content-Type": "application/json",
        }

    def memory(self) -> list[int]:
        """Bytes of resident memory of the process and of each one below it that has any."""
        return [_resident(pid) for pid in _family(self.pid)]

    def cpu_seconds(self) -> float:
        """Processor time used so far by the process and those below it."""
        return sum(_cpu_seconds(pid) for pid in _family(self.pid))


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    user, system = fields[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _family(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text("ascii").split():
            yield from _family(int(child))


def _resident(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def running(server: Server, place: Place, first: Request, *, workers: int = 1) -> Iterator[Running]:
    """Start a server, wait until it answers the first request with 200, and end it afterwards."""
    place.token  # noqa: B018 - makes the secret that all servers read
    port = free_port()
    command = server.command(place, port, workers)
    if place.cores:
        taskset = shutil.which("taskset") or "taskset"
        command = [taskset, "-c", ",".join(map(str, place.cores)), *command]
    log = (place.folder / f"{server.name}.log").open("w")
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=ROOT, env=place.environ(), stdout=subprocess.DEVNULL, stderr=log
    )
    try:
        started = Running(server, place, port, process.pid, 0.0)
        _wait(process, started, first)
        yield Running(server, place, port, process.pid, time.perf_counter() - begun)
    finally:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(15)
        if process.poll() is None:
            process.kill()
        log.close()


def _wait(process: subprocess.Popen[bytes], started: Running, first: Request) -> None:
    deadline = time.monotonic() + START_SECONDS
    answer = "no answer"
    with httpx2.Client(base_url=started.url, headers=started.headers) as client:
        while time.monotonic() < deadline and process.poll() is None:
            try:
                response = client.request(first.method, first.path, content=first.body)
            except httpx2.TransportError:
                time.sleep(0.01)
                continue
            if response.status_code == 200:
                return
            answer = f"{response.status_code} {response.text[:500]}"
            break
    log = (started.place.folder / f"{started.server.name}.log").read_text("utf-8", "replace")
    raise RuntimeError(f"{started.server.name} did not start: {answer}\n{log[-2000:]}")

"""The service as its users start it: `meshgraph serve` in a process of its own, on loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2

from app.local_tokens import issue, local_secret

ROOT = Path(__file__).parent.parent
HOST = "127.0.0.1"
START_SECONDS = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def token(folder: Path, person: str) -> str:
    """A token that servers with this data directory accept."""
    return issue(local_secret(folder / "jwt.secret"), subject=person)


@contextmanager
def serving(
    database_url: str, folder: Path, port: int, **variables: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A server that is ready; `folder` is its data directory. It is ended if it still runs.

    `variables` are further ones of its environment.
    """
    places = {"MESHGRAPH_DATABASE_URL": database_url, "MESHGRAPH_DATA_DIR": str(folder)}
    settings = {**variables, **places}
    command = [sys.executable, "-m", "app", "serve", "--host", HOST, "--port", str(port)]
    with (
        (folder / "server.log").open("ab") as log,
        subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **settings}, stdout=log, stderr=log
        ) as process,
    ):
        try:
            _wait(process, port)
            yield process
        finally:
            process.terminate()


@contextmanager
def counting() -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A server of the graph that counts, in a process of its own, and its port."""
    with socket.create_server((HOST, 0)) as door:
        command = [sys.executable, "-m", "uvicorn", "tests.counting:service", "--factory"]
        options = ["--fd", str(door.fileno()), "--ws", "websockets-sansio"]
        quiet = ["--log-level", "warning", "--timeout-graceful-shutdown", str(START_SECONDS)]
        with subprocess.Popen(
            [*command, *options, *quiet],
            cwd=ROOT,
            pass_fds=[door.fileno()],
            stdout=subprocess.DEVNULL,
        ) as process:
            try:
                yield process, door.getsockname()[1]  # who connects waits until it has started
            finally:
                process.terminate()


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    with httpx2.Client(base_url=f"http://{HOST}:{port}", trust_env=False) as client:
        while time.monotonic() < deadline:
            assert process.poll() is None, "the server has ended; its log says why"
            with suppress(httpx2.TransportError):
                if client.get("/readyz").status_code == 200:
                    return
            time.sleep(0.05)
    raise AssertionError("the server did not become ready")

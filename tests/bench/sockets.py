"""What a WebSocket costs: the memory of one that is idle, and the time of a message.

`python -m tests.bench.sockets [connections]` asks a server of the graph that counts, in a process
of its own, once for each implementation that uvicorn has, and with compression.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from app.graphql_over_websocket import PROTOCOL
from app.limits import Limits
from tests import counting
from tests.serving import HOST, ROOT, free_port

IMPLEMENTATIONS = (
    ("websockets-sansio", "false"),
    ("websockets-sansio", "true"),
    ("wsproto", "false"),
    ("websockets", "false"),
)
WARMING = 20
MESSAGES = 20_000
CALLERS = ("ann", "bob")
NEVER = 'subscription { count(to: 0 ends: "never") { value } }'
TEXTS = f"subscription {{ texts(length: 200 count: {MESSAGES}) }}"


def memory(process: int) -> int:
    """The memory of a process that is its own, in bytes."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text("utf-8").splitlines()
    kinds = dict(line.split(":", 1) for line in lines[1:])
    return sum(int(kinds[kind].split()[0]) for kind in ("Private_Clean", "Private_Dirty")) * 1024


def processor_time(process: int) -> float:
    """The seconds that a process has computed."""
    fields = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def opened(port: int, caller: str) -> ClientConnection:
    socket = await connect(
        f"ws://{HOST}:{port}/graphql",
        subprotocols=[Subprotocol(PROTOCOL)],
        proxy=None,
        ping_interval=None,
    )
    await say(socket, type="connection_init", payload={"token": caller})
    await socket.recv()
    return socket


async def say(socket: ClientConnection, **message: Any) -> None:
    await socket.send(json.dumps(message))


async def subscribe(socket: ClientConnection, query: str) -> None:
    await say(socket, type="subscribe", id="1", payload={"query": query})


async def measured(port: int, process: int, connections: int) -> str:
    warm = [await opened(port, "ann") for _ in range(WARMING)]
    for socket in warm:
        await subscribe(socket, NEVER)
    await asyncio.sleep(0.5)
    before = memory(process)
    sockets = [await opened(port, CALLERS[each % 2]) for each in range(connections)]
    await asyncio.sleep(0.5)
    idle = (memory(process) - before) / connections
    for socket in sockets:
        await subscribe(socket, NEVER)
    await asyncio.sleep(1)
    subscribed = (memory(process) - before) / connections
    spent = processor_time(process)
    await received(await opened(port, "ann"))
    seconds = processor_time(process) - spent
    await asyncio.gather(*(socket.close() for socket in (*sockets, *warm)))
    return (
        f"{idle / 1000:6.1f} kB idle, {subscribed / 1000:6.1f} kB with a subscription, "
        f"{seconds / MESSAGES * 1e6:5.1f} µs of a processor for a message"
    )


async def received(socket: ClientConnection) -> None:
    await subscribe(socket, TEXTS)
    async for message in socket:
        if '"complete"' in str(message):
            break


async def main(connections: int) -> None:
    for implementation, deflate in IMPLEMENTATIONS:
        port = free_port()
        options = ["--port", str(port), "--ws", implementation, "--ws-per-message-deflate", deflate]
        command = [sys.executable, "-m", "uvicorn", "tests.bench.sockets:service", "--factory"]
        with subprocess.Popen([*command, *options, "--log-level", "error"], cwd=ROOT) as server:
            await asyncio.sleep(4)
            if server.poll() is None:
                told = await measured(port, server.pid, connections)
                sys.stdout.write(f"{implementation:18} deflate={deflate:5}  {told}\n")
            server.terminate()


def service() -> Any:
    return counting.service(Limits(subscriptions=10_000, subscriptions_per_user=10_000))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 500))

"""G18: a thousand subscriptions cost little, leave nothing, and end with what they rest on."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from app.claims import GRACE
from app.demo import demo_id
from app.demo_data import USERS
from app.graphql_over_websocket import PROTOCOL
from app.local_tokens import issue, local_secret
from tests.bench.sockets import memory
from tests.reliability.calling import Caller
from tests.reliability.gates import Measured, run
from tests.reliability.places import Served, on_sqlite, served
from tests.serving import HOST, token

SUBSCRIPTIONS, ENDING = 1_000, 20
EACH = 100 * 1024
LONGEST = 5.0
#: Seconds until a token ends, for which clocks may differ by some already.
TTL = 20
ORGANIZATION = str(demo_id("organization", "cooperative"))
REMOVED, EXPIRING = "amara", "hiro"
OWN = "subscription { events { id description } }"
TRAIL = f'subscription {{ events(organizationId: "{ORGANIZATION}") {{ id }} }}'
CREATE = 'mutation { createEvent(input: {description: "heard"}) { event { id } } }'
EXPIRED, FORBIDDEN = 4401, 4403


@dataclass(frozen=True)
class Found:
    bytes_each: float
    heard: bool
    left: int
    expired: list[tuple[int, float]]
    removed: list[tuple[int, float]]


async def subscribe(server: Served, bearer: str, query: str) -> ClientConnection:
    socket = await connect(
        f"ws://{HOST}:{server.port}/graphql",
        subprotocols=[Subprotocol(PROTOCOL)],
        proxy=None,
        compression=None,
        ping_interval=None,
        close_timeout=1,
    )
    await socket.send(json.dumps({"type": "connection_init", "payload": {"token": bearer}}))
    await socket.recv()
    await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": query}}))
    return socket


async def ended(socket: ClientConnection, since: float) -> tuple[int, float]:
    """The code with which the server closes a socket, and the seconds since then."""
    with suppress(ConnectionClosed, TimeoutError):
        async with asyncio.timeout(TTL + 3 * LONGEST):
            async for text in socket:
                if json.loads(text)["type"] == "ping":
                    await socket.send('{"type":"pong"}')
    return socket.close_code or 0, time.time() - since


async def hears(socket: ClientConnection) -> bool:
    """Whether an event comes."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LONGEST):
            async for text in socket:
                if json.loads(text)["type"] == "next":
                    return True
    return False


async def many(server: Served, count: int) -> list[ClientConnection]:
    """Subscriptions of all who may sign in, by turns."""
    active = [each.name for each in USERS if each.status == "active" and not each.deleted]
    names = [name for name in active if name not in {REMOVED, EXPIRING}]
    tokens = [token(server.place.folder, str(demo_id("user", name))) for name in names]
    return [await subscribe(server, tokens[number % len(tokens)], OWN) for number in range(count)]


async def removed(server: Served, count: int) -> list[tuple[int, float]]:
    """How those end who listen to an organization from which they are removed."""
    member = str(demo_id("user", REMOVED))
    bearer = token(server.place.folder, member)
    sockets = [await subscribe(server, bearer, TRAIL) for _ in range(count)]
    await asyncio.sleep(0.5)
    path = f"/api/identity/orgs/{ORGANIZATION}/users/{member}"
    since = time.time()
    answer = await Caller(server.port, server.place.headers).ask("DELETE", path)
    assert answer.status == 204, answer
    return await asyncio.gather(*(ended(socket, since) for socket in sockets))


async def expired(server: Served, count: int) -> list[tuple[int, float]]:
    """How those end whose token is past its expiry, and past what clocks may differ by."""
    secret = local_secret(server.place.folder / "jwt.secret")
    now = int(time.time())
    bearer = issue(secret, subject=str(demo_id("user", EXPIRING)), ttl=TTL - GRACE, now=now)
    expiry = now + TTL
    sockets = [await subscribe(server, bearer, OWN) for _ in range(count)]
    return await asyncio.gather(*(ended(socket, expiry) for socket in sockets))


async def live(server: Served) -> Found:
    for socket in await many(server, 50):  # what is made once
        await socket.close()
    await asyncio.sleep(1)
    # Of SQLite, readers are opened as they are needed; a connection of theirs is a file.
    descriptors, before = server.sockets(), memory(server.process.pid)
    sockets = await many(server, SUBSCRIPTIONS - 2 * ENDING)
    ending = [asyncio.create_task(each(server, ENDING)) for each in (expired, removed)]
    await asyncio.sleep(1)
    each = (memory(server.process.pid) - before) / SUBSCRIPTIONS
    admin = Caller(server.port, server.place.headers)
    await admin.ask("POST", "/graphql", {"query": CREATE})
    await admin.close()
    heard = await hears(sockets[0])
    late = await asyncio.gather(*ending)
    for socket in sockets:
        socket.transport.abort()
    gone = time.monotonic()
    while server.sockets() > descriptors and time.monotonic() - gone < LONGEST:
        await asyncio.sleep(0.1)
    return Found(each, heard, server.sockets() - descriptors, *late)


def told(ends: list[tuple[int, float]], code: int) -> tuple[bool, str]:
    codes, longest = {code for code, _ in ends}, max(seconds for _, seconds in ends)
    shown = "/".join(map(str, sorted(codes)))
    return codes == {code} and longest <= LONGEST, f"{shown} after {longest:.1f} s"


def measure() -> Measured:
    with on_sqlite() as place, served(place) as server:
        found = asyncio.run(live(server))
    (expiry, when), (removal, then) = told(found.expired, EXPIRED), told(found.removed, FORBIDDEN)
    text = (
        f"{found.bytes_each / 1024:.0f} KB each, {found.left} sockets left after abort; "
        f"{when} past expiry and {GRACE} s of grace, {then} past removal"
    )
    cheap = found.bytes_each <= EACH and found.left <= 0 and found.heard
    return Measured(cheap and expiry and removal, text)


if __name__ == "__main__":
    run("subscriptions", measure)

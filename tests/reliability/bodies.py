"""G13: a body that is too long is refused in words, and takes no memory."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from contextlib import suppress

from tests.reliability.gates import Measured, run
from tests.reliability.places import Served, on_sqlite, served
from tests.serving import HOST

MIB = 2**20
PIECE = b"x" * 65_536
PART = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
UPLOAD_LIMIT = 32 * MIB
FORM = "multipart/form-data; boundary=b"
#: Path and media type of what is sent.
DOORS = (
    ("/graphql", "application/json"),
    ("/graphql", FORM),
    ("/api/environments", "application/json"),
    ("/api/pattern/import", FORM),
    ("/api/pattern/import", "application/json"),
)
#: How much is sent, and whether the client looks for an answer only when it has sent all.
MANNERS = ((33 * MIB, True), (64 * MIB, True), (128 * MIB, True), (300 * MIB, False))


async def send(
    server: Served, path: str, media: str, size: int, *, blind: bool, declared: bool
) -> str:
    """The status that is answered to a long body."""
    reader, writer = await asyncio.open_connection(HOST, server.port)
    length = f"Content-Length: {size}" if declared else "Transfer-Encoding: chunked"
    auth = f"Authorization: Bearer {server.place.token}"
    preflight = "GraphQL-Require-Preflight: 1"
    lines = [f"POST {path} HTTP/1.1", "Host: x", auth, preflight, f"Content-Type: {media}", length]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    reading = [] if blind else [asyncio.create_task(reader.readline())]
    piece = PIECE if declared else b"%x\r\n%b\r\n" % (len(PIECE), PIECE)
    first = PART if media == FORM else b'{"query":"'
    writer.write(first if declared else b"%x\r\n%b\r\n" % (len(first), first))
    status = "reset"
    with suppress(OSError, IndexError):
        for _ in range(size // len(PIECE)):
            if reading and reading[0].done():
                break
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)  # who sends is to see what comes
        status = (await (reading[0] if reading else reader.readline())).split()[1].decode()
    writer.close()
    await asyncio.gather(*reading, return_exceptions=True)
    return status


async def attack(server: Served) -> Counter[str]:
    told: Counter[str] = Counter()
    for (path, media), (size, blind), declared in itertools.product(DOORS, MANNERS, (True, False)):
        told[await send(server, path, media, size, blind=blind, declared=declared)] += 1
    return told


def measure() -> Measured:
    with on_sqlite() as place, served(place) as server:
        before = server.memory()
        told = asyncio.run(attack(server))
        grown = server.memory() - before
    found = (
        f"{dict(told)} of {told.total()} clients, "
        f"{grown / MIB:.0f} MiB more ({grown / UPLOAD_LIMIT:.1f} × the limit)"
    )
    return Measured(told.keys() == {"413"} and grown <= 2 * UPLOAD_LIMIT, found)


if __name__ == "__main__":
    run("bodies", measure)

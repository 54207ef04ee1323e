"""G13: a body that is too long is refused, and takes no memory."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress

from tests.reliability.gates import Measured, run
from tests.reliability.places import Served, on_sqlite, served
from tests.serving import HOST

SENT = 300_000_000
PIECE = b"x" * 65_536
PART = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
UPLOAD_LIMIT = 33_554_432
FORM = "multipart/form-data; boundary=b"
#: Path and media type of what is sent.
DOORS = (
    ("/graphql", "application/json"),
    ("/graphql", FORM),
    ("/api/environments", "application/json"),
    ("/api/pattern/import", FORM),
    ("/api/pattern/import", "application/json"),
)


async def send(server: Served, path: str, media: str, *, declared: bool) -> str:
    """The status that is answered to a long body."""
    reader, writer = await asyncio.open_connection(HOST, server.port)
    length = f"Content-Length: {SENT}" if declared else "Transfer-Encoding: chunked"
    auth = f"Authorization: Bearer {server.place.token}"
    preflight = "GraphQL-Require-Preflight: 1"
    lines = [f"POST {path} HTTP/1.1", "Host: x", auth, preflight, f"Content-Type: {media}", length]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    answer = asyncio.create_task(reader.readline())
    piece = PIECE if declared else b"%x\r\n%b\r\n" % (len(PIECE), PIECE)
    first = PART if media == FORM else b'{"query":"'
    writer.write(first if declared else b"%x\r\n%b\r\n" % (len(first), first))
    with suppress(OSError):
        for _ in range(SENT // len(PIECE)):
            if answer.done():
                break
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)  # an answer is lost if it is not read before the reset
    status = "closed"
    with suppress(OSError):
        status = (await answer).split()[1].decode() if await answer else "closed"
    writer.close()
    return status


async def attack(server: Served) -> Counter[str]:
    told: Counter[str] = Counter()
    for path, media in DOORS:
        for declared in (True, False):
            told[await send(server, path, media, declared=declared)] += 1
    return told


def measure() -> Measured:
    with on_sqlite() as place, served(place) as server:
        before = server.memory()
        told = asyncio.run(attack(server))
        grown = server.memory() - before
    found = f"{dict(told)}, {grown / 2**20:.0f} MiB more ({grown / UPLOAD_LIMIT:.1f} × the limit)"
    refused = told.keys() <= {"413", "closed"} and told["413"] > 0
    return Measured(refused and grown <= 2 * UPLOAD_LIMIT, found)


if __name__ == "__main__":
    run("bodies", measure)

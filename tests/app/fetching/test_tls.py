"""Fetching by https: the name, not the address, is asked for and must be in the certificate."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpcore2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.errors import BadInput
from app.fetching.fetcher import Fetcher

DAY = dt.timedelta(days=1)
ANSWERS = {
    b"/": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
    b"/down": b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: http://a.example/\r\n\r\n",
}


def certified(name: str, folder: Path) -> Path:
    """A file with a key and a certificate, of its own authority, for that name."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    text = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ) + certificate.public_bytes(serialization.Encoding.PEM)
    (folder / "server.pem").write_bytes(text)
    return folder / "server.pem"


class Server(httpcore2.AsyncNetworkBackend):
    """Stands for every public address; notes which names its clients ask for."""

    def __init__(self) -> None:
        self.port = 0
        self.asked: list[str] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore2's
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        assert (host, port) == ("8.8.8.8", 443)
        return await httpcore2.AnyIOBackend().connect_tcp(
            "127.0.0.1", self.port, timeout, local_address, socket_options
        )

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWERS[request.split(b" ")[1]])
        await writer.drain()
        writer.close()

    def note(self, sealed: ssl.SSLObject, name: str, context: ssl.SSLContext) -> None:
        del sealed, context
        self.asked.append(name)


@asynccontextmanager
async def serving(file: Path) -> AsyncIterator[Server]:
    server = Server()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    context.sni_callback = server.note
    async with await asyncio.start_server(server.answer, "127.0.0.1", 0, ssl=context) as listening:
        server.port = listening.sockets[0].getsockname()[1]
        yield server


async def everywhere(host: str, port: int) -> Sequence[str]:
    del host, port
    return ["8.8.8.8"]


async def test_the_certificate_is_that_of_the_name(tmp_path: Path) -> None:
    file = certified("a.example", tmp_path)
    async with serving(file) as server:
        trusting = ssl.create_default_context(cafile=str(file))
        fetcher = Fetcher(resolve=everywhere, network=server, tls=trusting)
        assert (await fetcher.get("https://a.example/")).content == b"a"
        with pytest.raises(BadInput, match="nothing could be fetched"):
            await fetcher.get("https://b.example/")
        with pytest.raises(BadInput, match="nothing could be fetched"):
            await fetcher.get("https://8.8.8.8/")
        with pytest.raises(BadInput, match="from https to http"):
            await fetcher.get("https://a.example/down")
    assert server.asked[:2] == ["a.example", "b.example"]


async def test_a_certificate_of_nobody_known_is_refused(tmp_path: Path) -> None:
    async with serving(certified("a.example", tmp_path)) as server:
        with pytest.raises(BadInput, match="nothing could be fetched"):
            await Fetcher(resolve=everywhere, network=server).get("https://a.example/")
    assert server.asked == ["a.example"]

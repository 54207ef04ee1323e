"""What comes over a socket that no client would send: how it is answered, and what is logged."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.serving import HOST, free_port, serving
from tests.stores import sqlite_copy

LONGEST_LINE = 2_048
OURS = b"service.example"
JSON = b"Content-Type: application/json\r\n"


class Server(NamedTuple):
    port: int
    log: Path


@pytest.fixture(scope="module")
def server(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder, port = tmp_path_factory.mktemp("wire"), free_port()
    url = sqlite_copy(sqlite_template, folder)
    variables = {"MESHGRAPH_ALLOWED_HOSTS": OURS.decode(), "MESHGRAPH_DRAIN_SECONDS": "0"}
    with serving(url, folder, port, **variables):
        yield Server(port, folder / "server.log")


def answered(server: Server, sent: bytes) -> bytes:
    """All that comes until the server closes, or has nothing more to say."""
    found = b""
    with socket.create_connection((HOST, server.port), timeout=10) as connection:
        connection.sendall(sent)
        connection.settimeout(1.5)
        try:
            while piece := connection.recv(65_536):
                found += piece
        except (TimeoutError, ConnectionResetError):
            pass
    return found


def get(*fields: bytes, target: bytes = b"/api/identity/orgs", host: bytes = OURS) -> bytes:
    lines = (b"GET " + target + b" HTTP/1.1", b"Host: " + host, *fields, b"Connection: close")
    return b"\r\n".join((*lines, b"", b""))


def post(fields: bytes, body: bytes) -> bytes:
    head = b"POST /graphql HTTP/1.1\r\nHost: " + OURS + b"\r\n" + JSON
    return head + fields + b"\r\n" + body


SMUGGLED = b"GET /livez HTTP/1.1\r\nHost: " + OURS + b"\r\n\r\n"
BODY = b'{"query":"{ __typename }"}'
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
LAST = b"0\r\n\r\n"

#: What is sent, and the statuses of all answers to it.
VECTORS: dict[str, tuple[bytes, list[int]]] = {
    "what is well": (get(), [401]),
    "both lengths": (post(LENGTH + CHUNKED, LAST + SMUGGLED), [400]),
    "both lengths, the other way": (post(CHUNKED + LENGTH, LAST + SMUGGLED), [400]),
    "two lengths": (post(LENGTH + b"Content-Length: 1\r\n", BODY + SMUGGLED), [400]),
    "a list of lengths": (post(b"Content-Length: 5, 5\r\n", BODY), [400]),
    "a signed length": (post(b"Content-Length: +26\r\n", BODY), [400]),
    "a negative length": (post(b"Content-Length: -1\r\n", BODY), [400]),
    "a length without end": (post(b"Content-Length: " + b"9" * 40 + b"\r\n", BODY), [400]),
    "an unknown coding": (post(b"Transfer-Encoding: xchunked\r\n", LAST + SMUGGLED), [400]),
    "chunked, but not at the end": (
        post(b"Transfer-Encoding: chunked, gzip\r\n", LAST + SMUGGLED),
        [400],
    ),
    "a space before the colon": (post(b"Transfer-Encoding : chunked\r\n", LAST), [400]),
    "a folded field": (get(b"A: b\r\n Transfer-Encoding: chunked"), [400]),
    "a chunk of no size": (post(CHUNKED, b"zz\r\n" + LAST), [400]),
    "a chunk of any size": (post(CHUNKED, b"f" * 17 + b"\r\n" + LAST), [400]),
    "NUL in a field": (get(b"A: b\0c"), [400]),
    "a lone CR in a field": (get(b"A: b\rInjected: c"), [400]),
    "another protocol": (b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", [400]),
    "no protocol": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", [400]),
    "no method of HTTP": (b"STEAL / HTTP/1.1\r\nHost: x\r\n\r\n", [400]),
    "a long field": (get(b"A: " + b"b" * 20_000), [431]),
    "many fields": (get(*[b"A: b"] * 120), [431]),
    "another host": (get(host=b"evil.example"), [421]),
    "another host for a probe": (get(host=b"10.0.0.1", target=b"/livez"), [200]),
    "no host": (b"GET /api/identity/orgs HTTP/1.1\r\nConnection: close\r\n\r\n", [421]),
    "two hosts": (get(b"Host: evil.example"), [421]),
    "a host and its port": (get(host=OURS + b":80"), [421]),
    "a host with a path": (get(host=OURS + b"/evil"), [421]),
    "an address of another host": (get(target=b"http://evil.example/api/users"), [421]),
    "an address of this host": (
        get(target=b"http://" + OURS + b"/api/identity/orgs", host=b"evil.example"),
        [401],
    ),
    "ANSI in a field": (get(b"User-Agent: \x1b[31mevil"), [400]),
    "an address of nothing": (b"GET * HTTP/1.1\r\nHost: x\r\n\r\n", [421]),
    "a body that is compressed": (
        post(LENGTH + b"Content-Encoding: gzip\r\nConnection: close\r\n", BODY),
        [415],
    ),
}


@pytest.mark.parametrize(("sent", "statuses"), VECTORS.values(), ids=VECTORS)
def test_how_it_is_answered(server: Server, sent: bytes, statuses: list[int]) -> None:
    """One answer to one request, whatever is hidden in it, with the headers that all have."""
    found = answered(server, sent)
    heads = found.split(b"HTTP/1.1 ")[1:]
    assert [int(head[:3]) for head in heads] == statuses
    for head in heads:
        lines = head.partition(b"\r\n\r\n")[0].lower().split(b"\r\n")
        assert b"cache-control: no-store" in lines
        assert b"x-content-type-options: nosniff" in lines
        assert not any(
            line.startswith((b"server:", b"x-powered-by:", b"injected:")) for line in lines
        )


EVIL = "\r\nInjected: x\x1b[31m\x9b31m\u202e\x00"
ESCAPED = "".join(f"%{byte:02X}" for byte in EVIL.encode())
#: Requests of which each leaves a line.
HOSTILE: dict[str, bytes] = {
    "in the path": get(target=f"/a{ESCAPED}".encode()),
    "in a path that is known": get(target=f"/api/environments/{ESCAPED}".encode()),
    "in a path that is long": get(target=b"/" + b"%F0%9F%92%A9" * 900),
    "in the query": get(target=f"/api/identity/orgs?search={ESCAPED}".encode()),
    "in the id of the request": get(b"X-Request-Id: evil\xc2\x9b31m"),
    "in a long id of the request": get(b"X-Request-Id: " + b"x" * 9_000),
    "in the name of the client": get(b"User-Agent: evil\xc2\x9b31m\xe2\x80\xae/1"),
    "in a token": get(b"Authorization: Bearer evil\xc2\x9b31m"),
    "in the name of an operation": post(
        b"Connection: close\r\nContent-Length: %d\r\n"
        % len(
            named := json.dumps({"query": "query a { __typename }", "operationName": EVIL}).encode()
        ),
        named,
    ),
    "in a document": post(
        b"Connection: close\r\nContent-Length: %d\r\n"
        % len(
            text := json.dumps({"query": f'{{ organizations(search: "{EVIL}") {{ x }} }}'}).encode()
        ),
        text,
    ),
}


@pytest.mark.parametrize("sent", HOSTILE.values(), ids=HOSTILE)
def test_what_is_logged_of_it(server: Server, sent: bytes) -> None:
    """One short line of printable characters, which says of whom it is."""
    before = server.log.stat().st_size
    assert answered(server, sent).count(b"HTTP/1.1 ") == 1
    deadline = time.monotonic() + 10
    while not (told := server.log.read_bytes()[before:]).endswith(b"\n"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    (line,) = told.decode().split("\n")[:-1]
    assert line.isprintable()
    assert len(line.encode()) <= LONGEST_LINE
    assert json.loads(line)["event"] == "request"
    assert json.loads(line)["path"].isprintable()
    assert "evil" not in line


def test_what_is_no_request_leaves_lines_of_json(server: Server) -> None:
    before = server.log.stat().st_size
    for name in ("no protocol", "NUL in a field", "two lengths"):
        answered(server, VECTORS[name][0])
    for line in server.log.read_bytes()[before:].splitlines():
        assert json.loads(line)["event"] == "library"

"""Fetching: the client itself, against servers on loopback that stand for public addresses."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpcore2
import pytest

from app.errors import BadInput
from app.fetching.fetcher import NOTHING_HAD, Bounds, Fetched, Fetcher
from app.fetching.public_network import resolve_by_system

A, B = "8.8.8.8", "2606:4700::1111"
NAMES: dict[str, list[list[str]]] = {
    "a.example": [[A]],
    "b.example": [[B]],
    "xn--bcher-kva.example": [[A]],
    "both.example": [[B, A]],
    "rebinding.example": [[A], ["127.0.0.1"]],
    "mixed.example": [[A, "10.0.0.1"]],
    "none.example": [[]],
    "many.example": [[f"8.8.8.{last}" for last in range(50)]],
}

Answer = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


def ok(content: bytes, *headers: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(content)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + content


def redirect(location: str, status: int = 302) -> bytes:
    head = f"HTTP/1.1 {status} Found\r\nLocation: {location}\r\nSet-Cookie: a=b\r\n"
    return f"{head}Content-Length: 0\r\n\r\n".encode()


@dataclass
class Internet(httpcore2.AsyncNetworkBackend):
    """Resolves by a table, notes what is dialled, and leads all of it to one loopback server."""

    answers: dict[str, Answer] = field(default_factory=dict)
    resolved: list[str] = field(default_factory=list)
    dialled: list[tuple[str, int]] = field(default_factory=list)
    down: frozenset[str] = frozenset()
    requests: list[str] = field(default_factory=list)
    port: int = 0

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        self.resolved.append(host)
        answers = NAMES.get(host)
        if answers is None:
            return await resolve_by_system(host, port)
        return answers[min(self.resolved.count(host), len(answers)) - 1]

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore2's
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        self.dialled.append((host, port))
        if host in self.down:
            raise httpcore2.ConnectError
        return await httpcore2.AnyIOBackend().connect_tcp(
            "127.0.0.1", self.port, timeout, local_address, socket_options
        )

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.requests.append(request)
            answer = self.answers.get(request.split(" ", 2)[1], ok(b"content"))
            if isinstance(answer, bytes):
                writer.write(answer)
            else:
                await answer(writer)
            await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    def fetcher(self, bounds: Bounds | None = None) -> Fetcher:
        return Fetcher(resolve=self.resolve, network=self, bounds=bounds)


@asynccontextmanager
async def internet(answers: dict[str, Answer] | None = None) -> AsyncIterator[Internet]:
    """An Internet whose answers are by path, or else `content`."""
    world = Internet(answers or {})
    async with await asyncio.start_server(world.serve, "127.0.0.1", 0) as server:
        world.port = server.sockets[0].getsockname()[1]
        yield world


async def refusal(world: Internet, url: str, bounds: Bounds | None = None) -> str:
    with pytest.raises(BadInput) as refused:
        await world.fetcher(bounds).get(url)
    assert refused.value.extensions["field"] == "url"
    return refused.value.message


async def test_a_file_is_fetched() -> None:
    answers: dict[str, Answer] = {"/x/a.yaml?b=c": ok(b"a: 1", "Content-Type: Text/YAML; q=1")}
    async with internet(answers) as world:
        fetched = await world.fetcher().get("http://a.example/x/a.yaml?b=c#d")
    url = "http://a.example/x/a.yaml?b=c#d"
    assert fetched == Fetched(url, "a.yaml", b"a: 1", "text/yaml")
    assert world.dialled == [(A, 80)]
    assert [request.splitlines() for request in world.requests] == [
        [
            "GET /x/a.yaml?b=c HTTP/1.1",
            "Host: a.example",
            "Accept: */*",
            "Accept-Encoding: identity",
            "User-Agent: meshgraph",
            "",
        ]
    ]


async def test_what_the_answer_says_of_the_file() -> None:
    named = ok(b"", 'Content-Disposition: attachment; filename="../b.yaml"')
    async with internet({"/a": named}) as world:
        fetched = await world.fetcher().get("http://a.example/a")
    assert (fetched.name, fetched.media_type) == ("b.yaml", "application/octet-stream")


@pytest.mark.parametrize(
    ("url", "host", "dialled"),
    [
        ("HTTP://A.Example/", "a.example", (A, 80)),
        ("http://a.example:80/", "a.example", (A, 80)),
        ("http://a.example:443/", "a.example:443", (A, 443)),
        ("http://bücher.example/", "xn--bcher-kva.example", (A, 80)),
        ("http://bücher。example/", "xn--bcher-kva.example", (A, 80)),
        ("http://8.8.8.8/", "8.8.8.8", (A, 80)),
        ("http://134744072/", "134744072", (A, 80)),
        ("http://[2606:4700::1111]/", "[2606:4700::1111]", (B, 80)),
        ("http://b.example", "b.example", (B, 80)),
    ],
)
async def test_the_address_is_dialled_and_the_host_is_named(
    url: str, host: str, dialled: tuple[str, int]
) -> None:
    async with internet() as world:
        assert (await world.fetcher().get(url)).content == b"content"
    assert world.dialled == [dialled]
    assert f"\r\nHost: {host}\r\n" in world.requests[0]


MALFORMED = [
    ("", "an http or https address"),
    ("design.yaml", "an http or https address"),
    ("file:///etc/passwd", "an http or https address"),
    ("gopher://a.example/", "an http or https address"),
    ("ftp://a.example/", "an http or https address"),
    ("unix:///var/run/docker.sock", "an http or https address"),
    ("http:///x", "an http or https address"),
    ("//a.example/", "an http or https address"),
    ("http://a.example/" + "a" * 2048, "at most 2048 characters"),
    ("http://a.example/\r\nX: y", "not a valid address"),
    ("http://①②⑦.0.0.1/", "not a valid address"),
    ("http://0177.0.0.1/", "not a valid address"),
    ("http://[::1", "not a valid address"),
    ("http://a:b@a.example/", "user name or password"),
    ("http://a.example@127.0.0.1/", "user name or password"),
    ("http://a.example\\@127.0.0.1/", "user name or password"),
    ("http://a.example:8080/", "only the ports 80 and 443"),
    ("http://a.example:0/", "only the ports 80 and 443"),
    ("http://a.example:-80/", "only the ports 80 and 443"),
    ("https://a.example:22/", "only the ports 80 and 443"),
]


@pytest.mark.parametrize(("url", "reason"), MALFORMED)
async def test_an_address_of_another_form_is_not_looked_up(url: str, reason: str) -> None:
    async with internet() as world:
        assert reason in await refusal(world, url)
    assert world.resolved == []


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "gopher://a.example/",
        "ftp://a.example/",
        "data:text/plain,a",
        "http://a:b@a.example/",
        "http://a.example:8080/",
        "http://[::1",
        "http://[::1]:6379/",
        "//a.example:22/",
        "/" + "a" * 2048,
    ],
)
async def test_a_redirect_to_an_address_of_another_form_is_not_followed(location: str) -> None:
    async with internet({"/": redirect(location)}) as world:
        assert "redirects to an address that is not" in await refusal(world, "http://a.example/")
    assert (world.resolved, len(world.requests)) == (["a.example"], 1)


NOT_PUBLIC = [
    "http://localhost/",
    "http://localhost./",
    "http://127.0.0.1/",
    "http://127。0。0。1/",
    "http://127.1/",
    "http://0/",
    "http://0x7f.1/",
    "http://2130706433/",
    "http://017700000001/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[fe80::1%25lo]/",
    "http://169.254.169.254/latest/meta-data/",
    "http://mixed.example/",
    "http://none.example/",
    "http://a..example/",
    "http://" + "a" * 64 + "/",
    "https://127.0.0.1/",
]


@pytest.mark.parametrize("url", NOT_PUBLIC)
async def test_nothing_is_dialled_that_is_not_public(url: str) -> None:
    async with internet() as world:
        assert "non-public address" in await refusal(world, url)
        assert world.dialled == []
        world.answers["/"] = redirect(url.replace("。", "."))
        assert "non-public address" in await refusal(world, "http://a.example/")
    assert world.dialled == [(A, 80)]


async def test_a_second_look_at_the_name_is_not_taken() -> None:
    async with internet() as world:
        assert (await world.fetcher().get("http://rebinding.example/")).content == b"content"
        assert world.resolved == ["rebinding.example"]
        assert "non-public address" in await refusal(world, "http://rebinding.example/")
    assert world.dialled == [(A, 80)]


async def test_a_redirect_to_the_same_name_is_judged_anew() -> None:
    async with internet({"/": redirect("http://rebinding.example/b")}) as world:
        assert "non-public address" in await refusal(world, "http://rebinding.example/")
    assert world.dialled == [(A, 80)]


async def test_another_address_of_the_host_is_tried() -> None:
    async with internet() as world:
        world.down = frozenset({B})
        assert (await world.fetcher().get("http://both.example/")).content == b"content"
        assert world.dialled == [(B, 80), (A, 80)]


async def test_not_all_of_many_addresses_are_tried() -> None:
    async with internet() as world:
        world.down = frozenset(NAMES["many.example"][0])
        assert NOTHING_HAD in await refusal(world, "http://many.example/")
    assert len(world.dialled) == 3


async def test_redirects_are_followed_without_cookies() -> None:
    answers: dict[str, Answer] = {
        "/a/b.yaml": redirect("../c", 301),
        "/c": redirect("//b.example/d?e", 307),
        "/d?e": redirect("http://a.example/f.json", 308),
    }
    async with internet(answers) as world:
        fetched = await world.fetcher().get("http://a.example/a/b.yaml")
    assert (fetched.url, fetched.name) == ("http://a.example/f.json", "b.yaml")
    assert [host for host, _ in world.dialled] == [A, A, B, A]
    assert "cookie" not in "".join(world.requests).lower()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_end(status: int) -> None:
    async with internet({"/": redirect("/", status)}) as world:
        assert "redirects more than 3 times" in await refusal(world, "http://a.example/")
    assert len(world.requests) == 4


@pytest.mark.parametrize("status", [204, 206])
async def test_a_success_without_a_body_is_an_empty_file(status: int) -> None:
    empty = f"HTTP/1.1 {status} OK\r\nContent-Length: 0\r\n\r\n".encode()
    async with internet({"/": empty}) as world:
        assert (await world.fetcher().get("http://a.example/")).content == b""


@pytest.mark.parametrize("status", [100, 199, 304, 400, 404, 500])
async def test_an_answer_of_failure_is_told_by_its_number_alone(status: int) -> None:
    head = f"HTTP/1.1 {status} Secret\r\nServer: secret\r\nContent-Length: 6\r\n\r\nsecret"
    async with internet({"/": head.encode()}) as world:
        message = await refusal(world, "http://a.example/")
    assert message in {f"url: it answered {status}.", f"url: {NOTHING_HAD}."}
    assert "ecret" not in message


async def endless(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"a" * 65536)
        await writer.drain()


async def slow(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"a")
        await writer.drain()
        await asyncio.sleep(0.02)


async def silent(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(0.5)
    del writer


async def interim(writer: asyncio.StreamWriter) -> None:
    while not writer.is_closing():
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0)


HOSTILE: dict[str, tuple[Answer, str]] = {
    "endless": (endless, "more than 100000 bytes"),
    "slow": (slow, NOTHING_HAD),
    "silent": (silent, NOTHING_HAD),
    "informed for ever": (interim, NOTHING_HAD),
    "too large": (ok(b"a" * 100_001), "more than 100000 bytes"),
    "a gzip bomb": (
        ok(gzip.compress(bytes(10_000_000)), "Content-Encoding: gzip"),
        "a compressed form",
    ),
    "long headers": (ok(b"", "X: " + "a" * 1_000_000), NOTHING_HAD),
    "many headers": (ok(b"", *(f"X{number}: a" for number in range(100_000))), NOTHING_HAD),
    "cut off": (ok(b"content")[:-1], NOTHING_HAD),
    "not HTTP": (b"SSH-2.0-OpenSSH\r\n", NOTHING_HAD),
    "nothing": (b"", NOTHING_HAD),
    "a redirect to nowhere": (redirect(""), "redirects more than"),
}


@pytest.mark.parametrize("case", HOSTILE)
async def test_a_hostile_answer_costs_little(case: str) -> None:
    answer, reason = HOSTILE[case]
    bounds = Bounds(content_bytes=100_000, seconds=0.3)
    async with internet({"/": answer}) as world, asyncio.timeout(2):
        assert reason in await refusal(world, "http://a.example/", bounds)


async def test_as_much_as_is_allowed_is_fetched() -> None:
    async with internet({"/": ok(b"a" * 100_000)}) as world:
        fetched = await world.fetcher(Bounds(content_bytes=100_000)).get("http://a.example/")
    assert len(fetched.content) == 100_000


async def test_an_archive_whose_compression_is_declared_stays_compressed() -> None:
    archive = gzip.compress(b"a")
    async with internet({"/a.tgz": ok(archive, "Content-Encoding: x-gzip")}) as world:
        assert (await world.fetcher().get("http://a.example/a.tgz")).content == archive


async def test_a_name_that_resolves_slowly_ends_in_time() -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        del host, port
        await asyncio.sleep(30)
        return [A]

    async with asyncio.timeout(2):
        with pytest.raises(BadInput, match="non-public address"):
            await Fetcher(resolve=resolve, bounds=Bounds(seconds=0.1)).get("http://a.example/")


async def test_the_environment_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with internet() as world:
        await world.fetcher().get("http://a.example/")
    assert world.dialled == [(A, 80)]

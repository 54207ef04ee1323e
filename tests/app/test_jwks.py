"""The provider's key set: what is kept of it, and when it is fetched."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import httpx2
import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from app.errors import Unavailable
from app.jwks import (
    MAX_AGE,
    MAX_BYTES,
    MIN_INTERVAL,
    FetchError,
    Jwks,
    from_file,
    from_url,
    read_key_set,
)

RSA = RSAKey.generate_key(2048).as_dict(private=True)
PUBLIC = {name: RSA[name] for name in ("kty", "n", "e")}
EC = ECKey.generate_key("P-256", private=False).as_dict()


def key_set(*keys: object) -> bytes:
    return json.dumps({"keys": keys}).encode()


def small_rsa(bits: int) -> dict[str, object]:
    """An RSA key by its look only: a modulus of that many bits."""
    modulus = OctKey.import_key(((1 << (bits - 1)) + 1).to_bytes(bits // 8)).as_dict()["k"]
    return {"kty": "RSA", "n": modulus, "e": "AQAB"}


KEPT = [
    ({**PUBLIC, "kid": "a", "use": "sig", "alg": "RS256"}, ("a", "RS256")),
    (PUBLIC, (None, "RS256")),
    ({**EC, "kid": "b"}, ("b", "ES256")),
    ({**EC, "kid": "b", "key_ops": ["verify"], "x5c": ["…"], "unknown": {}}, ("b", "ES256")),
]

IGNORED = {
    "for encryption": {**PUBLIC, "use": "enc"},
    "for signing only": {**PUBLIC, "key_ops": ["sign"]},
    "for another algorithm": {**PUBLIC, "alg": "PS256"},
    "an algorithm of another type": {**PUBLIC, "alg": "ES256"},
    "symmetric": OctKey.generate_key(256).as_dict(private=True),
    "symmetric, said to be RSA": {"kty": "oct", "k": "AAAA", "alg": "RS256"},
    "another curve": ECKey.generate_key("P-384", private=False).as_dict(),
    "Ed25519": OKPKey.generate_key("Ed25519", private=False).as_dict(),
    "a point off the curve": {**EC, "x": EC["y"], "y": EC["x"]},
    "too small": small_rsa(1024),
    "too large": small_rsa(16_384),
    "a large exponent": {**PUBLIC, "e": PUBLIC["n"]},
    "no modulus": {"kty": "RSA", "e": "AQAB"},
    "not base64": {**PUBLIC, "n": "é" * 342},
    "not an object": "key",
}


@pytest.mark.parametrize(("entry", "expected"), KEPT)
def test_a_signing_key_is_kept(entry: object, expected: tuple[str | None, str]) -> None:
    assert [(key.kid, key.algorithm) for key in read_key_set(key_set(entry))] == [expected]


@pytest.mark.parametrize("entry", IGNORED.values(), ids=IGNORED)
def test_a_key_that_cannot_verify_is_ignored_and_leaves_the_others(entry: object) -> None:
    good = {**PUBLIC, "kid": "good"}
    assert [key.kid for key in read_key_set(key_set(entry, good))] == ["good"]


def test_private_members_are_not_kept() -> None:
    (kept,) = read_key_set(key_set({**RSA, "kid": "a"}))
    assert not kept.key.is_private


@pytest.mark.parametrize(
    "document",
    [b"", b"<html>", b"[]", b"{}", b'{"keys":{}}', key_set(), key_set("x"), b"[" * 100_000],
)
def test_a_document_without_keys_is_an_error(document: bytes) -> None:
    with pytest.raises(FetchError):
        read_key_set(document)


class Provider:
    """Answers in turn, the last answer for ever; `clock` is moved by hand."""

    def __init__(self, *answers: bytes | FetchError) -> None:
        self.answers = list(answers)
        self.fetches = 0
        self.time = 1000.0
        self.jwks = Jwks(self.fetch, clock=lambda: self.time)

    async def fetch(self) -> bytes:
        self.fetches += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        await asyncio.sleep(0)
        if isinstance(answer, FetchError):
            raise answer
        return answer

    async def found(self, kids: Iterable[str | None]) -> list[bool]:
        return [await self.jwks.find(kid, "RS256") is not None for kid in kids]


A, B = {**PUBLIC, "kid": "a"}, {**PUBLIC, "kid": "b"}


async def test_a_known_key_is_fetched_once() -> None:
    provider = Provider(key_set(A))
    assert await provider.found("aaaa") == [True] * 4
    assert provider.fetches == 1


async def test_an_unknown_key_is_looked_for_once_in_an_interval() -> None:
    provider = Provider(key_set(A), key_set(A, B))
    await provider.found("a")
    assert await provider.found("b" * 50) == [False] * 50
    provider.time += MIN_INTERVAL
    assert await provider.found("b") == [True]
    assert await provider.found(str(number) for number in range(50)) == [False] * 50
    assert provider.fetches == 2


async def test_the_revision_grows_when_the_keys_differ() -> None:
    provider = Provider(key_set(A), key_set(A), key_set(A, B), FetchError("down"))
    seen = [provider.jwks.revision()]
    for _ in range(4):
        await provider.found("c")
        seen.append(provider.jwks.revision())
        provider.time += MIN_INTERVAL
    assert seen == [0, 1, 1, 2, 2]


async def test_callers_at_the_same_time_share_one_fetch() -> None:
    provider = Provider(key_set(A))
    found = await asyncio.gather(*(provider.jwks.find("a", "RS256") for _ in range(20)))
    assert None not in found
    assert provider.fetches == 1


async def test_a_withdrawn_key_stops_working() -> None:
    provider = Provider(key_set(A, B), key_set(B))
    assert await provider.found("a") == [True]
    provider.time += MAX_AGE + 1
    assert await provider.found("ab") == [False, True]


async def test_known_keys_outlive_a_provider_that_is_down() -> None:
    provider = Provider(key_set(A), FetchError("down"))
    await provider.found("a")
    provider.time += MAX_AGE + 1
    assert await provider.found("aaa") == [True] * 3
    assert provider.fetches == 2


async def test_without_any_key_set_the_service_is_unavailable() -> None:
    provider = Provider(FetchError("down"), key_set(A))
    for _ in range(3):
        with pytest.raises(Unavailable):
            await provider.jwks.find("a", "RS256")
    assert provider.fetches == 1
    provider.time += MIN_INTERVAL
    assert await provider.found("a") == [True]


async def test_a_key_serves_its_own_algorithm_only() -> None:
    provider = Provider(key_set(A))
    assert await provider.jwks.find("a", "ES256") is None


async def test_no_id_finds_the_only_key_but_chooses_none_of_two() -> None:
    assert await Provider(key_set(A, EC)).found([None]) == [True]
    assert await Provider(key_set(A, B)).found([None]) == [False]


async def test_the_address_is_asked_without_following_it_elsewhere() -> None:
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(str(request.url))
        return httpx2.Response(302, headers={"Location": "http://169.254.169.254/"})

    with pytest.raises(FetchError, match="answered 302"):
        await from_url("https://idp.example/keys", httpx2.MockTransport(answer))()
    assert asked == ["https://idp.example/keys"]


def refuse(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("refused", request=request)


async def streamed(content: bytes) -> AsyncIterator[bytes]:
    yield content


ANSWERS = {
    "an error page": (lambda _: httpx2.Response(500), "answered 500"),
    "too much": (
        lambda _: httpx2.Response(200, content=streamed(b" " * (MAX_BYTES + 1))),
        "larger than",
    ),
    "nobody": (refuse, "ConnectError"),
}


@pytest.mark.parametrize("case", ANSWERS)
async def test_a_bad_answer_is_a_fetch_error(case: str) -> None:
    answer, message = ANSWERS[case]
    with pytest.raises(FetchError, match=message):
        await from_url("https://idp.example/keys", httpx2.MockTransport(answer))()


async def test_a_good_answer_is_given_as_it_is() -> None:
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, content=streamed(key_set(A))))
    assert await from_url("https://idp.example/keys", transport)() == key_set(A)


async def test_a_file_is_read_each_time(tmp_path: Path) -> None:
    fetch = from_file(tmp_path / "keys.json")
    with pytest.raises(FetchError, match="No such file"):
        await fetch()
    (tmp_path / "keys.json").write_bytes(key_set(A))
    assert await fetch() == key_set(A)

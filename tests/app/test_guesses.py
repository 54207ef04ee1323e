"""Tokens that prove nothing, of which one address sends many."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest

from app.enforcement import Mode
from app.errors import Problem, TooMany, Unproven
from app.guesses import Guesses, address_of
from app.local_tokens import issue
from tests.service import Service, opened
from tests.stores import sqlite_copy

REFUSAL = Unproven("The token is not valid.")


def scope(host: str) -> dict[str, Any]:
    return {"client": (host, 1)}


def judged(guesses: Guesses, host: str, times: int) -> list[Problem]:
    return [guesses.judge(scope(host), REFUSAL) for _ in range(times)]


def test_beyond_the_limit_there_were_too_many() -> None:
    time = 0.0
    guesses = Guesses(30, Mode.ENFORCE, clock=lambda: time)
    assert judged(guesses, "192.0.2.1", 30) == [REFUSAL] * 30
    (refused,) = judged(guesses, "192.0.2.1", 1)
    assert isinstance(refused, TooMany)
    assert refused.extensions["retryAfter"] == 2
    assert refused.extensions["limits"] == {"guesses": {"allowed": 30, "found": 31}}
    assert judged(guesses, "192.0.2.2", 1) == [REFUSAL]
    time = 2.0
    (again, more) = judged(guesses, "192.0.2.1", 2)
    assert again is REFUSAL
    assert isinstance(more, TooMany)


@pytest.mark.parametrize("mode", [Mode.OFF, Mode.WARN])
def test_a_limit_that_is_not_enforced_refuses_as_ever(mode: Mode) -> None:
    assert judged(Guesses(1, mode), "192.0.2.1", 5) == [REFUSAL] * 5


ADDRESSES = [
    ("192.0.2.1", "192.0.2.1"),
    ("::ffff:192.0.2.1", "192.0.2.1"),
    ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
    ("testclient", "testclient"),
    ("fe80::1%eth0", "fe80::/64"),
]


@pytest.mark.parametrize(("host", "address"), ADDRESSES)
def test_the_address_that_is_counted(host: str, address: str) -> None:
    assert address_of(scope(host)) == address


def test_a_request_without_an_address() -> None:
    assert address_of({"client": None}) == address_of({}) == ""


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """On one engine: what is no good is not looked up."""
    return sqlite_copy(sqlite_template, tmp_path)


def served(database_url: str, folder: Path, mode: str) -> Any:
    limits = {"MESHGRAPH_MAX_GUESSES": "3", "MESHGRAPH_GUESSES": mode}
    return opened("rest", database_url, folder, **limits)


async def sent(service: Service, token: str, path: str = "/api/identity/orgs") -> httpx2.Response:
    headers = {"authorization": f"Bearer {token}"}
    if path == "/graphql":
        body = {"query": "{ organizations { totalCount } }"}
        return await service.client.post(path, json=body, headers=headers)
    return await service.client.get(path, headers=headers)


async def test_guesses_are_refused_and_good_tokens_are_not(
    database_url: str, tmp_path: Path
) -> None:
    async with served(database_url, tmp_path, "enforce") as service:
        statuses = [(await sent(service, f"a.{number}.c")).status_code for number in range(5)]
        rest, graphql = await sent(service, "nonsense"), await sent(service, "x", "/graphql")
        good = await sent(service, service.token("ann"))
        forged = await sent(service, issue(b"x" * 32, subject="ann"))
    assert statuses == [401, 401, 401, 429, 429]
    assert (rest.status_code, graphql.status_code, forged.status_code) == (429, 429, 429)
    assert 0 < int(rest.headers["retry-after"]) <= 20
    assert graphql.json()["errors"][0]["extensions"]["code"] == "TOO_MANY_REQUESTS"
    assert good.status_code == 200


async def test_who_is_not_known_or_not_any_more_is_told_so(
    database_url: str, tmp_path: Path
) -> None:
    async with served(database_url, tmp_path, "enforce") as service:
        unknown = issue(service.secret, subject="nobody-of-this-name")
        expired = issue(service.secret, subject="ann", ttl=60, now=1_700_000_000)
        tokenless = [await service.client.get("/api/identity/orgs") for _ in range(5)]
        answers = [await sent(service, each) for each in (unknown, expired) for _ in range(5)]
    assert {each.status_code for each in (*answers, *tokenless)} == {401}


async def test_in_warn_mode_guesses_are_refused_as_ever(database_url: str, tmp_path: Path) -> None:
    async with served(database_url, tmp_path, "warn") as service:
        statuses = {(await sent(service, "nonsense")).status_code for _ in range(6)}
    assert statuses == {401}

"""How many connections one address may hold, and which addresses are one."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_network
from typing import NamedTuple

import pytest

from app.crowds import KEPT_FILES, Crowd
from app.enforcement import Mode

MOST = 3


class Peer(NamedTuple):
    client: tuple[str, int] | None


def crowd(mode: Mode = Mode.ENFORCE) -> Crowd:
    return Crowd(mode, MOST, [ip_network("10.0.0.0/8"), ip_network("::1/128")])


def refused(addresses: list[str | None], mode: Mode = Mode.ENFORCE) -> bool:
    """Whether the last of the connections is too much."""
    made = crowd(mode)
    peers = joined(made, addresses)
    return made.is_too_large(peers[-1], len(peers))


def joined(made: Crowd, addresses: Sequence[str | None]) -> list[Peer]:
    peers = [Peer((each, port) if each else None) for port, each in enumerate(addresses)]
    for each in peers:
        made.join(each)
    return peers


CASES: dict[str, tuple[list[str | None], bool]] = {
    "as many as there may be": (["192.0.2.1"] * MOST, False),
    "one more": (["192.0.2.1"] * (MOST + 1), True),
    "others do not count": ([*["192.0.2.1"] * MOST, "192.0.2.2"], False),
    "a proxy": (["10.1.2.3"] * 9, False),
    "a proxy, as a mapped address": (["::ffff:10.1.2.3"] * 9, False),
    "a mapped address is the address": (["192.0.2.1", "::ffff:192.0.2.1"] * 2, True),
    "this machine": (["::1"] * 9, False),
    "a network of one site": ([f"2001:db8::{each}" for each in range(MOST + 1)], True),
    "networks of several": ([f"2001:db8:0:{each}::1" for each in range(MOST + 1)], False),
    "an address with its zone": (["fe80::1%eth0"] * (MOST + 1), True),
    "a socket of this machine": ([None] * 9, False),
}


@pytest.mark.parametrize(("addresses", "expected"), CASES.values(), ids=CASES)
def test_who_holds_too_many(addresses: list[str | None], *, expected: bool) -> None:
    assert refused(addresses) is expected


@pytest.mark.parametrize(
    ("mode", "expected"), [(Mode.OFF, False), (Mode.WARN, False), (Mode.ENFORCE, True)]
)
def test_a_limit_may_be_tried_out(mode: Mode, *, expected: bool) -> None:
    assert refused(["192.0.2.1"] * 9, mode) is expected


def test_files_are_kept_for_other_things(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _: (KEPT_FILES + 20, KEPT_FILES + 20))
    made = crowd(Mode.OFF)
    newest = joined(made, ["10.1.2.3"])[0]
    assert made.is_too_large(newest, 21)
    assert not made.is_too_large(newest, 20)


def test_who_leaves_makes_room() -> None:
    made = crowd()
    *_, former, latest = joined(made, ["192.0.2.1"] * (MOST + 1))
    assert made.is_too_large(latest, MOST + 1)
    made.leave(former)
    made.leave(former)  # of which it is none any more
    assert not made.is_too_large(latest, MOST)
    made.join(newest := Peer(("192.0.2.1", MOST + 1)))
    assert made.is_too_large(newest, MOST + 1)


def test_nothing_is_kept_of_addresses_that_have_gone() -> None:
    made = crowd()
    for third in range(40):
        addresses = [f"192.0.{third}.{last}" for last in range(250)]
        peers = joined(made, [*addresses, *addresses, "10.1.2.3", None])
        assert len(made._held) == 250
        for each in peers:
            made.leave(each)
        assert (made._held, made._homes) == ({}, {})
    assert made._home.cache_info().currsize <= 4096

"""Which addresses are public: the edges of every row, and notations that stand for others."""

from __future__ import annotations

import socket
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.fetching.addresses import GLOBAL_UNICAST, NOT_PUBLIC, is_public

PUBLIC = """
    1.0.0.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0
    168.63.129.15 168.63.129.17 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0
    191.255.255.255 192.0.1.0 192.0.3.0 192.88.98.255 192.88.100.0 192.167.255.255 192.169.0.0
    198.17.255.255 198.20.0.0 198.51.99.255 198.51.101.0 203.0.112.255 203.0.114.0 223.255.255.255
    2001:200:: 2001:db7:ffff::1 2001:db9::1 2003::1 2606:4700::6810:84e5 2620:4f:8001::1 3ffe::1
    3fff:1000::1
"""

NOT = """
    0.0.0.0 0.1.2.3 10.0.0.0 10.255.255.255 100.64.0.0 100.100.100.200 100.127.255.255 127.0.0.1
    127.255.255.255 168.63.129.16 169.254.0.0 169.254.169.254 169.254.255.255 172.16.0.0
    172.31.255.255 192.0.0.0 192.0.0.8 192.0.0.192 192.0.2.1 192.31.196.1 192.52.193.1 192.88.99.1
    192.168.0.0 192.168.255.255 192.175.48.1 198.18.0.0 198.19.255.255 198.51.100.1 203.0.113.1
    224.0.0.1 239.255.255.255 240.0.0.0 255.255.255.254 255.255.255.255
    :: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::8.8.8.8 64:ff9b::a9fe:a9fe 64:ff9b::808:808
    64:ff9b:1::1 100::1 1fff:ffff::1 2001::1 2001:0:7f00:1::1 2001:2::1 2001:10::1 2001:20::1
    2001:1ff:ffff::1 2001:db8::1 2002:7f00:1:: 2002:808:808:: 2620:4f:8000::1 3fff:: 3fff:fff::1
    4000::1 5f00::1 fc00::1 fd00:ec2::254 fd20:ce::254 fe80::1 fe80::1%lo febf::1 fec0::1 ff02::1
    ffff::1
"""

NO_ADDRESS = [
    "",
    "localhost",
    "127.1",
    "0",
    "2130706433",
    "0x7f.1",
    "①②⑦.0.0.1",
    "8.8.8.8.",
    "[::1]",
]

STANDING_FOR_LOOPBACK = ["0", "127.1", "2130706433", "0x7f.1", "017700000001", "::ffff:127.0.0.1"]


@pytest.mark.parametrize("address", PUBLIC.split())
def test_a_public_address(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", [*NOT.split(), *NO_ADDRESS])
def test_what_is_not_a_public_address(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("host", STANDING_FOR_LOOPBACK)
def test_a_notation_is_what_it_resolves_to(host: str) -> None:
    found = socket.getaddrinfo(host, 80, type=socket.SOCK_STREAM)
    assert [is_public(str(address[0])) for *_, address in found] == [False] * len(found)


@given(st.sampled_from(NOT_PUBLIC), st.data())
def test_no_address_of_a_row_is_public(row: tuple[object, str], data: st.DataObject) -> None:
    network = next(network for network, what in NOT_PUBLIC if (network, what) == row)
    last = network.num_addresses - 1
    offset = data.draw(st.sampled_from([0, last]) | st.integers(0, last))
    assert not is_public(str(network[offset]))


@given(st.ip_addresses(v=6).filter(lambda address: address not in GLOBAL_UNICAST))
def test_outside_the_space_that_is_given_out_nothing_is_public(address: object) -> None:
    assert not is_public(str(address))


@given(st.ip_addresses())
def test_what_is_public_is_so_for_the_library_too(address: object) -> None:
    if is_public(str(address)):
        assert ip_address(str(address)).is_global

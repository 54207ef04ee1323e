"""Which addresses of the Internet protocol are public: a table.

`ipaddress.is_global` is not asked: before Python 3.11.10 it takes multicast, 6to4 and NAT64
addresses, which can stand for private ones, to be global.
"""

from __future__ import annotations

from ipaddress import IPv6Network, ip_address, ip_network

#: The only unicast space that is given out (RFC 4291 §2.4); with it, mapped (::ffff:0:0/96),
#: compatible (::/96), NAT64, unique local, link-local and multicast addresses are not public.
GLOBAL_UNICAST = IPv6Network("2000::/3")

#: The special-purpose registries of the IANA (RFC 6890), and what else is not the Internet.
#: A row that is a reserve of its own is denied too where it is routed: nobody's files are there.
NOT_PUBLIC = tuple(
    (ip_network(network), what)
    for network, what in (
        ("0.0.0.0/8", "this network"),
        ("10.0.0.0/8", "private use"),
        ("100.64.0.0/10", "shared by carriers; the metadata of a cloud"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "the platform of Azure, for its machines"),
        ("169.254.0.0/16", "link-local; the metadata of most clouds"),
        ("172.16.0.0/12", "private use"),
        ("192.0.0.0/24", "protocol assignments"),
        ("192.0.2.0/24", "documentation"),
        ("192.31.196.0/24", "AS112"),
        ("192.52.193.0/24", "automatic multicast tunnelling"),
        ("192.88.99.0/24", "6to4 relays"),
        ("192.168.0.0/16", "private use"),
        ("192.175.48.0/24", "AS112"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved; limited broadcast"),
        ("2001::/23", "protocol assignments: Teredo, ORCHID, benchmarking"),
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "6to4"),
        ("2620:4f:8000::/48", "AS112"),
        ("3fff::/20", "documentation"),
    )
)


def is_public(address: str) -> bool:
    """Whether that is a public unicast address, in the notation of `getaddrinfo`.

    False for what is no address.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if parsed.version == GLOBAL_UNICAST.version and parsed not in GLOBAL_UNICAST:
        return False
    return not any(parsed in network for network, _ in NOT_PUBLIC)

"""`ports` and `expose`, short and long.

https://github.com/compose-spec/compose-spec/blob/main/05-services.md#ports
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from app.importing.compose.project import Port
from app.importing.compose.reading.scalars import text, whole
from app.importing.refusals import TooLarge, Unreadable

MOST_PORTS = 1_000
HIGHEST = 65_535
PROTOCOLS = ("TCP", "UDP", "SCTP")
#: [[host address:][published]:]target[/protocol]; an IPv6 address may stand in brackets.
_SHORT = re.compile(
    r"(?:(?P<host>\[[0-9A-Fa-f:.]{1,45}\]|[^:\[\]/]{0,255}|[0-9A-Fa-f:]{2,45}):)?"
    r"(?:(?P<published>[\d-]{0,11}):)?(?P<target>[\d-]{1,11})(?:/(?P<protocol>\w{1,8}))?"
)
_RANGE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")


def ports(service: dict[str, Any], path: str) -> tuple[Port, ...]:
    """What a service publishes, then what it exposes and has not published, without repetition.

    Raises Unreadable for what is no port, TooLarge above 1,000 of them.
    """
    found: dict[Port, None] = {}
    for n, entry in enumerate(service.get("ports") or ()):
        _add(found, _published(entry, f"{path}.ports[{n}]"), f"{path}.ports")
    known = {(port.target, port.protocol) for port in found}
    for n, entry in enumerate(service.get("expose") or ()):
        exposed = _exposed(text(entry), f"{path}.expose[{n}]")
        fresh = (port for port in exposed if (port.target, port.protocol) not in known)
        _add(found, fresh, f"{path}.expose")
    return tuple(found)


def _add(found: dict[Port, None], more: Iterator[Port], path: str) -> None:
    found.update(dict.fromkeys(more))
    if len(found) > MOST_PORTS:
        raise TooLarge(f"{path}: a service may have {MOST_PORTS} ports; these are more.")


def _published(entry: Any, path: str) -> Iterator[Port]:
    if isinstance(entry, dict):
        target = text(entry.get("target"))
        published, host = text(entry.get("published")), text(entry.get("host_ip"))
        return _spread(target, published, text(entry.get("protocol")), host, path)
    short = _SHORT.fullmatch(text(entry).strip())
    if short is None:
        raise Unreadable(f"{path}: “{text(entry)[:80]}” is no port such as 8080:80/tcp.")
    host, published = short["host"] or "", short["published"] or ""
    if short["published"] is None and _RANGE.fullmatch(host):
        host, published = "", host  # two parts are the published port and the target
    return _spread(short["target"], published, short["protocol"] or "", host.strip("[]"), path)


def _exposed(entry: str, path: str) -> Iterator[Port]:
    target, _, protocol = entry.partition("/")
    return _spread(target, "", protocol, "", path)


def _spread(target: str, published: str, protocol: str, host: str, path: str) -> Iterator[Port]:
    """One Port for each of a range; a range published for one target takes its first port."""
    named = (protocol or "tcp").upper()
    if named not in PROTOCOLS:
        raise Unreadable(f"{path}: the protocol {protocol[:20]} is none of tcp, udp and sctp.")
    targets = _range(target, path)
    if len(targets) > MOST_PORTS:
        raise TooLarge(f"{path}: a service may have {MOST_PORTS} ports; {target} are more.")
    hosts = _range(published, path) if published and published != "0" else None
    if hosts is not None and len(hosts) != len(targets):
        if len(targets) > 1:
            raise Unreadable(f"{path}: {published} and {target} are ranges of different lengths.")
        hosts = hosts[:1]
    outside = [None] * len(targets) if hosts is None else list(hosts)
    return (Port(t, h, named, host) for t, h in zip(targets, outside, strict=True))


def _range(written: str, path: str) -> range:
    ends = _RANGE.fullmatch(written.strip())
    if ends is None:
        raise Unreadable(f"{path}: “{written[:80]}” is neither a port nor a range of ports.")
    first = whole(ends[1], path, 1, HIGHEST)
    last = whole(ends[2] or ends[1], path, first, HIGHEST)
    return range(first, last + 1)

"""A line of an access log → a call: nginx and Apache, Caddy, and our own log."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from rest_compat.moving.calls import Call, client_of

#: The common and the combined format (https://httpd.apache.org/docs/current/logs.html#combined).
#: No part can match in two ways: a line costs time linear in its length.
_COMBINED: Final = re.compile(
    r'(\S+) \S+ (\S+) \[([^\][]{1,40})\] "([A-Z]{1,20}) ([^\s"]+)(?: [^\s"]*)?" (\d{3}) (\d+|-)'
    r'(?: "(?:[^"\\]|\\.)*" "((?:[^"\\]|\\.)*)")?'
)


def read_line(line: str) -> Call | None:
    """The call that a line tells of; None for one that tells of none, or in no known format."""
    text = line.lstrip()
    if text.startswith("{"):
        return _structured(text)
    found = _COMBINED.match(text)
    if found is None:
        return None
    host, user, moment, method, target, status, size, agent = found.groups()
    return Call(
        client_of(host, user, agent),
        method,
        target,
        int(status),
        int(size) if size != "-" else 0,
        _time(moment),
    )


def _structured(text: str) -> Call | None:
    try:
        event = json.loads(text)
    except (ValueError, RecursionError):
        return None
    for read in _STRUCTURED:
        with suppress(KeyError, TypeError, ValueError, AttributeError, OverflowError):
            return read(event)
    return None


@lru_cache(maxsize=64)
def _time(text: str) -> float:
    try:
        return datetime.strptime(text, "%d/%b/%Y:%H:%M:%S %z").timestamp()
    except ValueError:
        return 0.0


def _caddy(event: Mapping[str, Any]) -> Call:
    """https://caddyserver.com/docs/logging#structured-logs"""
    request = event["request"]
    agents = request.get("headers", {}).get("User-Agent") or [""]
    host = request.get("client_ip") or request.get("remote_ip")
    return Call(
        client_of(host, event.get("user_id"), agents[0]),
        str(request["method"]),
        str(request["uri"]),
        int(event["status"]),
        int(event.get("size", 0)),
        _moment(event["ts"]),
    )


def _own(event: Mapping[str, Any]) -> Call:
    """A line of this service, which tells neither of the client nor of the size of the answer."""
    if event["event"] != "request":
        raise KeyError(event["event"])
    return Call(
        client_of(),
        str(event["method"]),
        str(event["path"]),
        int(event["status"] or 0),
        at=_moment(event["timestamp"]),
    )


def _moment(value: Any) -> float:
    """Seconds of the epoch, or RFC 3339."""
    if isinstance(value, str):
        return datetime.fromisoformat(value).timestamp()
    return float(value)


_STRUCTURED: Final[tuple[Callable[[Mapping[str, Any]], Call], ...]] = (_own, _caddy)

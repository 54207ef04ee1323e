"""`healthcheck`, and the labels of kompose that say more of it.

https://kompose.io/user-guide/#labels
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from app.importing.compose.project import Probe
from app.importing.compose.reading.scalars import flag, seconds, strings, text, whole
from app.importing.refusals import Unreadable

LIVENESS = "kompose.service.healthcheck.liveness."
READINESS = "kompose.service.healthcheck.readiness."
HIGHEST_PORT = 65_535


def liveness(check: dict[str, Any], labels: Mapping[str, str], path: str) -> Probe | None:
    """The probe of a `healthcheck`; None where it is disabled or says nothing to probe."""
    where = f"{path}.healthcheck"
    test = check.get("test")
    command = ("CMD-SHELL", test) if isinstance(test, str) else strings(test)
    if command and command[0] not in ("CMD", "CMD-SHELL", "NONE"):
        raise Unreadable(f"{where}.test: it must begin with CMD, CMD-SHELL or NONE.")
    if not check or flag(check.get("disable"), f"{where}.disable") or command[:1] == ("NONE",):
        return None
    return _probe(command[1:], _labelled(labels, LIVENESS), check, path, where)


def readiness(labels: Mapping[str, str], path: str) -> Probe | None:
    """The probe that labels ask for; None where they ask for none or disable it."""
    asked = _labelled(labels, READINESS)
    where = f"{path}.labels.{READINESS}"
    if flag(asked.get("disable"), f"{where}disable"):
        return None
    try:
        command = tuple(shlex.split(asked.get("test", "")))
    except ValueError as error:
        raise Unreadable(f"{where}test: it cannot be split into words: {error}.") from None
    if command[:1] == ("NONE",):
        return None
    if command and command[0] in ("CMD", "CMD-SHELL"):
        command = command[1:]
    return _probe(command, asked, asked, path, where)


def _labelled(labels: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {key.removeprefix(prefix): v for key, v in labels.items() if key.startswith(prefix)}


def _probe(
    command: tuple[str, ...],
    asked: Mapping[str, str],
    timing: Mapping[str, Any],
    path: str,
    where: str,
) -> Probe | None:
    ports = {
        key: whole(asked.get(key) or 0, f"{path}.labels.{key}", 0, HIGHEST_PORT)
        for key in ("http_get_port", "tcp_port")
    }
    http_path = asked.get("http_get_path", "")
    if not (command or (http_path and ports["http_get_port"]) or ports["tcp_port"]):
        return None
    return Probe(
        command=command,
        http_path=http_path,
        http_port=ports["http_get_port"],
        tcp_port=ports["tcp_port"],
        timeout=seconds(timing.get("timeout"), f"{where}.timeout"),
        interval=seconds(timing.get("interval"), f"{where}.interval"),
        retries=whole(text(timing.get("retries")) or 0, f"{where}.retries"),
        start_period=seconds(timing.get("start_period"), f"{where}.start_period"),
    )

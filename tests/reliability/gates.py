"""The gates, a row each, and how the script of one tells what it measured."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple


class Measured(NamedTuple):
    """What came out, in words for the table, and whether it reaches the number."""

    reached: bool
    found: str


@dataclass(frozen=True)
class Gate:
    """`script` is the module in this folder that measures it, within `seconds`."""

    number: str
    title: str
    reach: str
    script: str
    seconds: int = 120


GATES = (
    Gate(
        "G7",
        "SQLite on a full disk",
        "writes 503 with Retry-After, reads 200, /readyz tells, back ≤ 2 s, 0 lost",
        "disk_full",
    ),
    Gate(
        "G8",
        "3 rolling restarts under keep-alive load",
        "0 of ≥ 5,000 failed, slow requests answered, exit 0 within 10 s",
        "rolling_restarts",
    ),
    Gate(
        "G9",
        "8 clients go while PostgreSQL works for them, pool of 8",
        "0 statements and pool free ≤ 0.5 s, /readyz 200 throughout",
        "leaving_clients",
    ),
    Gate(
        "G10",
        "40 operations run into their deadline",
        "all 503, 0 statements left, no connection beyond the pools",
        "deadlines",
    ),
    Gate(
        "G11",
        "500 slow heads, slow bodies and silent sockets",
        "all closed ≤ 10 s, p99 of others ≤ 100 ms",
        "slow_sockets",
    ),
    Gate(
        "G12",
        "hostile GraphQL documents",
        "accepted ≤ 50 ms of CPU, refused ≤ 10 ms, /livez p99 ≤ 50 ms",
        "documents",
    ),
    Gate(
        "G13",
        "bodies beyond the limit, declared and chunked",
        "all 413, or reset while they send on; memory grows ≤ 2 × the limit",
        "bodies",
    ),
    Gate(
        "G15",
        "ids of another organization, in every place that takes one",
        "0 foreign bytes, answered as ids of nothing, AUC of the times ≤ 0.55",
        "tenants",
    ),
)


def row(gate: Gate, measured: Measured) -> str:
    """The row of the table for a gate."""
    mark = "yes" if measured.reached else "**no**"
    return f"| {gate.number} | {gate.title} | {gate.reach} | {measured.found} | {mark} |"


def run(script: str, measure: Callable[[], Measured]) -> None:
    """Measure, print the row, and exit 1 if the number is not reached; for a script's end."""
    gate = next(gate for gate in GATES if gate.script == script)
    signal.signal(signal.SIGALRM, _late)
    signal.alarm(2 * gate.seconds)  # the machine may do other work
    measured = measure()
    signal.alarm(0)
    print(row(gate, measured))
    sys.exit(0 if measured.reached else 1)


def _late(*_: object) -> None:
    """Raised where the script is, so that it ends what it started."""
    raise TimeoutError("the gate took too long")

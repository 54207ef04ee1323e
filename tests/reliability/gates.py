"""The gates, a row each, and how the script of one tells what it measured."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple


class Measured(NamedTuple):
    """What came out, in words for the table, and whether it reaches the number.

    None where it cannot be measured, for want of what the words then name.
    """

    reached: bool | None
    found: str


@dataclass(frozen=True)
class Gate:
    """`script` is the module in this folder that measures it, within `seconds`."""

    number: str
    title: str
    reach: str
    script: str
    seconds: int = 120


#: How the last column tells of each.
MARKS = {True: "yes", False: "**no**", None: "not measured"}

GATES = (
    Gate(
        "G1",
        "kill -9 of the server under load, 10 times on each database",
        "0 acknowledged writes lost, 0 duplicates, integrity_check ok, serving again ≤ 3 s",
        "kills",
    ),
    Gate(
        "G2",
        "the power fails under SQLite, as strace sees it",
        "≥ 1.00 syncs for an acknowledged write of one writer, none acknowledged before its sync",
        "syncs",
    ),
    Gate(
        "G3",
        "PostgreSQL restarts, immediate and fast, under load",
        "0 of what can be repeated failed, longest gap ≤ 2 s, 0 lost, 0 duplicates",
        "restarts",
    ),
    Gate(
        "G4",
        "kill -9 of the leading node of three (Patroni, quorum commit, `ttl` 20)",
        "0 acknowledged writes lost, gap ≤ 25 s, nothing but 503 with Retry-After",
        "cluster_failover",
        180,
    ),
    Gate(
        "G4",
        "the same after 14 s in which standbys received nothing",
        "0 acknowledged writes lost, gap ≤ 30 s, nothing but 503 with Retry-After",
        "cluster_lag",
        180,
    ),
    Gate(
        "G5",
        "planned switchover of three nodes",
        "0 errors, gap ≤ 5 s, 0 lost",
        "cluster_switchover",
    ),
    Gate(
        "G6",
        "PostgreSQL silent for 4 s, resetting for 2 s, 50 ms away",
        "0 failed, longest gap ≤ 5 s, 0 lost, 0 duplicates",
        "network",
    ),
    Gate(
        "G7",
        "SQLite and PostgreSQL on a full disk",
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
        "40 of 40 clients are answered 413; memory grows ≤ 2 × the limit",
        "bodies",
    ),
    Gate(
        "G14",
        "bombs of YAML, archives and designs, read and evaluated for 2 s at most",
        "each ≤ 2 s of CPU and ≤ 256 MiB of a worker, no 5xx, /livez p99 ≤ 50 ms",
        "bombs",
    ),
    Gate(
        "G15",
        "ids of another organization, in every place that takes one",
        "0 foreign bytes, answered as ids of nothing, AUC of the times ≤ 0.55",
        "tenants",
    ),
    Gate(
        "G16",
        "40 read a row and write it anew at once, by If-Match and by expectedVersion",
        "0 lost on either engine, the others 412 or VERSION_CONFLICT and come again",
        "races",
    ),
    Gate(
        "G17",
        "40 equal requests at once with one Idempotency-Key",
        "1 row and 40 equal bodies, by REST and GraphQL, on either engine",
        "repeats",
    ),
    Gate(
        "G18",
        "1,000 subscriptions, some whose token expires or whose member is removed",
        "≤ 100 KB each, 0 sockets left after abort, closed by 4401 and 4403 ≤ 5 s",
        "subscriptions",
    ),
    Gate(
        "G19",
        "a minute of reads, writes and subscriptions at 80 % of the load there may be",
        "memory grows ≤ 1 MiB a minute; descriptors, threads and pools as before",
        "soak",
    ),
    Gate(
        "G20",
        "programs that are made to attack, at a server in production",
        "0 findings, 0 forged tokens accepted, 0 fields, 61 audits passed",
        "attackers",
    ),
    Gate(
        "G21",
        "secrets in every mutation, endpoint, transport and fault, on SQLite and PostgreSQL",
        "0 found in answers, log, spans, database, files and environments of children",
        "canaries",
    ),
    Gate(
        "G22",
        "400 connections to a process that may open 256 files",
        "503, 408 or closed ≤ 10 s, those who are served stay served, back ≤ 2 s",
        "few_files",
    ),
)


def row(gate: Gate, measured: Measured) -> str:
    """The row of the table for a gate."""
    cells = (gate.number, gate.title, gate.reach, measured.found, MARKS[measured.reached])
    return f"| {' | '.join(cells)} |"


def run(script: str, measure: Callable[[], Measured]) -> None:
    """Measure, print the row, and exit 1 if the number is missed; for a script's end."""
    gate = next(gate for gate in GATES if gate.script == script)
    signal.signal(signal.SIGALRM, _late)
    signal.alarm(2 * gate.seconds)  # the machine may do other work
    measured = measure()
    signal.alarm(0)
    print(row(gate, measured))
    sys.exit(1 if measured.reached is False else 0)


def _late(*_: object) -> None:
    """Raised where the script is, so that it ends what it started."""
    raise TimeoutError("the gate took too long")

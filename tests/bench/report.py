"""What was measured, as Markdown."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median

from tests.bench.measuring import Load, Measured
from tests.bench.workloads import Workload

MEGABYTE = 1024 * 1024

#: Of one workload, by the name of the subject.
Results = Mapping[str, Measured]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; all columns but the first are numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def conditions(load: Load, database: str) -> str:
    """One line on what ran where."""
    cores = os.cpu_count() or 1
    return (
        f"{database}; Python {platform.python_version()}; {cores} cores ({_processor()}); wrk with "
        f"{load.connections} connections, {load.rounds} interleaved rounds of {load.seconds:g} s, "
        "medians."
    )


def _processor() -> str:
    if sys.platform != "linux":
        return platform.processor()
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def rates(results: Mapping[Workload, Results], base: str, titles: Mapping[str, str]) -> str:
    """Requests per second of each subject, and its ratio to the base of the same round."""
    head = ["requests/s (ratio)", *(f"{each.name} {each.title}" for each in results)]
    rows = [
        [title, *(_rate(found.get(name), found.get(base)) for found in results.values())]
        for name, title in titles.items()
    ]
    return table(head, rows)


def _rate(measured: Measured | None, base: Measured | None) -> str:
    if measured is None:
        return "–"
    rate = number(measured.rate)
    return rate if base is None else f"{rate} ({measured.ratio(base):.2f})"


def latencies(results: Mapping[Workload, Results], titles: Mapping[str, str]) -> str:
    """Latency at p50 and p99, and the server's CPU time for a request, in milliseconds."""
    head = ["ms: p50 / p99 / server CPU", *(each.name for each in results)]
    rows = [
        [title, *(_latency(found.get(name)) for found in results.values())]
        for name, title in titles.items()
    ]
    return table(head, rows)


def _latency(measured: Measured | None) -> str:
    if measured is None:
        return "–"
    return f"{measured.p50:.1f} / {measured.p99:.1f} / {measured.cpu:.2f}"


def starts(
    memory: Mapping[str, Sequence[int]],
    seconds: Mapping[str, Sequence[float]],
    titles: Mapping[str, str],
) -> str:
    """Resident memory after the load, per process, and the time to the first answer."""
    rows = [
        [
            title,
            " + ".join(f"{each / MEGABYTE:.0f}" for each in memory[name]),
            f"{median(seconds[name]):.2f}",
        ]
        for name, title in titles.items()
    ]
    return table(["", "memory, MB", "cold start, s"], rows)


def number(value: float) -> str:
    """With thousands separated, and one decimal for a small number."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"

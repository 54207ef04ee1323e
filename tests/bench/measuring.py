"""Rounds of load: each subject in turn, again and again, so that noise falls on all alike."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench import wrk
from tests.bench.places import delete_made
from tests.bench.servers import Running
from tests.bench.verifying import body_bytes
from tests.bench.workloads import Request, Workload

#: Bodies under load are as long as those that were checked, but for ids and times.
TOLERANCE = 0.95
WARM_UP = 3.0


@dataclass(frozen=True)
class Load:
    """How hard and how long: connections of wrk, seconds of a run, rounds of all subjects."""

    connections: int = 32
    seconds: float = 4
    rounds: int = 5


@dataclass(frozen=True)
class Subject:
    """A server and what it is asked; `status` is that of a right answer."""

    name: str
    running: Running
    requests: Sequence[Request]
    status: int = 200


@dataclass(frozen=True)
class Measured:
    """The runs of one subject, in the order of the rounds."""

    rates: tuple[float, ...]
    p50: float
    p99: float
    cpu: float

    @property
    def rate(self) -> float:
        """Requests per second: the median of the rounds. Latencies and CPU are milliseconds."""
        return median(self.rates)

    def ratio(self, other: Measured) -> float:
        """How many times as fast as the other: the median over the rounds, each by itself."""
        return median(a / b for a, b in zip(self.rates, other.rates, strict=True))


@dataclass(frozen=True)
class _Run:
    result: wrk.Result
    cpu: float


def measure(workload: Workload, subjects: Sequence[Subject], load: Load) -> Mapping[str, Measured]:
    """What each subject does with the workload, by its name; raises if an answer is wrong."""
    ready = [(subject, *_prepare(workload, subject)) for subject in subjects]
    runs: dict[str, list[_Run]] = {subject.name: [] for subject in subjects}
    for turn in range(load.rounds + 1):
        for subject, script, least in ready:
            warming = turn == 0
            seconds = WARM_UP if warming else load.seconds
            run = _run(subject, script, least, Load(load.connections, seconds))
            if workload.writes:
                delete_made(subject.running.place)
            if not warming:
                runs[subject.name].append(run)
                tell(f"{workload.name} {turn}/{load.rounds} {subject.name} {run.result.rate:.0f}/s")
    return {name: _measured(found) for name, found in runs.items()}


def _prepare(workload: Workload, subject: Subject) -> tuple[Path, float]:
    running = subject.running
    least = TOLERANCE * body_bytes(running, subject.requests, subject.status)
    script = running.place.folder / f"{workload.name}-{subject.name}.lua"
    wrk.write_script(script, subject.requests, running.headers)
    return script, least


def _run(subject: Subject, script: Path, least: float, load: Load) -> _Run:
    before = subject.running.cpu_seconds()
    result = wrk.load(
        subject.running.url,
        script,
        connections=load.connections,
        seconds=load.seconds,
        least_bytes=least,
    )
    used = subject.running.cpu_seconds() - before
    return _Run(result, 1000 * used / result.requests)


def _measured(runs: Sequence[_Run]) -> Measured:
    return Measured(
        rates=tuple(run.result.rate for run in runs),
        p50=median(run.result.p50 for run in runs),
        p99=median(run.result.p99 for run in runs),
        cpu=median(run.cpu for run in runs),
    )


def tell(line: str) -> None:
    """Progress, apart from the tables on standard output."""
    sys.stderr.write(f"{line}\n")

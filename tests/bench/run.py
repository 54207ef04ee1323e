"""The command line of the benchmark: `python -m tests.bench --help`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from tests.bench import places, report, wrk
from tests.bench.dataset import Dataset
from tests.bench.measuring import Load, Subject, measure, tell
from tests.bench.servers import SERVERS, Place, Running, running
from tests.bench.verifying import check, check_alike, executor
from tests.bench.workloads import (
    WORKLOADS,
    Request,
    Workload,
    graphql_requests,
    interpreted_requests,
    rest_requests,
    twin_requests,
)

cli = typer.Typer(
    help="Meshgraph against servers that answer the same. Needs the program wrk (package wrk).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

BASE = "handwritten"
COLD_STARTS = 3

Seconds = Annotated[float, typer.Option(help="Of one run.")]
Rounds = Annotated[int, typer.Option(help="How often all take their turn.")]
Connections = Annotated[int, typer.Option(help="Open connections of wrk.")]
Scale = Annotated[float, typer.Option(help="Size of the data set.")]
Url = Annotated[
    str | None,
    typer.Option("--database-url", help="An empty PostgreSQL database, instead of one made here."),
]
Only = Annotated[str, typer.Option(help="Workloads, such as W1,W3; all when empty.")]


def chosen(only: str) -> list[Workload]:
    names = [name.strip().upper() for name in only.split(",") if name.strip()]
    return [each for each in WORKLOADS if not names or each.name in names]


@contextmanager
def started(names: Sequence[str], place: Place, dataset: Dataset) -> Iterator[dict[str, Running]]:
    """The servers of those names, all running at once: an idle one costs the others nothing."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(running(SERVERS[name], place, first(name, dataset)))
            for name in names
        }


def first(name: str, dataset: Dataset) -> Request:
    return SERVERS[name].requests(WORKLOADS[0], dataset)[0]


@cli.command()
def compare(
    *,
    only: Only = "",
    seconds: Seconds = 4,
    rounds: Rounds = 5,
    connections: Connections = 32,
    scale: Scale = 1,
    database_url: Url = None,
    servers: Annotated[str, typer.Option(help="Names of servers, with commas.")] = ",".join(
        SERVERS
    ),
) -> None:
    """All servers, on PostgreSQL: requests/s, latencies, memory, cold start; REST and GraphQL."""
    wrk.program()
    load, dataset, names = Load(connections, seconds, rounds), Dataset(scale), servers.split(",")
    cores = places.share_cores()
    with (
        tempfile.TemporaryDirectory(prefix="meshgraph-bench-") as folder,
        places.postgresql(Path(folder), dataset, database_url) as loaded,
    ):
        place = replace(loaded, cores=cores)
        typer.echo(report.conditions(load, "PostgreSQL") + "\n")
        with started(names, place, dataset) as up:
            _compare(up, chosen(only), dataset, load)
            memory = {name: each.memory() for name, each in up.items()}
        times = {name: _cold_starts(name, place, dataset) for name in names}
    titles = {name: SERVERS[name].title for name in names}
    typer.echo(report.starts(memory, times, titles))


def _compare(
    up: Mapping[str, Running], workloads: Sequence[Workload], dataset: Dataset, load: Load
) -> None:
    results = {}
    for workload in workloads:
        requests = {name: each.server.requests(workload, dataset) for name, each in up.items()}
        check_alike(up, workload, requests)
        subjects = [Subject(name, each, requests[name]) for name, each in up.items()]
        results[workload] = measure(workload, subjects, load)
    titles = {name: each.server.title for name, each in up.items()}
    typer.echo(report.rates(results, BASE, titles))
    typer.echo(report.latencies(results, titles))
    if "meshgraph" in up:
        _executors(up["meshgraph"], workloads, dataset)
        _doors(up["meshgraph"], workloads, dataset, load)
    if {"meshgraph", "naive"} <= up.keys():
        _interpreted(up, workloads, dataset, load)


def _executors(meshgraph: Running, workloads: Sequence[Workload], dataset: Dataset) -> None:
    for workload in workloads:
        who = executor(meshgraph, graphql_requests(workload, dataset)[0])
        typer.echo(f"{workload.name}: {who}")
        if workload.rest is not None:
            who = executor(meshgraph, twin_requests(workload, dataset)[0])
            typer.echo(f"{workload.rest.operation}: {who}")
    places.delete_made(meshgraph.place)
    typer.echo()


def _doors(meshgraph: Running, workloads: Sequence[Workload], dataset: Dataset, load: Load) -> None:
    """The documented endpoints, and their own operations posted to /graphql."""
    titles = {"graphql": "its operation, over GraphQL", "rest": "the endpoint, over REST"}
    results = {
        workload: measure(
            workload,
            [
                Subject("graphql", meshgraph, twin_requests(workload, dataset)),
                Subject(
                    "rest",
                    meshgraph,
                    rest_requests(workload, dataset),
                    201 if workload.writes else 200,
                ),
            ],
            load,
        )
        for workload in workloads
        if workload.rest is not None
    }
    typer.echo(report.rates(results, "graphql", titles))
    typer.echo(report.latencies(results, titles))


def _interpreted(
    up: Mapping[str, Running], workloads: Sequence[Workload], dataset: Dataset, load: Load
) -> None:
    """What cannot be planned, against the naive server, which answers one field less."""
    titles = {"naive": up["naive"].server.title, "interpreter": "Meshgraph, interpreted"}
    results = {}
    for workload in workloads:
        if not workload.writes:
            asked = interpreted_requests(workload, dataset)
            assert executor(up["meshgraph"], asked[0]).startswith("interpreted")
            subjects = [
                Subject("naive", up["naive"], graphql_requests(workload, dataset)),
                Subject("interpreter", up["meshgraph"], asked),
            ]
            results[workload] = measure(workload, subjects, load)
    typer.echo(report.rates(results, "naive", titles))


def _cold_starts(name: str, place: Place, dataset: Dataset) -> list[float]:
    times = []
    for _ in range(COLD_STARTS):
        with running(SERVERS[name], place, first(name, dataset)) as server:
            times.append(server.started_in)
        tell(f"cold start {name} {times[-1]:.2f} s")
    return times


@cli.command()
def sizes(
    *,
    only: Only = "W1,W2,W3,W4",
    seconds: Seconds = 4,
    rounds: Rounds = 5,
    connections: Connections = 1,
    scales: Annotated[str, typer.Option(help="Sizes of the data set.")] = "1,10,100",
    folder: Annotated[Path, typer.Option(help="Where the SQLite files are kept.")] = Path(
        "data/bench"
    ),
) -> None:
    """Meshgraph with 1, 10 and 100 times the rows, at constant page size, on SQLite."""
    folder.mkdir(parents=True, exist_ok=True)
    datasets = {f"{float(each):g}×": Dataset(float(each)) for each in scales.split(",")}
    cores = places.share_cores()
    up = {name: places.sqlite(folder, each) for name, each in datasets.items()}
    subjects = {
        name: (replace(place, cores=cores), datasets[name], 1) for name, place in up.items()
    }
    _variants(subjects, chosen(only), Load(connections, seconds, rounds), "SQLite")


@cli.command()
def engines(
    *,
    only: Only = "",
    seconds: Seconds = 4,
    rounds: Rounds = 5,
    connections: Connections = 32,
    scale: Scale = 1,
    database_url: Url = None,
) -> None:
    """Meshgraph on PostgreSQL and on SQLite."""
    load, dataset, cores = Load(connections, seconds, rounds), Dataset(scale), places.share_cores()
    with (
        tempfile.TemporaryDirectory(prefix="meshgraph-bench-") as folder,
        places.postgresql(Path(folder), dataset, database_url) as loaded,
    ):
        subjects = {
            "PostgreSQL": (replace(loaded, cores=cores), dataset, 1),
            "SQLite": (replace(places.sqlite(Path(folder), dataset), cores=cores), dataset, 1),
        }
        _variants(subjects, chosen(only), load, "PostgreSQL and SQLite")


@cli.command()
def workers(
    *,
    only: Only = "W1,W2,W3,W4",
    seconds: Seconds = 4,
    rounds: Rounds = 5,
    connections: Connections = 32,
    scale: Scale = 1,
    database_url: Url = None,
) -> None:
    """Meshgraph with one worker and with two, on PostgreSQL.

    Nothing is pinned. Where there are fewer than four cores, the second worker takes its core
    from PostgreSQL and wrk, and the ratio says more of the machine than of the service.
    """
    load, dataset = Load(connections, seconds, rounds), Dataset(scale)
    with (
        tempfile.TemporaryDirectory(prefix="meshgraph-bench-") as folder,
        places.postgresql(Path(folder), dataset, database_url) as place,
    ):
        subjects = {"1 worker": (place, dataset, 1), "2 workers": (place, dataset, 2)}
        _variants(subjects, chosen(only), load, "PostgreSQL")


def _variants(
    variants: Mapping[str, tuple[Place, Dataset, int]],
    workloads: Sequence[Workload],
    load: Load,
    database: str,
) -> None:
    """Meshgraph in several circumstances: place, data set and workers. The first is the base."""
    wrk.program()
    server = SERVERS["meshgraph"]
    typer.echo(report.conditions(load, database) + "\n")
    results = {}
    with ExitStack() as stack:
        up = {
            name: stack.enter_context(
                running(server, place, first("meshgraph", dataset), workers=count)
            )
            for name, (place, dataset, count) in variants.items()
        }
        for workload in workloads:
            subjects = []
            for name, (_, dataset, _) in variants.items():
                requests = server.requests(workload, dataset)
                check(up[name], workload, requests)
                subjects.append(Subject(name, up[name], requests))
            results[workload] = measure(workload, subjects, load)
    titles = {name: f"Meshgraph, {name}" for name in variants}
    typer.echo(report.rates(results, next(iter(variants)), titles))
    typer.echo(report.latencies(results, titles))


def main() -> None:
    cli()

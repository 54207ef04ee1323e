"""Before anything is timed: every server answers every request of every workload, and alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import httpx2

from tests.bench.servers import Running
from tests.bench.workloads import Request, Workload, normal


class Wrong(AssertionError):
    """An answer that is not what the workload asks for."""


def answers(
    requests: Sequence[Request], client: httpx2.Client, status: int
) -> list[httpx2.Response]:
    """The responses to the requests; raises `Wrong` for one with another status."""
    found = []
    for request in requests:
        response = client.request(request.method, request.path, content=request.body)
        if response.status_code != status:
            raise Wrong(f"{request.path}: {response.status_code} {response.text[:500]}")
        found.append(response)
    return found


def check(running: Running, workload: Workload, requests: Sequence[Request]) -> list[Any]:
    """The `data` of all answers of one server, in the form that is equal among servers."""
    with httpx2.Client(base_url=running.url, headers=running.headers, timeout=30) as client:
        responses = answers(requests, client, 200)
    return [
        _checked(running, workload, request, response)
        for request, response in zip(requests, responses, strict=True)
    ]


def _checked(
    running: Running, workload: Workload, request: Request, response: httpx2.Response
) -> Any:
    body = response.json()
    subject = f"{running.server.name} {workload.name} {request.variables}"
    if set(body) != {"data"}:
        raise Wrong(f"{subject}: {response.text[:500]}")
    try:
        workload.check(body["data"], request.variables)
    except (AssertionError, KeyError, TypeError) as error:
        raise Wrong(f"{subject}: {error!r}\n{response.text[:500]}") from error
    return normal(body["data"], made=workload.writes)


def check_alike(
    servers: Mapping[str, Running], workload: Workload, requests: Mapping[str, Sequence[Request]]
) -> None:
    """Raise `Wrong` unless all servers give right and equal answers to the same questions."""
    first: tuple[str, list[Any]] | None = None
    for name, running in servers.items():
        found = check(running, workload, requests[name])
        if first is None:
            first = name, found
            continue
        for request, one, other in zip(requests[name], first[1], found, strict=True):
            if one != other:
                raise Wrong(
                    f"{workload.name} {request.variables}: {first[0]} and {name} differ\n"
                    f"{str(one)[:1000]}\n{str(other)[:1000]}"
                )


def body_bytes(running: Running, requests: Sequence[Request], status: int) -> float:
    """The mean size of the bodies of the answers; raises `Wrong` for another status."""
    with httpx2.Client(base_url=running.url, headers=running.headers, timeout=30) as client:
        sizes = [len(each.content) for each in answers(requests, client, status)]
    return sum(sizes) / len(sizes)


def executor(running: Running, request: Request) -> str:
    """Who in Meshgraph answered, and why it was not the compiler."""
    with httpx2.Client(base_url=running.url, headers=running.headers, timeout=30) as client:
        response = client.request(request.method, request.path, content=request.body)
    return str(response.headers.get("x-meshgraph-executor", "unknown"))

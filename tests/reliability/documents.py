"""G12: no document within the limits costs much, none beyond them costs more, and none is felt."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial

from app.errors import Problem
from app.limits import Limits
from app.reading import Reading, Refused
from schema import schema
from tests.reliability.calling import Answer, Caller, percentile, probe
from tests.reliability.gates import Measured, run
from tests.reliability.places import Served, on_sqlite, served

ACCEPTED, REFUSED, LIVE = 0.050, 0.010, 0.050
SECONDS = 8.0
ATTACKERS = 2
TURNS = 3


def doubling(number: int) -> str:
    """Fragments that each spread the next one twice."""
    links = (f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(number))
    return (
        "{ ...f0 } "
        + " ".join(links)
        + f" fragment f{number} on Query {{ viewer {{ isAnonymous }} }}"
    )


def overlapping(number: int) -> str:
    return "{ " + "viewer { user { id } } " * number + "}"


def spread(number: int) -> str:
    """As many fragments as there is room for, all of the same fields."""
    bodies = (f"fragment f{n} on Query {{ a: viewer {{ user {{ id }} }} }}" for n in range(number))
    return "{ " + " ".join(f"...f{n}" for n in range(number)) + " } " + " ".join(bodies)


CORPUS: dict[str, str] = {
    **{f"fragments doubled {n} times": doubling(n) for n in (10, 20, 50, 83, 100)},
    **{f"{n} equal fields": overlapping(n) for n in (3, 10, 20, 100, 140)},
    **{f"{n} fragments of equal fields": spread(n) for n in (10, 30, 55)},
    "20,000 aliases": "{ " + " ".join(f"a{n}: __typename" for n in range(20_000)) + " }",
    "30 aliases": "{ viewer { user { " + " ".join(f"a{n}: id" for n in range(30)) + " } } }",
    "20 root fields": "{ " + " ".join(f"a{n}: __typename" for n in range(20)) + " }",
    "directives": "{ __typename " + "@include(if: true) " * 400 + "}",
    "50 levels": "{ a " * 50 + "}" * 50,
    "5,000 levels": "{a" * 4_900,
    "nested lists": "{ organization(id: " + "[" * 900 + "]" * 900 + ") { id } }",
    "long number": "{ organization(id: " + "9" * 9_900 + ") { id } }",
    "long text": '{ organization(id: "' + "x" * 9_900 + '") { id } }',
    "comments": "#\n" * 4_900 + "{ __typename }",
    "cycle": "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }",
    "introspection": "{ __schema { types "
    + "{ fields { type " * 3 + "{ name }" + " } }" * 3 + "} }",
    "unknown fields": "{ " + " ".join(f"field{n}" for n in range(18)) + " }",
    "empty selection": "{ viewer { } }",
    "unknown fragment": "{ ...nope }",
    "pages in pages": "{ organizations(first: 100) { items { teams(first: 100) { items { "
    "users(first: 100) { items { id } } } } } } }",
}  # fmt: skip


def cpu(work: Callable[[], object]) -> tuple[float, bool]:
    """The least processor seconds of a few turns, and whether the document is accepted."""
    took, accepted = [], True
    for _ in range(TURNS):
        started = time.process_time()
        try:
            work()
        except (Refused, Problem):
            accepted = False
        took.append(time.process_time() - started)
    return min(took), accepted


def judged() -> tuple[float, float, str]:
    """The dearest that is accepted, the dearest that is refused, and which that is."""
    worst = {True: (0.0, ""), False: (0.0, "")}
    for name, text in CORPUS.items():
        seconds, accepted = cpu(partial(judge, text))
        worst[accepted] = max(worst[accepted], (seconds, name))
    return worst[True][0], worst[False][0], worst[False][1]


def judge(text: str) -> None:
    """Parse, judge and validate, by somebody who remembers nothing."""
    reading = Reading(schema._schema, Limits(), introspection=True, suggestions=True)
    reading.valid_document(text)


async def attack(server: Served) -> tuple[list[Answer], list[Answer], set[int]]:
    """Probes before and while documents are sent, and the statuses these were answered with."""
    before: list[Answer] = []
    probes: list[Answer] = []
    told: set[int] = set()
    stop = asyncio.Event()

    async def send(first: int) -> None:
        caller, documents = Caller(server.port, server.place.headers), list(CORPUS.values())
        number = first
        while not stop.is_set():
            text = documents[number % len(documents)]
            told.add((await caller.ask("POST", "/graphql", {"query": text})).status)
            number += 1
        await caller.close()

    calm = asyncio.Event()
    asyncio.get_running_loop().call_later(SECONDS / 2, calm.set)
    await probe(Caller(server.port), "/livez", before, calm)
    watching = asyncio.create_task(probe(Caller(server.port), "/livez", probes, stop))
    attacking = [asyncio.create_task(send(each * 7)) for each in range(ATTACKERS)]
    await asyncio.sleep(SECONDS)
    stop.set()
    await asyncio.gather(watching, *attacking)
    return before, probes, told


def measure() -> Measured:
    accepted, refused, which = judged()
    with on_sqlite() as place, served(place) as server:
        before, probes, told = asyncio.run(attack(server))
    calm, p99 = (percentile([each.seconds for each in found], 0.99) for found in (before, probes))
    found = (
        f"{len(CORPUS)} documents: accepted {accepted * 1000:.1f} ms, refused "
        f"{refused * 1000:.1f} ms ({which}); p99 {p99 * 1000:.0f} ms ({calm * 1000:.0f} without), "
        f"statuses {sorted(told)}"
    )
    good = accepted <= ACCEPTED and refused <= REFUSED and p99 <= LIVE
    return Measured(good and max(told) < 500, found)


if __name__ == "__main__":
    run("documents", measure)

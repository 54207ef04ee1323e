"""Designs evaluated by the definitions of the registry, through each door, on each engine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import orjson
import pytest

from app.away import Here
from app.db.base import now
from app.db.events import Event
from app.db.registry import Relationship
from app.errors import BadInput
from app.evaluation import Options
from app.evaluation_work import evaluated
from app.evaluator import Evaluator, Rules
from app.importing.archives import pack_tgz
from tests.app.evaluation.material import IN_NAMESPACE, component, related
from tests.asking import post, rows
from tests.content import MODEL, file
from tests.service import Service, opened

DESIGN_ID = "01900000-0000-7000-8000-00000000d517"
ADDRESSES = (
    "/evaluate",
    "/api/meshmodels/relationships/evaluate",
    "/api/registry/relationships/evaluate",
)


def design(**more: Any) -> dict[str, Any]:
    return {
        "id": DESIGN_ID,
        "name": "Shop",
        "schemaVersion": "designs.meshery.io/v1beta1",
        "version": "0.0.1",
        "components": [
            component("space", "Namespace", {"metadata": {"name": "shop"}}, name="shop"),
            component("web", "Deployment", {"metadata": {"namespace": "shop"}}, unknown=1),
        ],
        "relationships": [],
        **more,
    }


async def know(service: Service, **change: Any) -> None:
    """Register the definition of what is in a namespace, for the model of Kubernetes."""
    relationship = {
        **IN_NAMESPACE,
        "schemaVersion": "relationships.meshery.io/v1beta2",
        "version": "v1.0.0",
        "metadata": {},
        **change,
    }
    model = {**MODEL, "name": "kubernetes"}
    content = pack_tgz({"m.json": orjson.dumps(model), "r.json": orjson.dumps(relationship)})
    await service.ok("ann", "registerMeshmodels", **file(content))


def plain(body: Any) -> Any:
    """The body of whichever door as values."""
    return json.loads(orjson.dumps(body))


async def test_what_is_in_a_namespace_is_found(service: Service) -> None:
    await know(service)
    found = plain(await service.ok("bob", "postEvaluate", design=design()))
    [related] = found["design"]["relationships"]
    assert (related["kind"], related["subType"]) == ("hierarchical", "inventory")
    assert found["design"]["components"] == design()["components"]
    assert [each["op"] for each in found["actions"]] == ["add_relationship"]
    assert found["schemaVersion"] == "evaluations.meshery.io/v1beta1"
    assert len(found["evaluationHash"]) == 64
    assert found.get("trace") is None
    again = plain(await service.ok("bob", "postEvaluate", design=design()))
    del again["timestamp"], found["timestamp"]
    assert again == found


async def test_without_definitions_nothing_changes(service: Service) -> None:
    found = plain(await service.ok("bob", "postEvaluate", design=design()))
    assert (found["actions"], found["design"]) == ([], design())


@pytest.mark.parametrize(
    "change", [{"model": "kubernetes"}, {"metadata": {"n": 2**70}}, {"metadata": {"n": 1e300}}]
)
async def test_odd_definitions_do_not_end_the_evaluations_of_others(
    rest: Service, change: dict[str, Any]
) -> None:
    relationship = {**IN_NAMESPACE, "schemaVersion": "relationships.meshery.io/v1beta2", **change}
    content = pack_tgz({"m.json": orjson.dumps(MODEL), "r.json": json.dumps(relationship).encode()})
    await rest.ok("ann", "registerMeshmodels", **file(content))
    assert plain(await rest.ok("bob", "postEvaluate", design=design()))["actions"] == []


async def test_options(service: Service) -> None:
    await know(service)
    options = {"returnDiffOnly": True, "enableTrace": True}
    found = plain(await service.ok("bob", "postEvaluate", design=design(), options=options))
    assert found["design"]["components"] == []
    assert len(found["design"]["relationships"]) == 1
    assert len(found["trace"]["relationshipsAdded"]) == 1


async def test_the_registry_of_the_moment_counts(service: Service) -> None:
    async def number() -> int:
        found = plain(await service.ok("bob", "postEvaluate", design=design()))
        return len(found["actions"])

    assert await number() == 0
    await know(service)
    assert await number() == 1
    [known] = await rows(service, Relationship)

    async def forget(session: Any) -> None:
        row = await session.get(Relationship, known.id)
        row.deleted_at = now()

    await service.store.write(forget)
    assert await number() == 0


async def test_every_evaluation_is_an_event(service: Service) -> None:
    await know(service)
    await service.ok("bob", "postEvaluate", design=design())
    *_, told = await rows(service, Event)
    assert (told.category, told.action, told.severity) == (
        "relationship",
        "evaluation",
        "informational",
    )
    assert told.description == "1 change in 'Shop' at version '0.0.2'"
    assert told.acted_upon == UUID(DESIGN_ID)
    assert told.metadata_["changes"] == {"add_relationship": 1}


BAD: list[tuple[Any, str]] = [
    ([], "design"),
    ("text", "design"),
    ({"name": "old", "services": {}}, "design"),
    (design(components={}), "components"),
    (design(relationships=[related(IN_NAMESPACE, "web", "web")]), "'web'"),
    (design(components=[{**component("a", "Pod"), "component": {"kind": 3}}]), "kind"),
]


@pytest.mark.parametrize(("given", "named"), BAD, ids=range(len(BAD)))
async def test_what_is_no_design(service: Service, given: Any, named: str) -> None:
    text = await service.refused("BAD_USER_INPUT", "bob", "postEvaluate", design=given)
    assert named in text


async def test_who_may_evaluate(service: Service) -> None:
    await service.refused("UNAUTHENTICATED", None, "postEvaluate", design=design())


@pytest.fixture
async def rest(database_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    async with opened("rest", database_url, tmp_path) as service:
        yield service


@pytest.mark.parametrize("address", ADDRESSES)
async def test_addresses(rest: Service, address: str) -> None:
    given = {"design": design(), "options": {"trace": False}, "unknown": 1}
    done = await post(rest, "bob", address, json=given)
    assert (done.status_code, done.json()["design"]) == (200, design())


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("{", "body"),
        ("[]", "body"),
        ("{}", "design: this is required"),
        ('{"design": null}', "design: this is required"),
        ('{"design": {"a": NaN}}', "body"),
        ('{"design": {}, "options": []}', "options: expected a JSON object"),
        ('{"design": {"a": 1, "a": 2}}', "design"),
        ('{"design": ' + "[" * 100 + "]" * 100 + "}", "design"),
    ],
)
async def test_what_is_no_request(rest: Service, body: str, named: str) -> None:
    done = await post(rest, "bob", "/evaluate", content=body)
    assert done.status_code == 400
    assert named in done.text


async def test_ten_thousand_components_are_too_many(rest: Service) -> None:
    many = design(components=[component(f"c{number}", "Pod", {}) for number in range(10_000)])
    done = await post(rest, "bob", "/evaluate", json={"design": many})
    assert done.status_code == 400
    assert "at most 5000" in done.text


async def test_a_thousand_components_through_every_road(rest: Service) -> None:
    many = design(components=[component(f"c{number}", "Pod", {}) for number in range(1_500)])
    text = json.dumps(many).encode()
    done = await post(rest, "bob", "/evaluate", content=b'{"design": ' + text + b"}")
    assert (done.status_code, len(done.json()["design"]["components"])) == (200, 1_500)
    source = (
        "mutation ($d: JSON!) { evaluateDesign(input: {design: $d}) { design passes settled } }"
    )
    data = {
        "operations": json.dumps({"query": source, "variables": {"d": None}}),
        "map": json.dumps({"0": ["variables.d"]}),
    }
    done = await post(rest, "bob", "/graphql", data=data, files={"0": ("d.json", text)})
    found = done.json()["data"]["evaluateDesign"]
    assert (len(found["design"]["components"]), found["settled"]) == (1_500, True)


class Counting(Here):
    """Counts what it is asked to do, and lets it wait."""

    def __init__(self) -> None:
        self.calls = 0
        self.asked, self.go = asyncio.Event(), asyncio.Event()
        self.cancelled = False

    async def run(self, function: Callable[..., Any], /, *arguments: Any, seconds: float) -> Any:
        self.calls += 1
        self.asked.set()
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        return await super().run(function, *arguments, seconds=seconds)


async def test_a_rest_client_that_leaves_ends_its_evaluation(
    database_url: str, tmp_path: Path
) -> None:
    counting, leaving = Counting(), asyncio.Event()
    body = b'{"design": ' + orjson.dumps(design()) + b"}"
    messages = iter([{"type": "http.request", "body": body}])

    async def receive() -> Any:
        if (message := next(messages, None)) is not None:
            return message
        await leaving.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        raise AssertionError(message)

    async with opened("rest", database_url, tmp_path, None, counting) as service:
        transport = service.client._transport
        assert isinstance(transport, httpx2.ASGITransport)
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/evaluate",
            "query_string": b"",
            "headers": [(b"authorization", f"Bearer {service.token('bob')}".encode())],
        }
        request = asyncio.ensure_future(transport.app(scope, receive, send))
        await asyncio.wait_for(counting.asked.wait(), 10)
        leaving.set()
        await asyncio.wait_for(request, 10)
        await asyncio.sleep(0.01)
        assert counting.cancelled


RULES = Rules.of(b"[]")
LATER: Any = object()
TEXT = orjson.dumps(design())


async def test_the_same_at_the_same_time_is_one_computation() -> None:
    counting = Counting()
    evaluator = Evaluator(counting)
    asked = [asyncio.ensure_future(evaluator.evaluate(TEXT, RULES, Options())) for _ in range(5)]
    other = asyncio.ensure_future(evaluator.evaluate(TEXT, RULES, Options(enable_trace=True)))
    await asyncio.sleep(0.05)
    asked[0].cancel()
    counting.go.set()
    answers = await asyncio.gather(*asked[1:], other)
    assert counting.calls <= 4  # each of the two, and again with the definitions
    assert len({answer.design for answer in answers}) == 1
    before = counting.calls
    assert (await evaluator.evaluate(TEXT, RULES, Options())).passes == answers[0].passes
    assert counting.calls == before


async def test_the_last_who_leaves_ends_the_computation() -> None:
    counting = Counting()
    evaluator = Evaluator(counting)
    asked = [asyncio.ensure_future(evaluator.evaluate(TEXT, RULES, Options())) for _ in range(2)]
    await asyncio.sleep(0.05)
    asked[0].cancel()
    await asyncio.sleep(0.01)
    assert not counting.cancelled
    asked[1].cancel()
    await asyncio.gather(*asked, return_exceptions=True)
    await asyncio.sleep(0.01)
    assert counting.cancelled


async def test_who_comes_as_the_last_one_leaves_has_a_computation_of_their_own() -> None:
    counting = Counting()
    evaluator = Evaluator(counting)
    first = asyncio.ensure_future(evaluator.evaluate(TEXT, RULES, Options()))
    await asyncio.sleep(0.05)
    shared = evaluator._shared((sha256(TEXT).hexdigest(), RULES.version, False, False), later)
    first.cancel()
    await asyncio.sleep(0)
    assert await shared is LATER


async def later() -> Any:
    return LATER


async def test_answers_are_kept_up_to_a_size() -> None:
    counting = Counting()
    counting.go.set()
    size = (await Evaluator(counting).evaluate(TEXT, RULES, Options())).size
    evaluator = Evaluator(counting, kept_bytes=2 * size)
    calls = []
    for name in ("Ship", "Shot", "Shop", "Shop", "Shot", "Ship"):
        counting.calls = 0
        await evaluator.evaluate(orjson.dumps(design(name=name)), RULES, Options())
        calls.append(counting.calls)
    assert calls == [1, 1, 1, 0, 0, 1]


def test_a_kept_answer_weighs_more_than_its_parts() -> None:
    """So that many small ones are not more than there is memory for."""
    answer = evaluated(TEXT, Options(), RULES.version, RULES.definitions)
    assert answer is not None
    assert answer.size > len(answer.design) + len(answer.actions) + 1_000


async def test_a_refusal_is_told_to_all_who_wait() -> None:
    counting = Counting()
    counting.go.set()
    evaluator = Evaluator(counting)
    asked = [evaluator.evaluate(b"[]", RULES, Options()) for _ in range(3)]
    for outcome in await asyncio.gather(*asked, return_exceptions=True):
        assert isinstance(outcome, BadInput)
        assert outcome.message.startswith("design: ")


def test_a_worker_asks_for_definitions_it_does_not_know() -> None:
    rules = Rules.of(orjson.dumps([IN_NAMESPACE]))
    assert evaluated(TEXT, Options(), rules.version, None) is None
    first = evaluated(TEXT, Options(), rules.version, rules.definitions)
    assert first == evaluated(TEXT, Options(), rules.version, None)
    assert first is not None
    assert first.changes == {"add_relationship": 1}

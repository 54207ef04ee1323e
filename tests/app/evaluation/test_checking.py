from __future__ import annotations

import pickle
from time import process_time
from typing import Any

import pytest

from app.evaluation import Limits, Options, Unevaluable, compile_definitions, evaluate
from app.evaluation.refusals import Circular, Flapping, NoDesign, OverLimit
from app.importing.refusals import Refused
from tests.app.evaluation.material import (
    CONTAINERS,
    DEFINITIONS,
    IN_NAMESPACE,
    Json,
    component,
    definition,
    related,
    selector,
)


def nested(depth: int) -> Json:
    value: Json = {}
    for _ in range(depth):
        value = {"a": value}
    return value


ONE = component("a", "Pod")


def alias_of(alias: str, parent: str, names: int = 1) -> Json:
    field = [["configuration", *["a"] * names]]
    one = related(CONTAINERS, alias, parent)
    one["selectors"][0]["allow"]["from"][0]["patch"] = {"mutatorRef": field, "mutatedRef": field}
    return one


@pytest.mark.parametrize(
    ("design", "refusal", "said"),
    [
        (None, NoDesign, "no object"),
        ([], NoDesign, "no object"),
        ({"services": {"a": {"type": "Pod"}}}, NoDesign, "services"),
        ({"components": {}}, NoDesign, "$.components"),
        ({"components": [None]}, NoDesign, "$.components[0]"),
        ({"components": [{"id": 7}]}, NoDesign, "$.components[0].id"),
        ({"components": [{"configuration": "text"}]}, NoDesign, "configuration"),
        ({"relationships": [{"selectors": {}}]}, NoDesign, "$.relationships[0].selectors"),
        ({"components": [], "a": float("nan")}, NoDesign, "NaN"),
        ({"components": [], "a": [{"b": float("-inf")}]}, NoDesign, "infinity"),
        ({"components": [], "a": 2**70}, NoDesign, "JSON"),
        ({"components": [], "a": "\ud800"}, NoDesign, "JSON"),
        ({"components": [], "a": object()}, NoDesign, "JSON"),
        ({"components": [], "a": {1: 2}}, NoDesign, "JSON"),
        ({"components": [], "a": nested(300)}, NoDesign, "JSON"),
        ({"components": [], "a": nested(100_000)}, NoDesign, "JSON"),
        ({"components": [{}] * 10_000}, OverLimit, "10000 components; at most 5000"),
        ({"relationships": [{}] * 50_001}, OverLimit, "at most 50000"),
        ({"relationships": [related(IN_NAMESPACE, "a", "a")]}, Circular, "'a'"),
        ({"relationships": [alias_of("a", "b"), alias_of("b", "a")]}, Circular, "alias of itself"),
        (
            {"relationships": [alias_of(f"{at}", f"{at + 1}") for at in range(40)]},
            OverLimit,
            "more than 32",
        ),
        (
            {"relationships": [alias_of(f"{at}", f"{at + 1}", names=9) for at in range(9)]},
            OverLimit,
            "deeper than 64",
        ),
    ],
)
def test_refusals(design: Any, refusal: type[Unevaluable], said: str) -> None:
    with pytest.raises(refusal) as refused:
        evaluate(design, compile_definitions(DEFINITIONS))
    assert said in refused.value.message
    again = pickle.loads(pickle.dumps(refused.value))
    assert (type(again), again.message) == (refusal, refused.value.message)
    assert isinstance(again, Refused)


def test_a_design_with_too_many_bytes() -> None:
    with pytest.raises(OverLimit, match="at most 10 are"):
        evaluate({"name": "a design"}, compile_definitions([]), Options(limits=Limits(bytes=10)))


def test_too_much_is_found() -> None:
    design = {"components": [component(f"{at}", "Pod") for at in range(20)]}
    found = definition(
        "edge/non-binding/x", (selector("Pod", mutator=["a"]), selector("Pod", mutated=["b"]))
    )
    with pytest.raises(OverLimit, match="more than 100 relationships"):
        evaluate(design, compile_definitions([found]), Options(limits=Limits(produced=100)))


def test_what_is_denied_is_not_tried() -> None:
    spaces = [component(f"{at}", "Namespace") for at in range(3_000)]
    denied = definition(
        "hierarchical/parent/inventory",
        (selector("*", mutated=["a"]), selector("*", mutator=["b"]), selector("*"), selector("*")),
    )
    begun = process_time()
    assert evaluate({"components": spaces}, compile_definitions([denied])).actions == []
    assert process_time() - begun < 3  # nine million pairs take far longer


def test_relationships_that_undo_each_other() -> None:
    one = definition(
        "edge/non-binding/x",
        (
            selector("A", mutator=["configuration.x"]),
            selector("B", mutated=["configuration.x"]),
        ),
    )
    other = definition(
        "edge/non-binding/y",
        (
            selector("B", mutator=["configuration.x"]),
            selector("A", mutated=["configuration.x"]),
        ),
    )
    design = {
        "components": [component("a", "A", {"x": 1}), component("b", "B", {"x": 2})],
        "relationships": [related(one, "a", "b"), related(other, "b", "a")],
    }
    with pytest.raises(Flapping, match=r"configuration\.x of component '[ab]' back and forth"):
        evaluate(design, compile_definitions([one, other]))


def test_a_bomb_as_a_kind_is_harmless() -> None:
    bomb = definition(
        "edge/non-binding/x",
        (
            selector("(a+)+$", mutator=["displayName"]),
            selector("((a{1,100}){1,100}){1,100}", mutated=["displayName"]),
        ),
    )
    design = {"components": [component("a", "a" * 10_000 + "!"), component("b", "(a+)+$")]}
    assert evaluate(design, compile_definitions([bomb])).actions == []


def test_what_deepens_for_ever() -> None:
    deepening = definition(
        "edge/non-binding/x",
        (
            selector("A", mutator=["configuration"]),
            selector("B", mutated=[".".join(["configuration", *"a" * 60])]),
        ),
    )
    design = {
        "components": [component("a", "A", nested(240)), component("b", "B", {})],
        "relationships": [related(deepening, "a", "b")],
    }
    with pytest.raises(OverLimit, match="nested too deeply"):
        evaluate(design, compile_definitions([deepening]))


@pytest.mark.parametrize(
    "design",
    [
        {},
        {"components": None, "relationships": None, "metadata": None, "preferences": None},
        {"components": [{}, {"id": None}, {"id": ""}, ONE, ONE], "relationships": [{}, {"id": ""}]},
        {"components": [{"id": "a", "component": None, "configuration": None, "model": None}]},
        {"services": {}, "components": [ONE]},
    ],
)
def test_what_is_odd_but_evaluated_and_returned(design: Json) -> None:
    found = evaluate(design, compile_definitions(DEFINITIONS))
    assert (found.design, found.actions) == (design, [])

"""Passes, what becomes of relationships, and what an evaluation tells."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from typing import Any

import pytest

from app.evaluation import (
    Evaluation,
    Options,
    Parity,
    compile_definitions,
    evaluate,
    evaluation_hash,
)
from app.evaluation.refusals import NoDesign
from tests.app.evaluation.material import (
    CONTAINERS,
    DEFINITIONS,
    IN_NAMESPACE,
    NETWORK,
    REFERENCE,
    Json,
    component,
    definition,
    related,
    selector,
)

SPACE = component("n", "Namespace")
INSIDE = component("a", "Pod", {"metadata": {"namespace": "n"}})
BOTH: list[Json] = [SPACE, INSIDE]


def design(components: list[Json], *relationships: Json, **more: Any) -> Json:
    return {"components": components, "relationships": list(relationships), **more}


def evaluated(given: Json, *definitions: Json, **options: Any) -> Evaluation:
    return evaluate(given, compile_definitions(definitions), Options(**options))


def told(found: Evaluation) -> list[tuple[str, Any]]:
    return [(each["op"], each["value"].get("path")) for each in found.actions]


NAMED = ["configuration", "metadata", "namespace"]


def test_a_deleted_relationship_takes_its_value_along() -> None:
    gone = related(IN_NAMESPACE, "a", "n", status="deleted")
    found = evaluated(design(BOTH, gone), IN_NAMESPACE)
    assert told(found) == [("delete_relationship", None), ("remove_component_configuration", NAMED)]
    assert found.design["components"][1]["configuration"] == {"metadata": {}}
    assert found.design["relationships"] == []


def test_a_default_takes_the_place_of_the_value() -> None:
    names = {"properties": {"namespace": {"default": "default"}}}
    schema = json.dumps({"properties": {"metadata": names}})
    child = {**INSIDE, "component": {"kind": "Pod", "schema": schema}}
    gone = related(IN_NAMESPACE, "a", "n", status="deleted")
    found = evaluated(design([SPACE, child], gone))
    assert found.design["components"][1]["configuration"]["metadata"] == {"namespace": "default"}


@pytest.mark.parametrize("schema", ["no JSON", "[" * 5000, "7", "", None])
def test_a_schema_that_is_none_has_no_default(schema: Any) -> None:
    child = {**INSIDE, "component": {"kind": "Pod", "schema": schema}}
    gone = related(IN_NAMESPACE, "a", "n", status="deleted")
    found = evaluated(design([SPACE, child], gone))
    assert found.design["components"][1]["configuration"]["metadata"] == {}


def test_a_value_that_another_relationship_wants_stays() -> None:
    gone = related(IN_NAMESPACE, "a", "n", status="deleted", id="history")
    found = evaluated(design(BOTH, gone, related(IN_NAMESPACE, "a", "n")), IN_NAMESPACE)
    assert told(found) == [("delete_relationship", None)]
    assert found.design["components"] == BOTH


def test_a_value_that_was_changed_since_stays() -> None:
    changed = component("a", "Pod", {"metadata": {"namespace": "other"}})
    gone = related(IN_NAMESPACE, "a", "n", status="deleted")
    assert told(evaluated(design([SPACE, changed], gone))) == [("delete_relationship", None)]


def test_the_mutator_wins() -> None:
    changed = component("a", "Pod", {"metadata": {"namespace": "other"}})
    found = evaluated(design([SPACE, changed], related(IN_NAMESPACE, "a", "n")))
    assert told(found) == [("update_component_configuration", NAMED)]
    assert found.design["components"] == BOTH
    assert changed["configuration"] == {"metadata": {"namespace": "other"}}


@pytest.mark.parametrize(
    ("status", "kept"), [("approved", False), ("pending", False), ("identified", False)]
)
def test_a_relationship_without_an_end_goes(status: str, kept: bool) -> None:
    found = evaluated(design([SPACE], related(IN_NAMESPACE, "a", "n", status=status)))
    assert bool(found.design["relationships"]) is kept


def test_a_pending_alias_and_what_nobody_evaluates_stay() -> None:
    pending = related(CONTAINERS, "x", "a", status="pending")
    note = definition("edge/annotation/note", ([], []), status="approved")
    found = evaluated(design([INSIDE], pending, note))
    assert [each["id"] for each in found.design["relationships"]] == [pending["id"], note["id"]]


def test_a_later_pass_finds_what_an_earlier_one_made_possible() -> None:
    service = component("s", "Service", {"spec": {"selector": {"app": "x"}, "port": 1}})
    pod = component("p", "Pod", {"metadata": {"labels": {}}, "spec": {"port": 1}})
    label = definition(
        "edge/non-binding/label",
        (
            selector("ConfigMap", mutator=["configuration.app"]),
            selector("Pod", mutated=["configuration.metadata.labels.app"]),
        ),
    )
    drawn = related(label, "m", "p", status="pending")
    labels = component("m", "ConfigMap", {"app": "x"})
    found = evaluated(design([service, pod, labels], drawn), label, NETWORK)
    assert [each["subType"] for each in found.design["relationships"]] == ["label", "network"]
    assert (found.passes, found.settled) == (2, True)


def test_the_last_change_of_each_path_is_told() -> None:
    first = definition(
        "edge/non-binding/x",
        (
            selector("ConfigMap", mutator=["configuration.a", "configuration.b"]),
            selector("Pod", mutated=["configuration.c", "configuration.d"]),
        ),
    )
    given = design(
        [component("m", "ConfigMap", {"a": 1, "b": 2}), component("p", "Pod", {})],
        related(first, "m", "p"),
    )
    paths = [["configuration", "c"], ["configuration", "d"]]
    assert [path for _, path in told(evaluated(given))] == paths
    parity = Parity(first_action_only=True)
    assert [path for _, path in told(evaluated(given, parity=parity))] == paths[:1]


@pytest.mark.parametrize(
    ("given", "version", "parity", "after"),
    [
        (BOTH, "1.0.0", Parity(), "1.0.1"),
        (BOTH, None, Parity(), "0.0.1"),
        ([SPACE], "1.0.0", Parity(), "1.0.0"),
        ([SPACE], "1.0.0", Parity(version_per_pass=True), "1.0.1"),
        ([INSIDE], "v1.0", Parity(version_per_pass=True), "1.0.2"),
    ],
)
def test_the_version_grows_with_changes(
    given: list[Json], version: Any, parity: Parity, after: str
) -> None:
    found = evaluated(design(given, version=version), IN_NAMESPACE, parity=parity)
    assert found.design["version"] == after


@pytest.mark.parametrize("key", ["hierarchical-parent-inventory", "edge-non-binding-reference"])
@pytest.mark.parametrize("shown", [True, False, None, "false"])
def test_layers_switch_definitions_off(key: str, shown: Any) -> None:
    preferences = {"layers": {"relationships": {key: shown}}}
    found = evaluated(design(BOTH, preferences=preferences), IN_NAMESPACE)
    off = shown is False and key.startswith("hierarchical")
    assert found.design["relationships"] == [] if off else found.design["relationships"]
    assert found.design["preferences"] == preferences


@pytest.mark.parametrize("model", ["kubernetes", "other"])
def test_definitions_of_models_that_are_not_drawn_take_no_part(model: str) -> None:
    found = evaluated(design(BOTH), {**IN_NAMESPACE, "model": {"name": model}})
    assert bool(found.actions) is (model == "kubernetes")


def test_the_model_of_an_old_component() -> None:
    old = [
        {**{name: each for name, each in one.items() if name != "modelReference"}, "model": model}
        for one, model in ((SPACE, {"name": "kubernetes"}), (INSIDE, {"name": "kubernetes"}))
    ]
    assert len(evaluated(design(old), IN_NAMESPACE).design["relationships"]) == 1


def test_the_trace_tells_each_once() -> None:
    gone = related(REFERENCE, "x", "a")
    found = evaluated(design([INSIDE], gone), IN_NAMESPACE, enable_trace=True)
    assert found.trace is not None
    ids = {name: [each["id"] for each in listed] for name, listed in found.trace.items()}
    space = found.design["components"][1]["id"]
    assert ids == {
        "componentsAdded": [space],
        "componentsRemoved": [],
        "componentsUpdated": [],
        "relationshipsAdded": [found.design["relationships"][0]["id"]],
        "relationshipsRemoved": [],
        "relationshipsUpdated": [gone["id"]],
        "policyActions": [],
    }
    assert evaluated(design([INSIDE]), IN_NAMESPACE).trace is None


def test_only_what_changed_is_returned_if_so_wanted() -> None:
    gone = related(REFERENCE, "x", "a")
    unchanged = component("c", "ConfigMap", {})
    whole = evaluated(design([INSIDE, unchanged], gone), IN_NAMESPACE)
    part = evaluated(design([INSIDE, unchanged], gone), IN_NAMESPACE, return_diff_only=True)
    assert part.actions == whole.actions
    assert part.design["components"] == whole.design["components"][2:]
    related_ = [each["id"] for each in part.design["relationships"]]
    assert related_ == [whole.design["relationships"][0]["id"], gone["id"]]


def test_the_checkpoint_ends_an_evaluation() -> None:
    def stop() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        evaluate(design(BOTH), compile_definitions([IN_NAMESPACE]), checkpoint=stop)


def test_definitions_are_compiled_once_and_travel() -> None:
    newer = {**IN_NAMESPACE, "id": "newer", "model": {"name": "kubernetes", "version": "v2"}}
    annotation = definition("edge/annotation/x", ([], []))
    given = [*DEFINITIONS, newer, IN_NAMESPACE, annotation, {**IN_NAMESPACE, "selectors": None}]
    compiled = compile_definitions(given)
    assert len(compiled.every) == len(DEFINITIONS)
    assert compiled == compile_definitions(reversed(given))
    travelled = pickle.loads(pickle.dumps(compiled))
    assert evaluate(design(BOTH), travelled) == evaluate(design(BOTH), compiled)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (None, "definition 2: it is no object"),
        ({"selectors": 7}, "$.selectors"),
        ({"id": float("nan")}, "NaN"),
        (definition("edge/non-binding/x", (selector("A", mutator=["a." * 70]), [])), "<= 64"),
    ],
)
def test_a_definition_that_is_wrong_is_left_out(wrong: Any, said: str) -> None:
    compiled = compile_definitions([IN_NAMESPACE, wrong])
    [refused] = compiled.refused
    assert said in refused
    assert len(compiled.every) == 1


def test_either_spelling_of_the_matrix() -> None:
    for name in ("match_strategy_matrix", "matchStrategyMatrix"):
        matrix: Json = {name: [["equal_as_strings"]]}
        found = definition(
            "edge/non-binding/x",
            (
                selector("A", mutator=["displayName"], **matrix),
                selector("B", mutated=["configuration.number"]),
            ),
        )
        components = [component("1", "A"), component("b", "B", {"number": 1})]
        assert len(evaluated(design(components), found).design["relationships"]) == 1


def test_the_hash_is_of_all_that_matters() -> None:
    compiled = compile_definitions([IN_NAMESPACE])
    given = design(BOTH, name="d")
    one = evaluation_hash(given, compiled)
    assert one == evaluation_hash(dict(reversed(given.items())), compiled)
    others = {
        evaluation_hash({**given, "name": "e"}, compiled),
        evaluation_hash(given, compile_definitions(DEFINITIONS)),
        evaluation_hash(given, compiled, Options(enable_trace=True)),
    }
    assert len(others - {one}) == 3
    assert len(one) == 64
    with pytest.raises(NoDesign):
        evaluation_hash({"a": object()}, compiled)


SCRIPT = """
import sys, orjson
from app.evaluation import Options, compile_definitions, evaluate
design, definitions = orjson.loads(sys.stdin.read())
found = evaluate(design, compile_definitions(definitions), Options(enable_trace=True))
sys.stdout.buffer.write(orjson.dumps([found.design, found.actions, found.trace]))
"""


def test_every_process_finds_the_same() -> None:
    pods = [
        component(
            f"p{at}",
            "Pod",
            {
                "metadata": {"namespace": f"n{at % 3}", "labels": {"app": "x", "tier": f"{at}"}},
                "spec": {"containers": [{"name": "x"}]},
            },
        )
        for at in range(9)
    ]
    gone = [related(REFERENCE, f"x{at}", f"p{at}") for at in range(9)]
    given = json.dumps([design(pods, *gone), list(DEFINITIONS)])
    found = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            input=given.encode(),
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
        for seed in "123"
    }
    assert len(found) == 1

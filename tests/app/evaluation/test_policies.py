"""Each policy: what it finds among components, and what its relationships do."""

from __future__ import annotations

from typing import Any

import pytest

from app.evaluation import Evaluation, Options, Parity, compile_definitions, evaluate
from app.evaluation.options import Limits
from tests.app.evaluation.material import (
    BACKWARDS,
    CONTAINERS,
    IN_NAMESPACE,
    LABELS,
    NETWORK,
    PERMISSION,
    PORTS,
    REFERENCE,
    SIBLINGS,
    TEMPLATES,
    Json,
    component,
    definition,
    related,
    selector,
)


def evaluated(
    components: list[Json],
    *definitions: Json,
    relationships: list[Json] | None = None,
    options: Options | None = None,
) -> Evaluation:
    design = {"components": components, "relationships": relationships or []}
    return evaluate(design, compile_definitions(definitions), options or Options())


def ends(found: Evaluation) -> list[tuple[list[str], list[str]]]:
    sides = [each["selectors"][0]["allow"] for each in found.design["relationships"]]
    return sorted(
        ([each["id"] for each in side["from"]], [each["id"] for each in side["to"]])
        for side in sides
    )


def pairs(found: Evaluation) -> list[str]:
    return [f"{from_[0]} {to[0]}" for from_, to in ends(found)]


def part(found: Evaluation, id_: str) -> Json:
    return next(each for each in found.design["components"] if each["id"] == id_)


def ops(found: Evaluation) -> list[str]:
    return [each["op"] for each in found.actions]


def labelled(id_: str, kind: str = "Pod", **labels: Any) -> Json:
    return component(id_, kind, {"metadata": {"labels": labels}})


@pytest.mark.parametrize(
    ("components", "groups"),
    [
        ([labelled("a", app="x"), labelled("b", app="x")], [["a", "b"]]),
        ([labelled("a", app="x"), labelled("b", app="y")], []),
        ([labelled("a", app=1), labelled("b", app="1")], [["a", "b"]]),
        ([labelled("a", app={"b": 1}), labelled("b", app={"b": 1.0})], [["a", "b"]]),
        ([labelled("a", app="x"), component("b", "Pod", {"metadata": {"labels": "app"}})], []),
        (
            [labelled("a", app="x", tier="y"), labelled("b", app="x", tier="y")],
            [["a", "b"], ["a", "b"]],
        ),
    ],
)
def test_siblings(components: list[Json], groups: list[list[str]]) -> None:
    found = evaluated(components, SIBLINGS)
    assert ends(found) == [(group, group) for group in groups]
    assert {each["status"] for each in found.design["relationships"]} <= {"approved"}


def test_siblings_need_both_sides() -> None:
    refs = {"refs": [LABELS.split(".")]}
    sided = definition(
        "hierarchical/sibling/matchlabels",
        ({"kind": "Service", "match": refs}, {"kind": "Pod$", "match": refs}),
    )
    pods = [labelled("a", app="x"), labelled("b", app="x")]
    assert ends(evaluated(pods, sided)) == []
    assert ends(evaluated([*pods, labelled("c", "Service", app="x")], sided)) == [
        (["a", "b", "c"], ["a", "b", "c"])
    ]


def test_the_first_groups_of_siblings_count() -> None:
    labels = {f"label-{at:02}": "x" for at in range(30)}
    found = evaluated([labelled("a", **labels), labelled("b", **labels)], SIBLINGS)
    fields = [
        each["selectors"][0]["allow"]["from"][0]["patch"]["mutatorRef"][0][0]
        for each in found.design["relationships"]
    ]
    assert fields == sorted(labels)[:20]


def test_the_selector_of_a_sibling() -> None:
    found = evaluated([labelled("a", app="x"), labelled("b", app="x")], SIBLINGS)
    [one] = found.design["relationships"]
    assert one["selectors"][0]["allow"]["to"][1] == {
        "id": "b",
        "kind": "Pod",
        "model": {"name": "kubernetes"},
        "patch": {"mutatorRef": [["app"]]},
    }


POD = component("pod", "Pod", {"spec": {"containers": [{"name": "x"}, None, {"ports": [80]}]}})


def test_aliases() -> None:
    found = evaluated([POD], CONTAINERS)
    added = found.design["components"][1:]
    assert [each["displayName"] for each in added] == ["containers.0", "containers.2"]
    assert added[0] == {
        "id": added[0]["id"],
        "displayName": "containers.0",
        "component": {"kind": "Container"},
        "modelReference": {"name": "meshery-core"},
        "metadata": {"isAnnotation": True},
    }
    assert found.design["metadata"]["resolvedAliases"][added[1]["id"]] == {
        "aliasComponentId": added[1]["id"],
        "relationshipId": found.design["relationships"][1]["id"],
        "immediateParentId": "pod",
        "immediateRefFieldPath": ["configuration", "spec", "containers", "2"],
        "resolvedParentId": "pod",
        "resolvedRefFieldPath": ["configuration", "spec", "containers", "2"],
    }


def test_an_alias_of_an_alias() -> None:
    found = evaluated([POD], CONTAINERS, {**PORTS, "model": {"name": "meshery-core"}})
    aliases = found.design["metadata"]["resolvedAliases"].values()
    paths = [".".join(each["resolvedRefFieldPath"]) for each in aliases]
    assert paths[-1] == "configuration.spec.containers.2.ports.0"
    assert {each["resolvedParentId"] for each in aliases} == {"pod"}
    assert found.passes == 3


def test_an_alias_of_a_field_that_is_no_list() -> None:
    field = "configuration.spec.owner"
    whole = definition(
        "hierarchical/parent/alias", (selector("Owner", mutator=[field]), selector("Pod"))
    )
    owned = component("a", "Pod", {"spec": {"owner": "b"}})
    found = evaluated([owned, component("c", "Pod", {})], whole)
    assert [each["displayName"] for each in found.design["components"]] == ["a", "c", "spec.owner"]


def test_a_stored_alias_with_a_strategy_is_the_same() -> None:
    found = evaluated([POD], CONTAINERS)
    for each in found.design["relationships"]:
        each["selectors"][0]["allow"]["to"][0]["patch"]["patchStrategy"] = "replace"
    assert evaluate(found.design, compile_definitions([CONTAINERS])).actions == []


def test_a_deleted_alias_goes_with_its_component_while_its_field_is_gone() -> None:
    found = evaluated([POD], CONTAINERS)
    bare = component("pod", "Pod", {"spec": {"containers": []}})
    design = {
        **found.design,
        "components": [bare, *found.design["components"][1:]],
        "relationships": [{**each, "status": "deleted"} for each in found.design["relationships"]],
    }
    again = evaluate(design, compile_definitions([CONTAINERS]))
    assert (again.design["components"], again.design["relationships"]) == ([bare], [])
    assert again.design["metadata"]["resolvedAliases"] == {}


def test_what_is_written_to_an_alias_is_in_its_parent() -> None:
    image = definition(
        "edge/non-binding/image",
        (
            selector("Registry", mutator=["displayName"]),
            selector("Container", mutated=["configuration.image"]),
        ),
    )
    found = evaluated([POD, component("r", "Registry")], CONTAINERS)
    alias = found.design["components"][2]["id"]
    drawn = related(image, "r", alias, status="pending")
    design = {**found.design, "relationships": [*found.design["relationships"], drawn]}
    again = evaluate(design, compile_definitions([CONTAINERS, image]))
    assert part(again, "pod")["configuration"]["spec"]["containers"][0]["image"] == "r"
    assert "configuration" not in part(again, alias)
    assert evaluate(again.design, compile_definitions([CONTAINERS, image])).actions == []


@pytest.mark.parametrize(
    ("service", "labels", "related_"),
    [
        ({"selector": {"app": "x"}, "port": 80}, {"app": "x", "tier": "y"}, True),
        ({"selector": {"app": "x"}, "port": "80"}, {"app": "x"}, True),
        ({"selector": {"app": "x"}, "port": 81}, {"app": "x"}, False),
        ({"selector": {"app": "y"}, "port": 80}, {"app": "x"}, False),
        ({"selector": None, "port": 80}, {"app": "x"}, False),
        ({"selector": {}, "port": 80}, {"app": "x"}, True),
    ],
)
def test_networks(service: Json, labels: Json, related_: bool) -> None:
    pod = component("p", "Pod", {"metadata": {"labels": labels}, "spec": {"port": 80}})
    found = evaluated([component("s", "Service", {"spec": service}), pod], NETWORK)
    assert pairs(found) == (["s p"] if related_ else [])
    if related_:
        assert part(found, "p")["configuration"]["metadata"]["labels"] == service["selector"]
        assert part(found, "p")["configuration"]["spec"]["port"] == service["port"]


VOLUMES = component("p", "Pod", {"spec": {"volumes": [{"name": "a"}, {}, {"name": "b"}]}})


def test_any_element_of_a_list_may_be_the_one() -> None:
    maps = [component(name, "ConfigMap") for name in "abc"]
    found = evaluated([VOLUMES, *maps], REFERENCE)
    assert pairs(found) == ["a p", "b p"]
    assert ops(found).count("update_component_configuration") == 0


def test_a_drawn_relationship_writes_to_the_last_element() -> None:
    drawn = related(REFERENCE, "c", "p", status="pending")
    found = evaluated([VOLUMES, component("c", "ConfigMap")], REFERENCE, relationships=[drawn])
    assert part(found, "p")["configuration"]["spec"]["volumes"][2] == {"name": "c"}
    [one] = found.design["relationships"]
    assert one["status"] == "pending"


def test_a_value_outside_of_the_configuration_is_written_there() -> None:
    owner = component("m", "ConfigMap", {"spec": {"owner": "new"}})
    drawn = related(BACKWARDS, "p", "m", status="pending")
    found = evaluated([component("p", "Pod", {}), owner], BACKWARDS, relationships=[drawn])
    assert found.actions == [
        {"op": "update_component", "value": {"id": "p", "path": ["displayName"], "value": "new"}}
    ]
    assert part(found, "p") == component("p", "Pod", {}, name="new")


@pytest.mark.parametrize("path", ["id", "component.kind", "modelReference.name", "configuration"])
def test_what_a_component_is_stays(path: str) -> None:
    odd = definition(
        "edge/non-binding/x",
        (selector("A", mutator=["displayName"]), selector("B", mutated=[path])),
    )
    drawn = related(odd, "a", "b", status="pending")
    found = evaluated([component("a", "A"), component("b", "B")], odd, relationships=[drawn])
    assert found.actions == []


def binding(role: Any, *subjects: str) -> Json:
    return component(
        "b", "RoleBinding", {"roleRef": role, "subjects": [{"name": each} for each in subjects]}
    )


ENDS = [component("r", "Role"), component("s", "ServiceAccount"), component("t", "ServiceAccount")]


@pytest.mark.parametrize(
    ("between", "found"),
    [
        (binding("r", "s"), ["r s"]),
        (binding("r", "s", "t"), ["r s", "r t"]),
        (binding("x", "s"), []),
        (binding("r", "x"), []),
    ],
)
def test_bindings(between: Json, found: list[str]) -> None:
    assert pairs(evaluated([*ENDS, between], PERMISSION)) == found


def test_each_binding_has_a_match_of_its_own() -> None:
    found = evaluated([*ENDS, binding("r", "s", "t")], PERMISSION)
    for each in found.design["relationships"]:
        allow = each["selectors"][0]["allow"]
        [from_], [to] = allow["from"], allow["to"]
        assert [from_["match"][side][0]["id"] for side in ("from", "to")] == ["r", "b"]
        assert [to["match"][side][0]["id"] for side in ("from", "to")] == ["b", to["id"]]
        assert each["status"] == "approved"
    assert "id" not in PERMISSION["selectors"][0]["allow"]["from"][0]["match"]["from"][0]


def test_an_absent_value_binds_and_is_filled() -> None:
    found = evaluated([*ENDS[:2], binding(None, "s")], PERMISSION)
    assert (pairs(found), found.absent_matches) == (["r s"], 1)
    assert part(found, "b")["configuration"]["roleRef"] == "r"
    strict = Options(parity=Parity(absent_values_match=False))
    assert pairs(evaluated([*ENDS[:2], binding(None, "s")], PERMISSION, options=strict)) == []


def test_rivals_change_nothing() -> None:
    roles = [component("r", "Role"), component("q", "Role")]
    found = evaluated([*roles, component("s", "ServiceAccount"), binding(None, "s")], PERMISSION)
    assert (len(pairs(found)), found.ties) == (2, 1)
    assert part(found, "b") == binding(None, "s")


def test_a_denied_binding() -> None:
    [each] = PERMISSION["selectors"]
    deny = {"from": [{"kind": "Role"}], "to": [{"kind": "ServiceAccount"}]}
    strict = {**PERMISSION, "selectors": [{**each, "deny": deny}]}
    assert pairs(evaluated([*ENDS, binding("r", "s")], strict)) == []


def placed(id_: str, namespace: Any, kind: str = "Pod", **more: Any) -> Json:
    return component(id_, kind, {"metadata": {"namespace": namespace}}, **more)


def test_inventories() -> None:
    spaces = [component("n", "Namespace"), placed("m", "n", "Namespace")]
    found = evaluated([*spaces, placed("a", "n"), placed("b", None)], IN_NAMESPACE)
    assert pairs(found) == ["a n"]
    assert {each["status"] for each in found.design["relationships"]} == {"approved"}


def test_a_parent_of_another_model_is_none() -> None:
    other = component("n", "Namespace", model="other")
    found = evaluated([other, placed("a", "n")], IN_NAMESPACE)
    assert pairs(found) == []


def test_a_missing_parent_is_added_once() -> None:
    found = evaluated([placed("a", "n"), placed("b", "n"), placed("c", 7)], IN_NAMESPACE)
    [added] = found.design["components"][3:]
    assert added == {
        "id": added["id"],
        "displayName": "n",
        "component": {"kind": "Namespace"},
        "modelReference": {"name": "kubernetes"},
    }
    assert pairs(found) == [f"a {added['id']}", f"b {added['id']}"]
    again = evaluated([placed("x", "n")], IN_NAMESPACE)
    assert again.design["components"][1]["id"] == added["id"]


def test_a_parent_that_names_a_child_adds_none() -> None:
    inverted = definition(
        "hierarchical/parent/inventory",
        (
            selector("*", mutator=["configuration.metadata.namespace"]),
            selector("Namespace", mutated=["displayName"]),
        ),
    )
    found = evaluated([component("n", "Namespace"), placed("a", "n")], inverted)
    assert (pairs(found), len(found.design["components"])) == (["a n"], 2)
    assert len(evaluated([component("n", "Namespace")], inverted).design["components"]) == 1


def test_wallets() -> None:
    pods = [labelled("a", app="x"), labelled("b", app="y")]
    found = evaluated([labelled("t", "Template", app="x"), *pods], TEMPLATES)
    assert pairs(found) == ["t a"]


def test_kinds_within_names() -> None:
    components = [component("n", "Namespace"), placed("a", "n", "PodTemplate")]
    podded = definition(
        "hierarchical/parent/inventory",
        (selector("Pod", mutated=["configuration.metadata.namespace"]), selector("Namespace")),
    )
    podded["selectors"][0]["allow"]["to"][0]["patch"] = {"mutatorRef": [["displayName"]]}
    exact = Options(parity=Parity(kinds_within_names=False))
    assert pairs(evaluated(components, podded)) == ["a n"]
    assert pairs(evaluated(components, podded, options=exact)) == []


def test_absent_values_are_equal_unless_not_wanted() -> None:
    bare = [component("m", "ConfigMap"), component("p", "Pod")]
    loose = definition(
        "edge/non-binding/x",
        (selector("ConfigMap", mutator=["configuration.a"]), selector("Pod", mutated=["b"])),
    )
    found = evaluated(bare, loose)
    assert (pairs(found), found.absent_matches) == (["m p"], 1)
    strict = Options(parity=Parity(absent_values_match=False))
    assert pairs(evaluated(bare, loose, options=strict)) == []


def test_only_so_many_are_approved_in_a_pass() -> None:
    pods = [placed(f"{at}", None, name=f"{at}") for at in range(5)]
    volumes = [{"name": f"{at}"} for at in range(5)]
    pod = component("p", "Pod", {"spec": {"volumes": volumes}})
    maps = [component(f"m{at}", "ConfigMap", name=f"{at}") for at in range(5)]
    options = Options(limits=Limits(approvals=3))
    found = evaluated([*pods, pod, *maps], REFERENCE, options=options)
    statuses = [each["status"] for each in found.design["relationships"]]
    assert (statuses.count("approved"), statuses.count("identified")) == (3, 2)

"""Designs and definitions for the tests of the evaluation, and what actions mean, said naively."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]


def component(id_: str, kind: str, configuration: Any = None, **more: Any) -> Json:
    return {
        "id": id_,
        "displayName": more.pop("name", id_),
        "component": {"kind": kind, "version": "v1"},
        "modelReference": {"name": more.pop("model", "kubernetes")},
        "configuration": configuration,
        **more,
    }


def selector(
    kind: str, *, mutator: Sequence[str] = (), mutated: Sequence[str] = (), **more: Any
) -> Json:
    """Paths are written with dots."""
    patch: Json = {"patchStrategy": "replace"}
    for name, paths in (("mutatorRef", mutator), ("mutatedRef", mutated)):
        if paths:
            patch[name] = [path.split(".") for path in paths]
    return {
        "id": None,
        "kind": kind,
        "model": {"name": more.pop("model", "")},
        "patch": patch,
        **more,
    }


def definition(route: str, *sets: tuple[Any, ...], **more: Any) -> Json:
    """`route` is kind/type/subType; a set is from, to and perhaps denied from and denied to."""
    kind, type_, sub_type = route.split("/")
    selectors = []
    for from_, to, *denied in sets:
        each: Json = {"allow": {"from": listed(from_), "to": listed(to)}}
        if denied:
            each["deny"] = {"from": listed(denied[0]), "to": listed(denied[1])}
        selectors.append(each)
    return {
        "id": f"definition-{route}",
        "kind": kind,
        "type": type_,
        "subType": sub_type,
        "status": "enabled",
        "model": {"name": "kubernetes"},
        "selectors": selectors,
        **more,
    }


def listed(one: Any) -> list[Any]:
    return one if isinstance(one, list) else [one]


def related(like: Json, from_: str, to: str, **more: Any) -> Json:
    """A relationship as the definition finds it between two components."""
    [each] = copy.deepcopy(like["selectors"])
    each["allow"]["from"][0]["id"], each["allow"]["to"][0]["id"] = from_, to
    return {**like, "id": f"{from_}-{to}", "status": "approved", "selectors": [each], **more}


def matching(mutator: Sequence[str], mutated: Sequence[str], kind: str, *, first: bool) -> Json:
    """A match: the end itself is the mutator; the first item is the end or the binding."""
    own: Json = {"kind": "self", "mutatorRef": [path.split(".") for path in mutator]}
    other: Json = {"kind": kind, "mutatedRef": [path.split(".") for path in mutated]}
    return {"from": [own], "to": [other]} if first else {"from": [other], "to": [own]}


NAMESPACE = "configuration.metadata.namespace"
LABELS = "configuration.metadata.labels"

IN_NAMESPACE = definition(
    "hierarchical/parent/inventory",
    (
        selector("*", mutated=[NAMESPACE]),
        selector("Namespace", mutator=["displayName"], model="kubernetes"),
        selector("Namespace"),
        selector("Namespace"),
    ),
)
CONTAINERS = definition(
    "hierarchical/parent/alias",
    (
        selector("Container", mutator=["configuration.spec.containers._"], model="meshery-core"),
        selector("Pod", mutated=["configuration.spec.containers._"]),
    ),
)
PORTS = definition(
    "hierarchical/parent/alias",
    (
        selector("Port", mutator=["configuration.ports._"], model="meshery-core"),
        selector("Container", mutated=["configuration.ports._"]),
    ),
)
NETWORK = definition(
    "edge/non-binding/network",
    (
        selector(
            "Service",
            mutator=["configuration.spec.selector", "configuration.spec.port"],
            match_strategy_matrix=[["to_contains_from", "not_null"], ["equal_as_strings"]],
        ),
        selector("Pod", mutated=[LABELS, "configuration.spec.port"]),
    ),
)
REFERENCE = definition(
    "edge/non-binding/reference",
    (
        selector("ConfigMap", mutator=["displayName"], matchStrategyMatrix=[["equal", "not_null"]]),
        selector("Pod", mutated=["configuration.spec.volumes._.name"]),
    ),
)
BACKWARDS = definition(
    "edge/non-binding/reference",
    (
        selector("Pod", mutated=["displayName"]),
        selector("ConfigMap", mutator=["configuration.spec.owner"]),
    ),
)
PERMISSION = definition(
    "edge/binding/permission",
    (
        {
            "kind": "Role",
            "match": matching(
                ["displayName"], ["configuration.roleRef"], "RoleBinding", first=True
            ),
        },
        {
            "kind": "ServiceAccount",
            "match": matching(
                ["displayName"], ["configuration.subjects._.name"], "RoleBinding", first=False
            ),
        },
    ),
)
SIBLINGS = definition(
    "hierarchical/sibling/matchlabels",
    (
        {"kind": "*", "match": {"refs": [LABELS.split(".")]}, "patch": None},
        {"kind": "*", "match": {"refs": [LABELS.split(".")]}, "patch": None},
    ),
)
TEMPLATES = definition(
    "hierarchical/parent/wallet",
    (
        selector("Template", mutator=[LABELS]),
        selector("Pod", mutated=[LABELS]),
    ),
)
DEFINITIONS = (
    IN_NAMESPACE,
    CONTAINERS,
    PORTS,
    NETWORK,
    REFERENCE,
    BACKWARDS,
    PERMISSION,
    SIBLINGS,
    TEMPLATES,
)


def done_naively(design: Json, actions: Sequence[Json]) -> Json:
    """The components and relationships after the actions, one after the other."""
    result = copy.deepcopy(design)
    for name in ("components", "relationships"):
        result[name] = result.get(name) or []
    for action in actions:
        EFFECTS[action["op"]](result, copy.deepcopy(action["value"]))
    return {name: result[name] for name in ("components", "relationships")}


def _add(result: Json, name: str, value: Json) -> None:
    if all(each.get("id") != value["item"]["id"] for each in result[name]):
        result[name].append(value["item"])


def _delete(result: Json, name: str, value: Json) -> None:
    first = next(each for each in result[name] if each.get("id") == value["id"])
    result[name] = [each for each in result[name] if each is not first]


def _found(result: Json, name: str, value: Json) -> Json:
    return next(each for each in result[name] if each.get("id") == value["id"])


def _set_status(result: Json, value: Json) -> None:
    assert value["path"] == "/status"
    _found(result, "relationships", value)["status"] = value["value"]


def _write(result: Json, value: Json) -> None:
    at: Any = _found(result, "components", value)
    last = value["path"][-1]
    for step, following in pairwise(value["path"]):
        made: Any = [] if following.isdigit() else {}
        at = _step(at, step, made)
    if isinstance(at, list):
        _pad(at, int(last))
        at[int(last)] = value["value"]
    else:
        at[last] = value["value"]


def _step(at: Any, step: str, made: Any) -> Any:
    if isinstance(at, list):
        _pad(at, int(step))
        step_: Any = int(step)
    else:
        at.setdefault(step, None)
        step_ = step
    if at[step_] is None:
        at[step_] = made
    return at[step_]


def _pad(at: list[Any], place: int) -> None:
    at.extend([None] * (place + 1 - len(at)))


def _remove(result: Json, value: Json) -> None:
    at: Any = _found(result, "components", value)
    *path, last = value["path"]
    for step in path:
        at = at[int(step)] if isinstance(at, list) else at[step]
    del at[int(last) if isinstance(at, list) else last]


EFFECTS: Mapping[str, Any] = {
    "add_component": lambda result, value: _add(result, "components", value),
    "add_relationship": lambda result, value: _add(result, "relationships", value),
    "delete_component": lambda result, value: _delete(result, "components", value),
    "delete_relationship": lambda result, value: _delete(result, "relationships", value),
    "update_relationship": _set_status,
    "update_component": _write,
    "update_component_configuration": _write,
    "remove_component_configuration": _remove,
}

NAMES = st.sampled_from(["a", "b"])
ODD: st.SearchStrategy[Any] = st.sampled_from([None, 0, 1, True, 1.0, 1000000, "1", {}])
VALUES = st.one_of(NAMES, NAMES, NAMES, ODD)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=2)
CONTAINER = st.fixed_dictionaries({"name": NAMES}, optional={"ports": st.lists(VALUES, max_size=2)})
LABELLED = {"namespace": VALUES, "labels": st.dictionaries(NAMES, NAMES, max_size=2) | VALUES}
NAMED = st.lists(st.fixed_dictionaries({"name": VALUES}), max_size=2) | VALUES

#: What the configuration of each kind has that a definition reads.
READ: Mapping[str, Mapping[str, Any]] = {
    "Namespace": {},
    "Pod": {
        "metadata": st.fixed_dictionaries(LABELLED),
        "spec": st.fixed_dictionaries(
            {"containers": st.lists(st.none() | CONTAINER, max_size=2), "port": VALUES},
            optional={"volumes": NAMED},
        ),
    },
    "PodTemplate": {"metadata": st.fixed_dictionaries(LABELLED)},
    "Template": {"metadata": st.fixed_dictionaries(LABELLED)},
    "Container": {"ports": st.lists(VALUES, max_size=2)},
    "Service": {"spec": st.fixed_dictionaries({"selector": OBJECTS | VALUES, "port": VALUES})},
    "ConfigMap": {"spec": st.fixed_dictionaries({"owner": VALUES})},
    "Role": {},
    "RoleBinding": {"roleRef": VALUES, "subjects": NAMED},
    "ServiceAccount": {"metadata": st.fixed_dictionaries(LABELLED)},
}
KINDS = tuple(READ)


def _configured(kind: str) -> st.SearchStrategy[tuple[str, Any]]:
    whole = st.fixed_dictionaries(dict(READ[kind]))
    part = st.none() | st.fixed_dictionaries({}, optional=dict(READ[kind]))
    return st.tuples(st.just(kind), st.one_of(whole, whole, part))


IDS = [f"id-{number}" for number in range(7)]
COMPONENTS = st.builds(
    lambda configured, name, extra: {
        "displayName": name,
        "component": {"kind": configured[0]},
        "modelReference": {"name": "kubernetes"},
        "configuration": configured[1],
        "custom": extra,
    },
    st.sampled_from(KINDS).flatmap(_configured),
    NAMES,
    VALUES,
)


PATHS = st.sampled_from([
    "displayName", "metadata.owner", NAMESPACE, LABELS, "configuration.spec.port",
    "configuration.spec.volumes._.name", "configuration.spec.volumes.0.name",
    "configuration.spec.volumes", "configuration.ports.-1", "configuration.ports.1",
    "configuration.spec.containers._.name", "configuration.name", "configuration", "id",
    "configuration.metadata.labels.a",
])  # fmt: skip
MATRICES = st.lists(
    st.lists(st.sampled_from(["equal", "equal_as_strings", "to_contains_from", "not_null", "?"])),
    max_size=2,
)
PATTERNS = st.sampled_from([*KINDS, "*", "Pod.*", "(", ""])


def _any_definition(route: str, kinds: Any, paths: Any, matrix: Any, mutates: Any) -> Json:
    one, other = ("mutator", "mutated") if mutates else ("mutated", "mutator")
    from_ = selector(kinds[0], **{one: paths[0]}, match_strategy_matrix=matrix)
    return definition(route, (from_, selector(kinds[1], **{other: paths[1]})))


ANY_DEFINITIONS = st.builds(
    _any_definition,
    st.sampled_from(
        ["edge/non-binding/x", "hierarchical/parent/inventory", "hierarchical/parent/wallet"]
    ),
    st.tuples(PATTERNS, PATTERNS),
    st.tuples(st.lists(PATHS, min_size=1, max_size=2), st.lists(PATHS, min_size=1, max_size=2)),
    MATRICES,
    st.booleans(),
)

RELATIONSHIPS = st.builds(
    lambda like, from_, to, status: related(like, from_, to, status=status),
    st.sampled_from([IN_NAMESPACE, CONTAINERS, NETWORK, REFERENCE, BACKWARDS, TEMPLATES])
    | ANY_DEFINITIONS,
    st.sampled_from(IDS),
    st.sampled_from(IDS),
    st.sampled_from(["approved", "deleted", "pending", "identified"]),
)


def _design(components: list[Json], relationships: list[Json]) -> Json:
    named = [{"id": id_, **each} for id_, each in zip(IDS, components, strict=False)]
    return {"name": "d", "version": "1.0.0", "components": named, "relationships": relationships}


DESIGNS = st.builds(
    _design,
    st.lists(COMPONENTS, max_size=2) | st.lists(COMPONENTS, min_size=4, max_size=7),
    st.lists(RELATIONSHIPS, max_size=3, unique_by=lambda each: each["id"]),
)

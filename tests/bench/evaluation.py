"""Evaluations timed: `python -m tests.bench.evaluation [rounds]`, in milliseconds of CPU time.

The first workloads are those of Meshery's own benchmarks of its policies: a small design in full,
siblings, bindings and mutators of growing designs. Then follow designs as Kubernetes users draw
them, with few and with many definitions, evaluated cold and again; and the mutators with every
component compared with every other, as a loop within a loop does.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from time import process_time
from typing import Any

from app.evaluation import Definitions, compile_definitions, evaluate
from app.evaluation.checking import checked
from app.evaluation.draft import Draft, Part, draft
from app.evaluation.names import means
from app.evaluation.options import DEFAULTS
from app.evaluation.pairings import Pairing, pairs
from app.evaluation.reading import read
from app.evaluation.values import equal

Json = dict[str, Any]

#: A measurement repeats until so many seconds are used up, at least thrice.
SECONDS = 0.6
LEAST = 3


@dataclass(frozen=True)
class Workload:
    """A design and its definitions; `target` is in milliseconds, None where there is none."""

    name: str
    design: Json
    definitions: Definitions
    target: float | None = None


def component(kind: str, number: int, configuration: Json, name: str = "") -> Json:
    return {
        "id": f"{kind.lower()}-{number:04d}-0000-0000-000000000000",
        "displayName": name or f"{kind.lower()}-{number}",
        "component": {"kind": kind, "version": "v1"},
        "modelReference": {"name": "kubernetes", "version": "v1.0.0"},
        "configuration": configuration,
    }


def design(components: Sequence[Json], relationships: Sequence[Json] = ()) -> Json:
    return {
        "id": "design",
        "name": "design",
        "version": "0.0.1",
        "components": list(components),
        "relationships": list(relationships),
    }


def selector(kind: str, **more: Any) -> Json:
    return {"id": None, "kind": kind, "model": {"name": "kubernetes"}, **more}


def patch(**paths: str) -> Json:
    """A path of names with dots, as mutatorRef or mutatedRef."""
    refs = {name: [path.split(".")] for name, path in paths.items()}
    return {"patch": {"patchStrategy": "replace", **refs}}


def definition(route: str, from_: Json, to: Json, *, number: int = 0, **more: Any) -> Json:
    kind, type_, sub_type = route.split("/")
    return {
        "id": f"definition-{number}",
        "kind": kind,
        "type": type_,
        "subType": sub_type,
        "status": "enabled",
        "model": {"name": "kubernetes", "version": f"v1.{number}.0"},
        "schemaVersion": "relationships.meshery.io/v1beta1",
        "metadata": {"description": "a relationship", "styles": {"primaryColor": "#fff"}},
        "selectors": [{"allow": {"from": [from_], "to": [to]}}],
        **more,
    }


def _permission(name: str = "displayName") -> Json:
    role = {
        "from": [{"kind": "self", "mutatorRef": refs(name)}],
        "to": [{"kind": "RoleBinding", "mutatedRef": refs("configuration.roleRef.name")}],
    }
    account = {
        "from": [{"kind": "RoleBinding", "mutatedRef": refs("configuration.subjects._.name")}],
        "to": [{"kind": "self", "mutatorRef": refs(name)}],
    }
    sides = selector("Role", match=role), selector("ServiceAccount", match=account)
    return definition("edge/binding/permission", *sides)


def refs(*paths: str) -> list[list[str]]:
    return [path.split(".") for path in paths]


def micro() -> Workload:
    found = definition(
        "hierarchical/parent/inventory",
        selector("Namespace", **patch(mutatorRef="configuration.name")),
        selector("Deployment", **patch(mutatedRef="configuration.namespace")),
    )
    components = [
        component("Namespace", 0, {"name": "default"}),
        component("Deployment", 0, {"namespace": "default", "replicas": 3}),
        component("Service", 0, {"namespace": "default", "port": 80}),
    ]
    from_ = selector("Namespace", **patch(mutatorRef="configuration.name"))
    to = selector("Deployment", **patch(mutatedRef="configuration.namespace"))
    ends = {
        "from": [{**from_, "id": components[0]["id"]}],
        "to": [{**to, "id": components[1]["id"]}],
    }
    related = {**found, "id": "related", "status": "approved", "selectors": [{"allow": ends}]}
    return Workload("micro", design(components, [related]), compile_definitions([found]), 0.15)


def siblings(count: int, target: float | None = None) -> Workload:
    end = {
        "kind": "*",
        "model": {"name": "*"},
        "match": {"refs": refs("configuration.metadata.labels")},
    }
    pods = [
        component(
            "Pod",
            at,
            {
                "metadata": {
                    "labels": {"app": f"g-{at % (count // 5 + 1)}", "version": f"v-{at % 5}"}
                }
            },
        )
        for at in range(count)
    ]
    found = definition("hierarchical/sibling/matchlabels", end, end)
    return Workload(f"siblings {count}", design(pods), compile_definitions([found]), target)


def bindings(count: int, target: float | None = None) -> Workload:
    found = _permission("configuration.metadata.name")
    components = []
    for at in range(count):
        named = {"metadata": {"name": f"role-{at % 5}"}}
        bound = {"roleRef": {"name": f"role-{at % 5}"}, "subjects": [{"name": f"sa-{at}"}]}
        components += [
            component("Role", at, named),
            component("RoleBinding", at, bound),
            component("ServiceAccount", at, {"metadata": {"name": f"sa-{at}"}}),
        ]
    name = f"bindings {3 * count}"
    return Workload(name, design(components), compile_definitions([found]), target)


def mutators(count: int, target: float | None = None) -> Workload:
    found = definition(
        "edge/non-binding/reference",
        selector("ConfigMap", **patch(mutatorRef="configuration.metadata.name")),
        selector("Deployment", **patch(mutatedRef="configuration.spec.configMapName")),
    )
    names = [f"cm-{at % (count // 4 + 1)}" for at in range(count)]
    components = [
        component("Deployment", at, {"spec": {"configMapName": name}})
        for at, name in enumerate(names)
    ] + [component("ConfigMap", at, {"metadata": {"name": name}}) for at, name in enumerate(names)]
    name = f"mutators {2 * count}"
    return Workload(name, design(components), compile_definitions([found]), target)


def joined_pairs(workload: Workload) -> int:
    """How many pairs the engine's join finds, by itself."""
    shape = checked(workload.design, DEFAULTS.limits)
    working = draft(workload.design, shape, DEFAULTS)
    [found] = workload.definitions.every
    return sum(1 for template in found.plan for _ in pairs(working, template.pairing, None))


def nested_pairs(workload: Workload) -> int:
    """How many a loop within a loop finds: each component compared with each other."""
    shape = checked(workload.design, DEFAULTS.limits)
    working = draft(workload.design, shape, DEFAULTS)
    [found] = workload.definitions.every
    parts = list(working.parts.values())
    return sum(
        _agree(working, template.pairing, one, other)
        for template in found.plan
        for one in parts
        for other in parts
    )


def _agree(working: Draft, what: Pairing, one: Part, other: Part) -> bool:
    kinds = means(what.mutators.kind, one.kind) and means(what.mutated.kind, other.kind)
    if not kinds or one is other:
        return False
    paths = zip(what.mutators.paths, what.mutated.paths, strict=True)
    return all(equal(read(working, one, mine), read(working, other, its)) for mine, its in paths)


#: Kinds of a Kubernetes design, in the proportions in which they are drawn.
DRAWN = (
    "Deployment", "Service", "ConfigMap", "Pod", "Secret", "Deployment", "Service",
    "ServiceAccount", "Role", "RoleBinding", "PersistentVolumeClaim", "Ingress",
)  # fmt: skip


def drawn(count: int) -> Json:
    """A Kubernetes design: apps of a dozen components each, in namespaces that are not drawn."""
    return design([_drawn(DRAWN[at % len(DRAWN)], at) for at in range(count)])


def _drawn(kind: str, at: int) -> Json:
    app = f"app-{at // len(DRAWN)}"
    labels = {"app": app, "tier": f"tier-{at % 3}"}
    name = f"{kind.lower()}-{app}"
    metadata = {"name": name, "namespace": f"space-{at % 4}", "labels": labels}
    container = {
        "name": "main",
        "image": f"registry.example/{app}:1.0",
        "ports": [{"containerPort": 8080 + at % 7, "protocol": "TCP"}],
        "envFrom": [{"configMapRef": {"name": f"configmap-{app}"}}],
    }
    pod = {"containers": [container], "volumes": [{"name": f"secret-{app}"}]}
    specs: dict[str, Json] = {
        "Deployment": {
            "selector": {"matchLabels": {"app": app}},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
        "Pod": pod,
        "Service": {
            "selector": {"app": app},
            "ports": [{"port": 80, "targetPort": str(8080 + at % 7), "protocol": "TCP"}],
        },
        "Ingress": {"backend": f"service-{app}"},
    }
    whole: Json = {"metadata": metadata, "spec": specs.get(kind, {"note": f"{kind} of {app}"})}
    if kind == "RoleBinding":
        whole |= {
            "roleRef": {"name": f"role-{app}"},
            "subjects": [{"name": f"serviceaccount-{app}"}],
        }
    return component(kind, at, whole, name=name)


NETWORK_MATRIX = [["to_contains_from", "not_null"], ["equal_as_strings", "not_null"]]
TEMPLATE = "configuration.spec.template.spec"


def kubernetes(count: int) -> list[Json]:
    """So many definitions for the kinds of a Kubernetes cluster, of which a design has few."""
    matched = {"match": {"refs": refs("configuration.metadata.labels")}}
    given = list(_essential(matched))
    for at in range(count - len(given)):
        kinds = (DRAWN[at % len(DRAWN)], f"Custom{at % 40}")
        mutator = patch(mutatorRef=f"configuration.metadata.name{at // 40 or ''}")
        mutated = patch(mutatedRef=f"configuration.spec.ref{at % 9}")
        sides = selector(kinds[at % 2], **mutator), selector(kinds[(at + 1) % 2], **mutated)
        given.append(definition("edge/non-binding/reference", *sides, number=at))
    return given


LABELS = "configuration.metadata.labels"
#: Definitions that compare one value of each end: the route, who has the value, who refers to it.
REFERENCES = (
    (
        "edge/non-binding/reference",
        ("ConfigMap", "displayName"),
        ("Deployment", f"{TEMPLATE}.containers.0.envFrom.0.configMapRef.name"),
    ),
    (
        "edge/non-binding/network",
        ("Service", "displayName"),
        ("Ingress", "configuration.spec.backend"),
    ),
    ("edge/non-binding/reference", ("Deployment", LABELS), ("Pod", LABELS)),
    # Values that neither has: with Meshery all of them are related.
    (
        "edge/non-binding/reference",
        ("Secret", "configuration.spec.owner"),
        ("Pod", "configuration.spec.secretName"),
    ),
)


def _essential(matched: Json) -> Iterator[Json]:
    namespaced = selector("*", **patch(mutatedRef="configuration.metadata.namespace"))
    space = selector("Namespace", **patch(mutatorRef="displayName"))
    yield definition("hierarchical/parent/inventory", namespaced, space)
    yield definition(
        "hierarchical/sibling/matchlabels", selector("*", **matched), selector("*", **matched)
    )
    for kind, path in (("Pod", "configuration.spec"), ("Deployment", TEMPLATE)):
        field = f"{path}.containers._"
        alias = selector("Container", **patch(mutatorRef=field))
        yield definition(
            "hierarchical/parent/alias", alias, selector(kind, **patch(mutatedRef=field))
        )
    service = {
        "patch": {
            "mutatorRef": refs(
                "configuration.spec.selector", "configuration.spec.ports.0.targetPort"
            )
        },
        "match_strategy_matrix": NETWORK_MATRIX,
    }
    deployment = {
        "patch": {
            "mutatedRef": refs(
                "configuration.spec.selector.matchLabels",
                f"{TEMPLATE}.containers.0.ports.0.containerPort",
            )
        }
    }
    sides = selector("Service", **service), selector("Deployment", **deployment)
    yield definition("edge/non-binding/network", *sides)
    for route, (giver, given), (taker, taken) in REFERENCES:
        sides = (
            selector(giver, **patch(mutatorRef=given)),
            selector(taker, **patch(mutatedRef=taken)),
        )
        yield definition(route, *sides)
    yield _permission()


def workloads() -> Iterator[Workload]:
    yield micro()
    for count, target in ((10, None), (50, None), (200, 3.0), (800, None)):
        yield siblings(count, target)
    for count, target in ((10, None), (50, None), (200, 350.0)):
        yield bindings(count, target)
    for count, target in ((10, None), (50, None), (200, 15.0)):
        yield mutators(count, target)
    few, many = compile_definitions(kubernetes(40)), compile_definitions(kubernetes(180))
    for count, target, again in ((90, 20.0, 6.0), (1000, 800.0, None)):
        yield Workload(f"kubernetes {count} × 40", drawn(count), few)
        yield Workload(f"kubernetes {count} × 180", drawn(count), many, target)
        result = evaluate(drawn(count), many).design
        yield Workload(f"kubernetes {count} × 180, again", result, many, again)


def milliseconds(run: Callable[[], object]) -> tuple[float, float]:
    """The least and the median of the CPU time of a run."""
    times: list[float] = []
    run()
    while len(times) < LEAST or sum(times) < SECONDS:
        gc.collect()
        begun = process_time()
        run()
        times.append(process_time() - begun)
    return 1000 * min(times), 1000 * median(times)


def report(rounds: int) -> Iterator[str]:
    yield f"{'workload':32}{'passes':>7}{'added':>7}{'least':>10}{'median':>10}{'target':>10}"
    for each in workloads():
        found = evaluate(each.design, each.definitions)
        runs = [
            milliseconds(lambda each=each: evaluate(each.design, each.definitions))  # type: ignore[misc]
            for _ in range(rounds)
        ]
        least, middle = min(run[0] for run in runs), median(run[1] for run in runs)
        added = sum(action["op"].startswith("add_") for action in found.actions)
        target = f"{each.target:10.2f}" if each.target else ""
        yield f"{each.name:32}{found.passes:7}{added:7}{least:10.3f}{middle:10.3f}{target}"
    for count in (50, 200, 800):
        yield _comparison(mutators(count))


def _comparison(workload: Workload) -> str:
    """The join against a loop within a loop, finding the same."""
    assert joined_pairs(workload) == nested_pairs(workload)
    joined, _ = milliseconds(lambda: joined_pairs(workload))
    nested, _ = milliseconds(lambda: nested_pairs(workload))
    times = f"joined {joined:.2f} ms, loop in loop {nested:.2f} ms"
    return f"{workload.name}, pairs: {times}, {nested / joined:.1f} times"


if __name__ == "__main__":
    for line in report(int(sys.argv[1]) if len(sys.argv) > 1 else 1):
        sys.stdout.write(f"{line}\n")

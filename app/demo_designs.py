"""The demo's designs, and relationships by which they can be evaluated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from app.registry.definitions import Package
from app.registry.kubernetes import core_package
from app.registry.reading import read_policy, read_relationship

Object = dict[str, Any]


class DemoDesign(NamedTuple):
    """A design of `owner`, made of a manifest of an application in a namespace."""

    name: str
    title: str
    owner: str
    apps: str
    deleted: bool = False


DESIGNS = (
    DemoDesign("shop", "Shop", "admin", "web cart payment"),
    DemoDesign("notes", "Notes", "member", "notes"),
    DemoDesign("draft", "Draft", "admin", "draft", deleted=True),
)


def manifest(design: DemoDesign) -> Iterator[Object]:
    """A namespace, and for each application a Deployment and the Service that leads to it."""
    yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": design.name}}
    for app in design.apps.split():
        metadata = {"name": app, "namespace": design.name}
        container = {"name": app, "image": f"example.org/{app}:1", "ports": [{"containerPort": 80}]}
        yield {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata,
            "spec": {
                "replicas": 2,
                "selector": {"matchLabels": {"app": app}},
                "template": {
                    "metadata": {"labels": {"app": app}},
                    "spec": {"containers": [container]},
                },
            },
        }
        yield {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"selector": {"app": app}, "ports": [{"port": 80}]},
        }


def _end(kind: str, side: str, *paths: str, **more: Any) -> Object:
    """An end of a relationship: whose fields, by their paths, give values or are given them."""
    patch = {"patchStrategy": "replace", side: [path.split(".") for path in paths]}
    return {"kind": kind, "model": {"name": "kubernetes"}, "patch": patch, **more}


def _definition(kind: str, type_: str, sub_type: str, text: str, **allow: Object) -> Object:
    ends = {"from": [allow["from_"]], "to": [allow["to"]]}
    return {
        "schemaVersion": "relationships.meshery.io/v1beta2",
        "version": "v1.0.0",
        "kind": kind,
        "type": type_,
        "subType": sub_type,
        "status": "enabled",
        "evaluationQuery": "",
        "metadata": {"description": text, "isAnnotation": False},
        "selectors": [{"allow": ends}],
    }


RELATIONSHIPS = (
    _definition(
        "hierarchical",
        "parent",
        "inventory",
        "What is in a namespace.",
        from_=_end("*", "mutatedRef", "configuration.metadata.namespace"),
        to=_end("Namespace", "mutatorRef", "displayName"),
    ),
    _definition(
        "edge",
        "non-binding",
        "network",
        "The Deployment whose Pods a Service leads to.",
        from_=_end(
            "Service",
            "mutatorRef",
            "configuration.spec.selector",
            "configuration.spec.ports.0.targetPort",
            match_strategy_matrix=[
                ["to_contains_from", "not_null"],
                ["equal_as_strings", "not_null"],
            ],
        ),
        to=_end(
            "Deployment",
            "mutatedRef",
            "configuration.spec.selector.matchLabels",
            "configuration.spec.template.spec.containers.0.ports.0.containerPort",
        ),
    ),
)
POLICY: Object = {
    "schemaVersion": "policies.meshery.io/v1beta1",
    "version": "v1.0.0",
    "kind": "demo",
    "subType": "replicas",
    "status": "enabled",
    "expression": {"least": 2},
}


def package() -> Package:
    """The built-in kinds of Kubernetes with the demo's relationships and policy."""
    return replace(
        core_package(),
        relationships=tuple(read_relationship("demo", each) for each in RELATIONSHIPS),
        policies=(read_policy("demo", POLICY),),
    )

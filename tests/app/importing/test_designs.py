"""Designs made of Kubernetes objects."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from app.importing.designs import GENERIC, Known, design_of, kinds_of

POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "labels": {"a": "b"}}}
NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
MODEL = {"name": "kubernetes", "model": {"version": "v1.35.0"}}
KNOWN = {
    ("Pod", "v1"): Known(
        {
            "schemaVersion": "components.meshery.io/v1beta1",
            "version": "v1.0.0",
            "metadata": {"isNamespaced": True},
            "capabilities": [{"kind": "mutate"}],
            "styles": None,
            "status": "enabled",
            "component": {"kind": "Pod", "version": "v1"},
        },
        MODEL,
    ),
    ("Namespace", "v1"): Known({"metadata": {"isNamespaced": False}}, MODEL),
}


def declared(given: dict[str, Any]) -> dict[str, Any]:
    built = design_of(uuid4(), "x", [given], KNOWN)
    component: dict[str, Any] = built.design["components"][0]
    return component


def test_what_the_registry_is_asked_for() -> None:
    assert kinds_of([POD, NAMESPACE, POD]) == {("Pod", "v1"), ("Namespace", "v1")}


def test_a_known_kind_is_declared_as_it_is_defined() -> None:
    component = declared({**POD, "spec": {"containers": []}, "status": {"phase": "Running"}})
    assert UUID(component.pop("id")).version == 4
    assert component == {
        "schemaVersion": "components.meshery.io/v1beta1",
        "version": "v1.0.0",
        "metadata": {"isNamespaced": True},
        "capabilities": [{"kind": "mutate"}],
        "status": "enabled",
        "displayName": "web",
        "component": {"kind": "Pod", "version": "v1"},
        "model": MODEL,
        "configuration": {
            "metadata": {"name": "web", "labels": {"a": "b"}, "namespace": "default"},
            "spec": {"containers": []},
        },
    }


@pytest.mark.parametrize(
    ("given", "metadata"),
    [
        (POD, {"name": "web", "labels": {"a": "b"}, "namespace": "default"}),
        ({**POD, "metadata": {"namespace": "shop"}}, {"namespace": "shop"}),
        ({"apiVersion": "v1", "kind": "Pod"}, {"namespace": "default"}),
        (NAMESPACE, {"name": "shop"}),
        ({**POD, "kind": "Gizmo"}, {"name": "web", "labels": {"a": "b"}}),
    ],
    ids=["none", "its own", "no metadata", "cluster-scoped", "unknown"],
)
def test_the_namespace(given: dict[str, Any], metadata: dict[str, Any]) -> None:
    assert declared(given)["configuration"]["metadata"] == metadata


def test_an_unknown_kind_is_kept_and_reported() -> None:
    gizmo = {"apiVersion": "example.org/v1", "kind": "Gizmo", "metadata": {"generateName": "g-"}}
    built = design_of(uuid4(), "x", [POD, gizmo], KNOWN)
    assert built.unmatched == ({"kind": "Gizmo", "apiVersion": "example.org/v1", "name": "g-"},)
    component = built.design["components"][1]
    assert component["model"] == dict(GENERIC)
    assert component["component"] == {"kind": "Gizmo", "version": "example.org/v1"}


def test_what_was_given_is_left_as_it_was() -> None:
    given = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}}
    declared(given)
    assert given == {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (
            {"ports": [{"port": 80}, {"port": 81, "targetPort": "web"}]},
            {"ports": [{"port": 80, "targetPort": 80}, {"port": 81, "targetPort": "web"}]},
        ),
        ({"type": "ExternalName"}, {"type": "ExternalName"}),
        ({"ports": "none"}, {"ports": "none"}),
        ({"ports": [{"name": "odd"}]}, {"ports": [{"name": "odd"}]}),
        (None, None),
    ],
)
def test_a_service_leads_to_its_own_port_unless_it_says_another(spec: Any, expected: Any) -> None:
    given = {"apiVersion": "v1", "kind": "Service", "spec": spec}
    assert declared(given)["configuration"]["spec"] == expected

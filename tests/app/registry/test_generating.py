from __future__ import annotations

from typing import Any

import pytest

from app.registry.definitions import Category, Registrant
from app.registry.generating import CAPABILITIES, generated_package
from app.registry.model_sources import ModelSource


def crd(kind: str, group: str = "couchbase.com") -> dict[str, Any]:
    return {
        "kind": "CustomResourceDefinition",
        "spec": {"group": group, "names": {"kind": kind}, "versions": [{"name": "v2"}]},
    }


SOURCE = ModelSource(
    model="couchbase",
    display_name="Couchbase",
    category="Database",
    source_uri="git://github.com/couchbase-partners/helm-charts",
    publish_to_registry=True,
)


def test_a_package_is_generated_of_definitions() -> None:
    package = generated_package(SOURCE, [crd("Cluster"), crd("Cluster"), crd("User")], "v2.3.0")
    model = package.model
    assert (model.name, model.display_name, model.version) == ("couchbase", "Couchbase", "v2.3.0")
    assert (model.registrant, model.category) == (
        Registrant("Github", "github"),
        Category("Database"),
    )
    assert model.metadata["source_uri"] == SOURCE.source_uri
    assert [each.kind for each in package.components] == ["Cluster", "User"]


def test_components_are_dressed_like_their_model() -> None:
    [component] = generated_package(SOURCE, [crd("Cluster")], "v2.3.0").components
    assert component.status == "enabled"
    assert component.styles == SOURCE.styles
    assert component.styles["shape"] == "circle"
    assert component.capabilities == CAPABILITIES
    assert component.metadata["source_uri"] == SOURCE.source_uri


def test_what_is_not_published_is_not_registered() -> None:
    package = generated_package(ModelSource(model="couchbase"), [crd("Cluster")], "v2.3.0")
    assert (package.model.status, package.components) == ("ignored", ())


def test_only_kinds_of_the_group_of_a_source() -> None:
    source = ModelSource(model="a", group="a.io", publish_to_registry=True)
    package = generated_package(source, [crd("A", "a.io"), crd("B", "b.io")], "v1")
    assert [each.kind for each in package.components] == ["A"]


@pytest.mark.parametrize(("registrant", "name"), [("artifacthub", "Artifact Hub"), ("own", "own")])
def test_the_name_of_a_registrant(registrant: str, name: str) -> None:
    source = ModelSource(model="a", registrant=registrant)
    assert generated_package(source, [], "v1").model.registrant == Registrant(name, registrant)

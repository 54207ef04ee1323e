from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.importing.documents import yaml_documents
from app.registry.crds import components_of, documents_of_chart, documents_of_files
from app.registry.definitions import Component
from app.registry.kinds import readable

SAMPLES = Path(__file__).parents[4] / "shared/importing/samples/manifests"


def crd(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "spec": {
            "group": "couchbase.com",
            "names": {"kind": "CouchbaseAutoscaler"},
            "scope": "Namespaced",
            "versions": [{"name": "v2", "schema": {"openAPIV3Schema": SCHEMA}}, {"name": "v1"}],
            **spec,
        },
    }


SCHEMA = {
    "type": "object",
    "required": ["spec", "metadata"],
    "properties": {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": {"type": "object"},
        "status": {"type": "object"},
        "spec": {
            "type": "object",
            "properties": {
                "any": {
                    "type": "object",
                    "description": "Anything",
                    "x-kubernetes-preserve-unknown-fields": True,
                },
                "kind": {"type": "string"},
            },
        },
    },
}
FORM = {
    "type": "object",
    "title": "Couchbase Autoscaler",
    "required": ["spec"],
    "properties": {
        "spec": {
            "type": "object",
            "properties": {
                "any": {"type": "string", "format": "textarea", "description": "Anything"},
                "kind": {"type": "string"},
            },
        }
    },
}


def schema_of(component: Component) -> Any:
    return json.loads(component.schema or "null")


def test_a_component_of_a_custom_resource() -> None:
    [component] = components_of([crd()])
    assert schema_of(component) == FORM
    assert component.kind == "CouchbaseAutoscaler"
    assert component.version == "couchbase.com/v2"
    assert component.display_name == "Couchbase Autoscaler"
    assert component.schema_version == "components.meshery.io/v1beta2"
    assert component.metadata == {"isAnnotation": False, "isNamespaced": True}


@pytest.mark.parametrize(
    ("spec", "version", "is_namespaced", "schema"),
    [
        ({"scope": "Cluster"}, "couchbase.com/v2", False, FORM),
        (
            {
                "versions": None,
                "version": "v1beta1",
                "validation": {"openAPIV3Schema": {"type": "object"}},
            },
            "couchbase.com/v1beta1",
            True,
            {"type": "object", "title": "Couchbase Autoscaler"},
        ),
        ({"scope": None, "versions": [{"name": "v1"}]}, "couchbase.com/v1", True, None),
        (
            {
                "versions": [
                    {
                        "name": "v1",
                        "schema": {
                            "openAPIV3Schema": {"x-kubernetes-preserve-unknown-fields": True}
                        },
                    }
                ]
            },
            "couchbase.com/v1",
            True,
            {"title": "Couchbase Autoscaler"},
        ),
    ],
)
def test_forms_of_definitions(
    spec: dict[str, Any], version: str, is_namespaced: bool, schema: object
) -> None:
    [component] = components_of([crd(**spec)])
    assert component.version == version
    assert component.is_namespaced is is_namespaced
    assert schema_of(component) == schema


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {"kind": "Pod"},
        {"kind": "CustomResourceDefinition"},
        crd(names={}),
        crd(group=None),
        crd(versions=[]),
        crd(versions=[1]),
        crd(versions="v1"),
    ],
)
def test_what_is_no_definition_gives_no_component(document: object) -> None:
    assert components_of([document]) == []


def test_only_those_of_a_group() -> None:
    documents = [{"kind": "List", "items": [crd(), crd(group="other.io")]}]
    assert [each.version for each in components_of(documents)] == [
        "couchbase.com/v2",
        "other.io/v2",
    ]
    assert [each.version for each in components_of(documents, "other.io")] == ["other.io/v2"]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("Pod", "Pod"),
        ("HTTPRoute", "HTTP Route"),
        ("CSIDriver", "CSI Driver"),
        ("ClusterRoleBinding", "Cluster Role Binding"),
        ("IPAddressV6Pool", "IP Address V6 Pool"),
    ],
)
def test_kinds_in_words(kind: str, words: str) -> None:
    assert readable(kind) == words


IDENTITY = "x-kubernetes-group-version-kind"
OPENAPI = {
    "paths": {
        "/apis/apps/v1/namespaces/{namespace}/deployments": {
            "get": {IDENTITY: {"group": "apps", "version": "v1", "kind": "Deployment"}}
        }
    },
    "components": {
        "schemas": {
            "Deployment": {
                IDENTITY: [{"group": "apps", "version": "v1", "kind": "Deployment"}],
                "properties": {"kind": {}, "spec": {"$ref": "#/components/schemas/Spec"}},
            },
            "Node": {IDENTITY: [{"group": "", "version": "v1", "kind": "Node"}], "properties": {}},
            "Spec": {"properties": {"inner": {"$ref": "#/components/schemas/Spec"}}},
        }
    },
}


def test_components_of_an_openapi_document() -> None:
    deployment, node = components_of([OPENAPI])
    assert (deployment.version, deployment.is_namespaced) == ("apps/v1", True)
    assert (node.version, node.is_namespaced) == ("v1", False)
    assert schema_of(node) == {"title": "Node", "properties": {}}
    assert schema_of(deployment) == {
        "title": "Deployment",
        "properties": {"spec": {"$ref": "#/definitions/Spec"}},
        "definitions": {"Spec": {"properties": {"inner": {"$ref": "#/definitions/Spec"}}}},
    }


CHART = {
    "templates/crd.yaml": b"""\
{{- if .Values.crds }}
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: brokers.meshery.io
  labels: {{- include "labels" . | nindent 4 }}
spec:
  group: meshery.io
  names: {kind: "{{ "Broker" }}Kind"}
  versions:
  - name: v1
{{- end }}
""",
    "templates/pod.yaml": b"kind: Pod\nmetadata: {name: CustomResourceDefinition}\n",
    "crds/broken.yaml": b"kind: CustomResourceDefinition\nspec: [\n---\nkind: Role\n",
}


def test_definitions_in_a_chart_are_read_without_rendering() -> None:
    definition, role = documents_of_chart(CHART)
    assert [each.kind for each in components_of([definition])] == ["Kind"]
    assert role == {"kind": "Role"}


def test_files_that_describe_kinds_are_read() -> None:
    files = {
        "crds/a.yaml": json.dumps(crd()).encode(),
        "openapi/b.json": json.dumps(OPENAPI).encode(),
        "pod.yaml": b"kind: Pod",
        "README.md": b"CustomResourceDefinition",
        "broken.yml": b"[ CustomResourceDefinition",
    }
    assert documents_of_files(files) == [crd(), OPENAPI]
    assert documents_of_files(files | {"Chart.yaml": b""}) == []


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["spec", "names", "kind", "group", "versions", "name", "schema", "properties"]
            ),
            inner,
        )
    ),
    max_leaves=8,
)


@given(VALUES, st.sampled_from(["kind", "definitions", "components", "paths"]))
def test_any_document_gives_components_or_none(value: Any, key: str) -> None:
    documents = [{"kind": "CustomResourceDefinition", "spec": value}, {key: value}]
    assert all(isinstance(each, Component) for each in components_of(documents))


@pytest.mark.parametrize(
    ("file", "versions"),
    [
        ("crd-meshery-brokers.yaml", ["meshery.io/v1alpha1"]),
        ("cert-manager.io_certificates.yaml", ["cert-manager.io/v1"]),
        ("argo-cd-install.yaml", ["argoproj.io/v1alpha1"] * 3),
        ("guestbook-all-in-one.yaml", []),
    ],
)
def test_manifests_of_projects(file: str, versions: list[str]) -> None:
    if not SAMPLES.exists():
        pytest.skip("the sample manifests are not here")
    components = components_of(yaml_documents((SAMPLES / file).read_bytes()))
    assert [each.version for each in components] == versions
    assert all("spec" in schema_of(each)["properties"] for each in components)

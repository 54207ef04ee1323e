from __future__ import annotations

import json
import re

import pytest

from app.registry.definitions import Component, model_id
from app.registry.drawings import drawing_flaw
from app.registry.kubernetes import DOCUMENT, core_model, core_package

COMPONENTS = {(each.version, each.kind): each for each in core_package().components}


def test_the_model() -> None:
    model = core_package().model
    assert (model.name, model.display_name, model.status) == ("kubernetes", "Kubernetes", "enabled")
    assert (model.registrant.kind, model.registrant.name) == ("github", "Github")
    assert re.fullmatch(r"v1\.\d+\.\d+", model.version)
    assert drawing_flaw(model) is None


@pytest.mark.parametrize(
    ("version", "namespaced", "cluster"),
    [
        ("v1", "Pod Service ConfigMap Secret PersistentVolumeClaim", "Namespace Node"),
        ("apps/v1", "Deployment StatefulSet DaemonSet ReplicaSet", ""),
        ("batch/v1", "Job CronJob", ""),
        ("autoscaling/v1", "HorizontalPodAutoscaler", ""),
        ("autoscaling/v2", "HorizontalPodAutoscaler", ""),
        ("networking.k8s.io/v1", "Ingress NetworkPolicy", "IngressClass"),
        ("rbac.authorization.k8s.io/v1", "Role RoleBinding", "ClusterRole ClusterRoleBinding"),
        ("policy/v1", "PodDisruptionBudget", ""),
        ("storage.k8s.io/v1", "CSIStorageCapacity", "StorageClass CSIDriver VolumeAttachment"),
        ("apiextensions.k8s.io/v1", "", "CustomResourceDefinition"),
        ("admissionregistration.k8s.io/v1", "", "ValidatingWebhookConfiguration"),
        ("scheduling.k8s.io/v1", "", "PriorityClass"),
        ("coordination.k8s.io/v1", "Lease", ""),
        ("discovery.k8s.io/v1", "EndpointSlice", ""),
        ("node.k8s.io/v1", "", "RuntimeClass"),
        ("certificates.k8s.io/v1", "", "CertificateSigningRequest"),
        ("events.k8s.io/v1", "Event", ""),
        ("apiregistration.k8s.io/v1", "", "APIService"),
        ("flowcontrol.apiserver.k8s.io/v1", "", "FlowSchema PriorityLevelConfiguration"),
    ],
)
def test_kinds_and_where_they_are(version: str, namespaced: str, cluster: str) -> None:
    for kinds, is_namespaced in ((namespaced, True), (cluster, False)):
        for kind in kinds.split():
            assert COMPONENTS[version, kind].is_namespaced is is_namespaced


def test_each_kind_is_there_once() -> None:
    assert len(COMPONENTS) == len(core_package().components)


@pytest.mark.parametrize("component", COMPONENTS.values(), ids=lambda each: each.kind)
def test_a_schema_stands_alone_and_is_of_what_is_configured(component: Component) -> None:
    schema = json.loads(component.schema or "")
    references = re.findall(r'"\$ref":\s*"([^"]+)"', component.schema or "")
    assert all(each.removeprefix("#/definitions/") in schema["definitions"] for each in references)
    assert not {"apiVersion", "kind", "metadata", "status"} & schema["properties"].keys()
    assert "hasInvalidSchema" not in component.metadata


def test_a_schema_goes_deep() -> None:
    schema = json.loads(COMPONENTS["apps/v1", "Deployment"].schema or "")
    container = schema["definitions"]["io.k8s.api.core.v1.Container"]
    assert container["properties"]["image"]["type"] == "string"


def test_the_document_is_kept_a_line_each_in_order() -> None:
    names = re.findall(r'^    "(io\.k8s[^"]+)": \{', DOCUMENT.read_text("utf-8"), re.MULTILINE)
    assert names == sorted(names)
    assert len(names) == len(json.loads(DOCUMENT.read_bytes())["definitions"])


def test_the_model_alone_is_that_of_the_package() -> None:
    assert core_model() == core_package().model
    assert model_id(core_model()) == model_id(core_package().model)

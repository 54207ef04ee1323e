"""Which format a file is of, and what it holds."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from app.importing import oci
from app.importing.archives import pack_tgz
from app.importing.executables import Tools, find
from app.importing.formats import FORMATS, Imported, read
from app.importing.refusals import Refused, Unsupported

SAMPLES = Path(__file__).parents[4] / "shared" / "importing" / "samples"
needs_samples = pytest.mark.skipif(not SAMPLES.exists(), reason="the samples are not here")

DESIGN = b'{"schemaVersion": "designs.meshery.io/v1beta1", "name": "Mine", "components": [{}]}'
POD = b"apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n"
COMPOSE = b"services: {web: {image: nginx, ports: ['80:80']}}\n"
CHART = b"apiVersion: v2\nname: shop\nversion: 1.2.3\n"


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Tools:
    return find(None, None, tmp_path_factory.mktemp("tools"))


def outline(imported: Imported) -> tuple[str, str, int]:
    components = len(imported.design["components"]) if imported.design else 0
    return imported.type, imported.name, components + len(imported.objects)


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.json", DESIGN, ("meshery-design", "Mine", 1)),
        ("a.yaml", DESIGN.replace(b'"Mine"', b"null"), ("meshery-design", "a", 1)),
        ("a.tar", oci.pack("a", {"design.yml": DESIGN}), ("meshery-design", "Mine", 1)),
        ("b.yml", POD + b"---\n" + POD, ("k8s-manifest", "b", 2)),
        ("b.YAML", POD, ("k8s-manifest", "b", 1)),
        ("b.json", b'{"apiVersion": "v1", "kind": "Pod"}', ("k8s-manifest", "b", 1)),
        ("compose.yaml", COMPOSE, ("docker-compose", "compose", 3)),
    ],
)
def test_files(name: str, data: bytes, expected: tuple[str, str, int], tools: Tools) -> None:
    assert outline(read(name, data, tools)) == expected


def test_archives(tools: Tools) -> None:
    if not (tools.helm or tools.kubectl):
        pytest.skip("no helm or kubectl is here")
    chart = pack_tgz({"shop/Chart.yaml": CHART, "shop/templates/pod.yaml": POD})
    assert outline(read("any.tgz", chart, tools)) == ("helm-chart", "shop", 1)
    built = pack_tgz({"x/kustomization.yaml": b"resources: [pod.yaml]\n", "x/pod.yaml": POD})
    assert outline(read("k.tar.gz", built, tools)) == ("k8s-kustomize", "k", 1)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.yaml", b"just: this"),
        ("a.yaml", b"text"),
        ("a.json", b"[]"),
        ("a.zip", pack_tgz({"readme": b""})),
        ("old.yml", b"name: old\nservices: {web: {type: Pod, namespace: default}}\n"),
        ("a.yaml", COMPOSE + b"---\n" + COMPOSE),
    ],
)
def test_what_fits_no_format_is_told_the_reason_of_each(
    name: str, data: bytes, tools: Tools
) -> None:
    with pytest.raises(Unsupported) as refused:
        read(name, data, tools)
    message = refused.value.message
    assert message.startswith(f"{name} is of no known format. ")
    assert all(f"{each.type}: " in message for each in FORMATS)


def test_what_is_wrong_within_a_format_is_told_alone(tools: Tools) -> None:
    with pytest.raises(Refused) as refused:
        read("a.yaml", b"kind: Pod", tools)
    assert refused.value.message == "document 1: a Kubernetes object has a text as apiVersion."


#: Every sample of a design: type, name, how many components or objects, and the kinds of those.
EXPECTED: dict[str, tuple[str, str, str]] = {
    "designs/valid_design.yml": ("meshery-design", "Valid Design", ""),
    "designs/valid-design-oci.tar": ("meshery-design", "my design", ""),
    "manifests/argo-cd-install.yaml": (
        "k8s-manifest",
        "argo-cd-install",
        (
            "ClusterRole 3, ClusterRoleBinding 3, ConfigMap 7, CustomResourceDefinition 3, "
            "Deployment 6, NetworkPolicy 7, Role 6, RoleBinding 6, Secret 2, Service 8, "
            "ServiceAccount 7, StatefulSet 1"
        ),
    ),
    "manifests/bookinfo.yaml": (
        "k8s-manifest",
        "bookinfo",
        "Deployment 6, Service 4, ServiceAccount 4",
    ),
    "manifests/cert-manager.io_certificates.yaml": (
        "k8s-manifest",
        "cert-manager.io_certificates",
        "CustomResourceDefinition 1",
    ),
    "manifests/claim1.json": ("k8s-manifest", "claim1", "PersistentVolumeClaim 1"),
    "manifests/crd-meshery-brokers.yaml": (
        "k8s-manifest",
        "crd-meshery-brokers",
        "CustomResourceDefinition 1",
    ),
    "manifests/guestbook-all-in-one.yaml": (
        "k8s-manifest",
        "guestbook-all-in-one",
        "Deployment 3, Service 3",
    ),
    "manifests/ingress-nginx-deploy.yaml": (
        "k8s-manifest",
        "ingress-nginx-deploy",
        (
            "ClusterRole 2, ClusterRoleBinding 2, ConfigMap 1, Deployment 1, IngressClass 1, "
            "Job 2, Namespace 1, Role 2, RoleBinding 2, Service 2, ServiceAccount 2, "
            "ValidatingWebhookConfiguration 1"
        ),
    ),
    "manifests/kind-list-frontend.yaml": (
        "k8s-manifest",
        "kind-list-frontend",
        "Deployment 1, Service 1",
    ),
    "kustomize/wordpress-kustomize.tar.gz": (
        "k8s-kustomize",
        "wordpress-kustomize",
        "Deployment 2, Secret 1, Service 2",
    ),
    "kustomize/wordpress.expected.yaml": (
        "k8s-manifest",
        "wordpress.expected",
        "Deployment 2, Secret 1, Service 2",
    ),
}


@needs_samples
@pytest.mark.parametrize("path", EXPECTED)
def test_samples(path: str, tools: Tools) -> None:
    file = SAMPLES / path
    imported = read(file.name, file.read_bytes(), tools)
    kinds = Counter(each["kind"] for each in imported.objects)
    told = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
    assert (imported.type, imported.name, told) == EXPECTED[path]


@needs_samples
def test_a_design_of_before_v1beta1_is_refused(tools: Tools) -> None:
    file = SAMPLES / "designs" / "legacy-v1alpha2-kubernetes_basic.yml"
    with pytest.raises(Unsupported, match="designs with services, of before v1beta1"):
        read(file.name, file.read_bytes(), tools)


@needs_samples
def test_every_sample_has_its_expectation() -> None:
    folders = ("designs", "manifests", "kustomize")
    found = {
        file.relative_to(SAMPLES).as_posix()
        for name in folders
        for file in (SAMPLES / name).iterdir()
    }
    assert found == {*EXPECTED, "designs/legacy-v1alpha2-kubernetes_basic.yml"}

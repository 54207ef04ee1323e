from __future__ import annotations

from typing import Any

import pytest

from app.importing.compose import Converted
from app.importing.refusals import Unreadable
from tests.compose_files import converted, kinds, one, pod, service


def claim(result: Converted, name: str) -> dict[str, Any]:
    found: dict[str, Any] = one(result, "PersistentVolumeClaim", name)["spec"]
    return found


def test_every_volume_has_its_claim() -> None:
    result = converted("""
        services:
          web:
            image: i
            volumes:
              - /anonymous
              - my_data:/data:ro
              - ./folder:/folder
              - {type: bind, source: /etc/x, target: /x, read_only: true}
              - {type: volume, source: my_data, target: /again}
        volumes: {my_data: }
    """)
    assert pod(result)["containers"][0]["volumeMounts"] == [
        {"mountPath": "/anonymous", "name": "web-claim0"},
        {"mountPath": "/data", "name": "my-data", "readOnly": True},
        {"mountPath": "/folder", "name": "web-claim2"},
        {"mountPath": "/x", "name": "web-claim3", "readOnly": True},
        {"mountPath": "/again", "name": "my-data"},
    ]
    assert kinds(result) == [
        "Deployment/web",
        "PersistentVolumeClaim/web-claim0",
        "PersistentVolumeClaim/my-data",
        "PersistentVolumeClaim/web-claim2",
        "PersistentVolumeClaim/web-claim3",
    ]
    assert claim(result, "web-claim0") == {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "100Mi"}},
    }
    assert claim(result, "my-data")["accessModes"] == ["ReadOnlyMany"]


def test_labels_say_more_of_claims() -> None:
    result = converted("""
        services:
          web:
            image: i
            volumes: ['data:/data', /more]
            labels:
              kompose.volume.size: 2Gi
              kompose.volume.storage-class-name: fast
              kompose.volume.subpath: sub
        volumes:
          data:
            labels: {kompose.volume.size: 1Gi, kompose.volume.selector: chosen}
    """)
    assert claim(result, "data") == {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
        "selector": {"matchLabels": {"io.kompose.service": "chosen"}},
        "storageClassName": "fast",
    }
    assert claim(result, "web-claim1")["resources"]["requests"]["storage"] == "2Gi"
    mounts = pod(result)["containers"][0]["volumeMounts"]
    assert [each["subPath"] for each in mounts] == ["sub", "sub"]


@pytest.mark.parametrize(
    ("kind", "volume", "also"),
    [
        ("emptyDir", {"emptyDir": {}, "name": "web-empty0"}, []),
        ("hostPath", {"hostPath": {"path": "/conf"}, "name": "web-hostpath0"}, []),
        ("configMap", {"configMap": {"name": "web-cm0"}, "name": "web-cm0"}, ["ConfigMap/web-cm0"]),
    ],
)
def test_volumes_may_be_of_another_kind(kind: str, volume: Any, also: list[str]) -> None:
    result = service(f"{{volumes: ['./conf:/etc/c'], labels: {{kompose.volume.type: {kind}}}}}")
    assert pod(result)["volumes"] == [volume]
    assert kinds(result) == ["Deployment/web", *also]


def test_tmpfs_is_memory() -> None:
    result = service("{tmpfs: ['/run:size=1m'], volumes: [{type: tmpfs, target: /t}]}")
    assert pod(result)["containers"][0]["volumeMounts"] == [
        {"mountPath": "/run", "name": "web-tmpfs0"},
        {"mountPath": "/t", "name": "web-tmpfs1"},
    ]
    assert pod(result)["volumes"][0] == {"emptyDir": {"medium": "Memory"}, "name": "web-tmpfs0"}


def test_one_claim_serves_two_services() -> None:
    result = converted("""
        services:
          a: {image: i, volumes: ['data:/a']}
          b: {image: i, volumes: ['data:/b']}
        volumes: {data: }
    """)
    assert kinds(result) == ["Deployment/a", "PersistentVolumeClaim/data", "Deployment/b"]


def test_a_drive_of_windows_is_a_path_of_the_host() -> None:
    assert pod(service(r"volumes: ['C:\data:/d:ro']"))["containers"][0]["volumeMounts"] == [
        {"mountPath": "/d", "name": "web-claim0", "readOnly": True}
    ]


@pytest.mark.parametrize(
    "lines",
    [
        "volumes: ['a:b:c:d']",
        "volumes: ['./a:']",
        "volumes: [{type: bind, source: /a}]",
        "{volumes: [/a], labels: {kompose.volume.size: huge}}",
        "{volumes: [/a], labels: {kompose.volume.type: disk}}",
    ],
)
def test_other_volumes_are_refused(lines: str) -> None:
    with pytest.raises(Unreadable, match=r"^services\.web\.(volumes|labels)"):
        service(lines)


def test_what_two_services_ask_differently_is_told() -> None:
    result = converted("""
        services:
          a: {image: i, volumes: ['data:/a:ro']}
          b: {image: i, volumes: ['data:/b']}
        volumes: {data: }
    """)
    assert claim(result, "data")["accessModes"] == ["ReadOnlyMany"]
    assert result.warnings == (
        "PersistentVolumeClaim data: asked for in two ways; the first is made.",
    )


def test_of_two_mounts_at_one_place_the_later_counts() -> None:
    result = service("{volumes: [/a, './x:/b', './y:/b:ro'], tmpfs: [/a, /c, /c]}")
    assert pod(result)["containers"][0]["volumeMounts"] == [
        {"mountPath": "/a", "name": "web-claim0"},
        {"mountPath": "/b", "name": "web-claim1", "readOnly": True},
        {"mountPath": "/c", "name": "web-tmpfs0"},
    ]

"""Volumes of a pod, their mounts and their claims.

https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/volume/
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.importing.compose.names import label, suffixed
from app.importing.compose.project import Mount, Project, Service, Volume, VolumeKind
from app.importing.compose.writing.metadata import built, metadata, present, service_label
from app.importing.refusals import Unreadable

USUAL_SIZE = "100Mi"
#: How a volume without a name is called after its service: the kind and its place in the file.
SUFFIXES: dict[VolumeKind, str] = {
    "persistentVolumeClaim": "claim",
    "emptyDir": "empty",
    "hostPath": "hostpath",
    "configMap": "cm",
}
#: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
_QUANTITY = re.compile(r"\d{1,18}(\.\d{1,9})?([EPTGMk]i?|Ki|m|[eE]\d{1,2})?")


@dataclass(frozen=True)
class Mounted:
    """A mount of a container, the volume of the pod it shows, and a claim or ConfigMap to make.

    `volume` is None where a template of claims makes it.
    """

    mount: dict[str, Any]
    volume: dict[str, Any] | None
    made: dict[str, Any] | None = None


def mounted(service: Service, project: Project) -> Iterator[Mounted]:
    """The volumes of a service, then its tmpfs."""
    for n, mount in enumerate(service.mounts):
        yield _mounted(service, mount, n, project)
    for n, path in enumerate(service.tmpfs):
        name = suffixed(service.name, f"tmpfs{n}")
        memory = {"emptyDir": {"medium": "Memory"}, "name": name}
        yield Mounted({"mountPath": path, "name": name}, memory)


def _mounted(service: Service, mount: Mount, n: int, project: Project) -> Mounted:
    storage = service.storage
    name = (
        label(mount.source, f"volumes.{mount.source}")
        if mount.named
        else suffixed(service.name, f"{SUFFIXES[storage.kind]}{n}")
    )
    shown = {
        "mountPath": mount.target,
        "name": name,
        "readOnly": mount.read_only,
        "subPath": storage.subpath,
    }
    source, made = _source(service, mount, name, project)
    return Mounted(present(shown), source | {"name": name}, made)


def _source(
    service: Service, mount: Mount, name: str, project: Project
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    if service.storage.kind == "emptyDir":
        return {"emptyDir": {}}, None
    if service.storage.kind == "hostPath":
        # A path beside the file has no place on a node: it counts from the root.
        return {"hostPath": {"path": posixpath.join("/", posixpath.normpath(mount.source))}}, None
    if service.storage.kind == "configMap":
        config_map = built("v1", "ConfigMap", metadata(name, service_label(service.name)), {})
        return {"configMap": {"name": name}}, config_map
    wanted = project.volumes.get(mount.source, Volume()) if mount.named else Volume()
    claim = present({"claimName": name, "readOnly": mount.read_only})
    return {"persistentVolumeClaim": claim}, _claim(name, mount, wanted, service)


def _claim(name: str, mount: Mount, wanted: Volume, service: Service) -> dict[str, Any]:
    size = wanted.size or service.storage.size or USUAL_SIZE
    if not _QUANTITY.fullmatch(size):
        where = f"services.{service.key}.volumes"
        raise Unreadable(f"{where}: the size {size[:40]} is no quantity such as 1Gi.")
    spec = {
        "accessModes": ["ReadOnlyMany" if mount.read_only else "ReadWriteOnce"],
        "resources": {"requests": {"storage": size}},
        "selector": {"matchLabels": service_label(wanted.selector)} if wanted.selector else None,
        "storageClassName": wanted.storage_class or service.storage.storage_class,
    }
    meta = metadata(name, service_label(name))
    return built("v1", "PersistentVolumeClaim", meta, {"spec": present(spec)})

"""What the `kompose.*` labels of a service ask for.

https://kompose.io/user-guide/#labels
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import TypeVar

from app.importing.compose.names import label
from app.importing.compose.project import (
    Exposure,
    InitContainer,
    Port,
    Pulling,
    Scaling,
    Schedule,
    Storage,
    VolumeKind,
)
from app.importing.compose.reading.scalars import flag, maybe_whole, whole
from app.importing.refusals import Unreadable

Labels = Mapping[str, str]
Value = TypeVar("Value")

HIGHEST_PORT = 65_535
CONTROLLERS = {each: each for each in ("deployment", "daemonset", "statefulset")}
SERVICE_TYPES = {
    "clusterip": "ClusterIP",
    "nodeport": "NodePort",
    "loadbalancer": "LoadBalancer",
    "headless": "Headless",
}
TRAFFIC_POLICIES = {"cluster": "Cluster", "local": "Local"}
CONCURRENCY = {each.lower(): each for each in ("Allow", "Forbid", "Replace")}
PULL_POLICIES = {each.lower(): each for each in ("Always", "Never", "IfNotPresent")}
VOLUME_KINDS: dict[str, VolumeKind] = {
    "persistentvolumeclaim": "persistentVolumeClaim",
    "emptydir": "emptyDir",
    "hostpath": "hostPath",
    "configmap": "configMap",
}
#: Replicas and percentages, where labels ask for scaling and do not say how much.
SCALING = {
    "kompose.hpa.replicas.min": 1,
    "kompose.hpa.replicas.max": 3,
    "kompose.hpa.cpu": 50,
    "kompose.hpa.memory": 70,
}


def _chosen(labels: Labels, name: str, table: Mapping[str, Value], path: str) -> Value | None:
    written = labels.get(name, "")
    if not written:
        return None
    found = table.get(written.lower())
    if found is None:
        raise Unreadable(f"{path}.labels.{name}: {written[:40]} is none of {', '.join(table)}.")
    return found


def controller(labels: Labels, path: str) -> str:
    """The kind of workload, or empty."""
    return _chosen(labels, "kompose.controller.type", CONTROLLERS, path) or ""


def exposure(labels: Labels, ports: tuple[Port, ...], path: str, *, virtual_ip: bool) -> Exposure:
    """How the service is reached. Raises Unreadable for labels that need others."""
    given = _chosen(labels, "kompose.service.type", SERVICE_TYPES, path)
    hosts = (host.strip() for host in labels.get("kompose.service.expose", "").split(","))
    found = Exposure(
        type=given or ("NodePort" if virtual_ip else ""),
        node_port=_port(labels, "kompose.service.nodeport.port", path),
        traffic_policy=_chosen(
            labels, "kompose.service.external-traffic-policy", TRAFFIC_POLICIES, path
        )
        or "",
        host_ports=_flag(labels, "kompose.controller.port.expose", path),
        hosts=tuple(host for host in hosts if host),
        tls_secret=labels.get("kompose.service.expose.tls-secret", ""),
        ingress_class=labels.get("kompose.service.expose.ingress-class-name", ""),
    )
    _check_needs(found, ports, path)
    return found


def _check_needs(found: Exposure, ports: tuple[Port, ...], path: str) -> None:
    outside = found.type in ("NodePort", "LoadBalancer")
    needs = (
        (found.tls_secret and not found.hosts, "expose.tls-secret", "kompose.service.expose"),
        (
            found.ingress_class and not found.hosts,
            "expose.ingress-class-name",
            "kompose.service.expose",
        ),
        (found.node_port and found.type != "NodePort", "nodeport.port", "the type nodeport"),
        (found.node_port and len(ports) > 1, "nodeport.port", "a service of one port"),
        (
            found.traffic_policy and not outside,
            "external-traffic-policy",
            "the type nodeport or loadbalancer",
        ),
    )
    for missing, name, need in needs:
        if missing:
            raise Unreadable(f"{path}.labels.kompose.service.{name}: it needs {need}.")


def _flag(labels: Labels, name: str, path: str) -> bool:
    return flag(labels.get(name, ""), f"{path}.labels.{name}")


def _port(labels: Labels, name: str, path: str) -> int:
    return whole(labels.get(name) or 0, f"{path}.labels.{name}", 0, HIGHEST_PORT)


def schedule(labels: Labels, path: str) -> Schedule:
    """When a service that ends runs again."""
    backoff = labels.get("kompose.cronjob.backoff_limit")
    return Schedule(
        cron=labels.get("kompose.cronjob.schedule", ""),
        concurrency=_chosen(labels, "kompose.cronjob.concurrency_policy", CONCURRENCY, path) or "",
        backoff_limit=whole(backoff, f"{path}.labels.kompose.cronjob.backoff_limit")
        if backoff
        else None,
    )


def scaling(labels: Labels) -> Scaling | None:
    """The bounds of automatic scaling; a label that is no number counts as its usual value."""
    if not any(name in labels for name in SCALING):
        return None
    asked = {name: maybe_whole(labels.get(name)) for name in SCALING}
    least, most, cpu, memory = (
        usual if (given := asked[name]) is None or given < 0 else given
        for name, usual in SCALING.items()
    )
    return Scaling(least=least, most=max(most, least), cpu=cpu, memory=memory)


def init_container(labels: Labels, path: str) -> InitContainer | None:
    """The container that runs first; its command is one word, or a list in brackets."""
    prefix = "kompose.init.containers."
    image = labels.get(f"{prefix}image", "")
    if not image:
        return None
    name = labels.get(f"{prefix}name") or "init-service"
    return InitContainer(
        label(name, f"{path}.labels.{prefix}name"),
        image,
        _listed(labels.get(f"{prefix}command", "").strip(), f"{path}.labels.{prefix}command"),
    )


def _listed(written: str, path: str) -> tuple[str, ...]:
    if not (written.startswith("[") and written.endswith("]")):
        return (written,) if written else ()
    split = shlex.shlex(written[1:-1], posix=True, punctuation_chars=False)
    split.whitespace += ","
    split.whitespace_split = True
    split.commenters = ""
    try:
        return tuple(word.strip() for word in split)
    except ValueError as error:
        raise Unreadable(f"{path}: it is no list of words: {error}.") from None


def storage(labels: Labels, path: str) -> Storage:
    """What all volumes of the service are made of."""
    return Storage(
        kind=_chosen(labels, "kompose.volume.type", VOLUME_KINDS, path) or "persistentVolumeClaim",
        size=labels.get("kompose.volume.size", ""),
        storage_class=labels.get("kompose.volume.storage-class-name", ""),
        subpath=labels.get("kompose.volume.subpath", labels.get("kompose.volume.sub-path", "")),
    )


def pulling(labels: Labels, path: str) -> Pulling:
    """With what right and when the image is pulled."""
    return Pulling(
        secret=labels.get("kompose.image-pull-secret", ""),
        policy=_chosen(labels, "kompose.image-pull-policy", PULL_POLICIES, path) or "",
        account=labels.get("kompose.serviceaccount-name", ""),
    )

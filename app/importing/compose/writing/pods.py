"""What pods are made of, for every kind of workload.

https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#PodSpec
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.importing.compose.options import Options
from app.importing.compose.project import RestartPolicy, Service
from app.importing.compose.writing.containers import container, init_containers
from app.importing.compose.writing.metadata import annotated, present, service_label
from app.importing.compose.writing.networks import network_labels
from app.importing.compose.writing.volumes import Mounted


def pod_labels(service: Service, options: Options) -> dict[str, str]:
    """The labels of the service's pods: its own, and those of its networks."""
    return network_labels(service, options) | service_label(service.name)


def pod_template(
    service: Service, mounted: Sequence[Mounted], options: Options, restart: RestartPolicy
) -> dict[str, Any]:
    """The `template` of a workload."""
    meta = {
        "annotations": annotated(service, options),
        "labels": pod_labels(service, options),
    }
    return {"metadata": present(meta), "spec": pod_spec(service, mounted, restart)}


def pod_spec(
    service: Service, mounted: Sequence[Mounted], restart: RestartPolicy
) -> dict[str, Any]:
    """The `spec` of the service's pods."""
    secret, security = service.pulling.secret, service.security
    context = {
        "fsGroup": security.filesystem_group,
        "supplementalGroups": list(security.groups),
    }
    volumes = {each.volume["name"]: each.volume for each in mounted if each.volume}
    return present(
        {
            "affinity": _affinity(service),
            "containers": [container(service, mounted)],
            "hostname": service.hostname,
            "imagePullSecrets": [{"name": secret}] if secret else None,
            "initContainers": init_containers(service),
            "restartPolicy": restart,
            "securityContext": present(context),
            "serviceAccountName": service.pulling.account,
            "subdomain": service.domainname,
            "terminationGracePeriodSeconds": service.grace_period,
            "topologySpreadConstraints": _spread(service),
            "volumes": list(volumes.values()),
        }
    )


def _affinity(service: Service) -> dict[str, Any]:
    """Nodes that meet all constraints: what they must be, then what they must not."""
    ordered = sorted(service.deploy.requirements, key=lambda each: (each.operator, each.key))
    expressions = [
        {"key": each.key, "operator": each.operator, "values": [each.value]} for each in ordered
    ]
    if not expressions:
        return {}
    terms = {"nodeSelectorTerms": [{"matchExpressions": expressions}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}


def _spread(service: Service) -> list[dict[str, Any]]:
    """The first preference allows the greatest skew, the last one that of 1."""
    keys = service.deploy.spread
    return [
        {
            "labelSelector": {"matchLabels": service_label(service.name)},
            "maxSkew": len(keys) - n,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
        }
        for n, key in enumerate(keys)
    ]

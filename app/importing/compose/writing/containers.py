"""Containers of a pod.

https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Container
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from app.importing.compose.project import Resources, Service
from app.importing.compose.writing.files import env_sources
from app.importing.compose.writing.metadata import present
from app.importing.compose.writing.probes import probe
from app.importing.compose.writing.volumes import Mounted

_VARIABLE = re.compile(r"\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})")


def container(service: Service, mounted: Sequence[Mounted]) -> dict[str, Any]:
    """The one container of a service."""
    runs = service.container
    resources = {
        "limits": _quantities(service.deploy.limits),
        "requests": _quantities(service.deploy.requests),
    }
    return present(
        {
            "args": [_VARIABLE.sub(r"$(\1\2)", word) for word in runs.args],
            "command": list(runs.command),
            "env": [present({"name": name, "value": value}) for name, value in runs.environment],
            "envFrom": env_sources(service),
            "image": runs.image,
            "imagePullPolicy": service.pulling.policy,
            "livenessProbe": probe(runs.liveness),
            "name": runs.name,
            "ports": _ports(service),
            "readinessProbe": probe(runs.readiness),
            "resources": present(resources),
            "securityContext": _security(service),
            "stdin": runs.stdin,
            "tty": runs.tty,
            "volumeMounts": [each.mount for each in mounted],
            "workingDir": runs.working_dir,
        }
    )


def init_containers(service: Service) -> list[dict[str, Any]]:
    """The container that runs before, where labels ask for one."""
    if service.init is None:
        return []
    first = service.init
    return [present({"command": list(first.command), "image": first.image, "name": first.name})]


def _ports(service: Service) -> list[dict[str, Any]]:
    found: dict[tuple[int, str], dict[str, Any]] = {}
    for port in service.ports:
        outside = port.published if service.exposure.host_ports else None
        shown = {
            "containerPort": port.target,
            "hostIP": port.host_ip,
            "hostPort": outside,
            "protocol": port.protocol,
        }
        found.setdefault((port.target, port.protocol), present(shown))
    return list(found.values())


def _quantities(resources: Resources) -> dict[str, str]:
    """Processors as thousandths unless they are whole, memory as bytes."""
    cores, rest = divmod(resources.millicores, 1000)
    cpu = f"{resources.millicores}m" if rest else str(cores or "")
    return present({"cpu": cpu, "memory": str(resources.memory or "")})


def _security(service: Service) -> dict[str, Any]:
    security = service.security
    capabilities = {"add": list(security.add), "drop": list(security.drop)}
    return present(
        {
            "capabilities": present(capabilities),
            "privileged": security.privileged,
            "readOnlyRootFilesystem": security.read_only,
            "runAsGroup": security.group,
            "runAsUser": security.user,
        }
    )

"""Probes of containers.

https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Probe
"""

from __future__ import annotations

from typing import Any

from app.importing.compose.project import Probe
from app.importing.compose.writing.metadata import present


def probe(found: Probe | None) -> dict[str, Any] | None:
    """The probe, or None; a time of 0 leaves Kubernetes its own."""
    if found is None:
        return None
    return _handler(found) | present(
        {
            "failureThreshold": found.retries or None,
            "initialDelaySeconds": found.start_period or None,
            "periodSeconds": found.interval or None,
            "timeoutSeconds": found.timeout or None,
        }
    )


def _handler(found: Probe) -> dict[str, Any]:
    if found.command:
        return {"exec": {"command": list(found.command)}}
    if found.http_path and found.http_port:
        return {"httpGet": {"path": found.http_path, "port": found.http_port}}
    return {"tcpSocket": {"port": found.tcp_port}}

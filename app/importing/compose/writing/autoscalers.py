"""HorizontalPodAutoscalers.

https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/
"""

from __future__ import annotations

from typing import Any

from app.importing.compose.project import Service
from app.importing.compose.writing.metadata import built

SCALABLE = ("Deployment", "StatefulSet")


def autoscalers(service: Service, kind: str, warnings: list[str]) -> list[dict[str, Any]]:
    """The autoscaler of a service whose labels ask for one; `kind` is that of its workload."""
    scaling = service.scaling
    if scaling is None:
        return []
    if kind not in SCALABLE:
        warnings.append(f"services.{service.key}: a {kind} is not scaled automatically.")
        return []
    metrics = [
        _metric(name, percent)
        for name, percent in (("cpu", scaling.cpu), ("memory", scaling.memory))
        if percent
    ]
    spec = {
        "maxReplicas": scaling.most,
        "metrics": metrics,
        "minReplicas": scaling.least,
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": kind, "name": service.name},
    }
    meta = {"name": service.name}
    return [built("autoscaling/v2", "HorizontalPodAutoscaler", meta, {"spec": spec})]


def _metric(name: str, percent: int) -> dict[str, Any]:
    target = {"averageUtilization": percent, "type": "Utilization"}
    return {"resource": {"name": name, "target": target}, "type": "Resource"}

"""The workload of a service: Deployment, DaemonSet, StatefulSet, Pod or CronJob.

https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from app.importing.compose.options import Options
from app.importing.compose.project import Service
from app.importing.compose.writing.metadata import (
    annotated,
    built,
    metadata,
    present,
    service_label,
)
from app.importing.compose.writing.pods import pod_labels, pod_spec, pod_template
from app.importing.compose.writing.volumes import Mounted

KINDS = {"deployment": "Deployment", "daemonset": "DaemonSet", "statefulset": "StatefulSet"}


def kind_of(service: Service, options: Options) -> str:
    """The kind of the workload: a label wins, then the caller, then what the file implies.

    A service in the network of another only lends its containers, as a Deployment does.
    """
    if service.joins:
        return KINDS["deployment"]
    if service.restart != "Always" and options.controller is None:
        return "CronJob" if service.schedule.cron else "Pod"
    implied = "daemonset" if service.deploy.everywhere else "deployment"
    return KINDS[service.controller or options.controller or implied]


def workload(service: Service, mounted: Sequence[Mounted], options: Options) -> dict[str, Any]:
    """The workload, without the claims of its volumes but for those of a StatefulSet."""
    kind = kind_of(service, options)
    if kind == "Pod":
        return _pod(service, mounted, options)
    if kind == "CronJob":
        return _cron_job(service, mounted, options)
    labels = service_label(service.name)
    meta = metadata(service.name, dict(service.deploy.labels) | labels, annotated(service, options))
    spec: dict[str, Any] = {"selector": {"matchLabels": labels}}
    if kind == "StatefulSet":
        spec |= {"serviceName": service.name, "volumeClaimTemplates": _claim_templates(mounted)}
        mounted = [replace(each, volume=None) if _is_claimed(each) else each for each in mounted]
    template = pod_template(service, mounted, options, "Always")
    if kind == "Deployment":
        spec["strategy"] = _strategy(service)
    if kind != "DaemonSet":
        spec["replicas"] = _replicas(service, options)
    return built("apps/v1", kind, meta, {"spec": present(spec | {"template": template})})


def _replicas(service: Service, options: Options) -> int:
    return (service.deploy.replicas or 1) if options.replicas is None else options.replicas


def _strategy(service: Service) -> dict[str, Any] | None:
    """Pods that share a volume are not there twice at once; else as `update_config` says."""
    if service.mounts:
        return {"type": "Recreate"}
    fields = {
        "start-first": ("maxSurge", "maxUnavailable"),
        "stop-first": ("maxUnavailable", "maxSurge"),
    }.get(service.deploy.order)
    if fields is None:
        return None
    rolling = present({fields[0]: service.deploy.parallelism, fields[1]: 0})
    return {"rollingUpdate": rolling, "type": "RollingUpdate"}


def _is_claimed(each: Mounted) -> bool:
    return each.volume is not None and "persistentVolumeClaim" in each.volume


def _claim_templates(mounted: Sequence[Mounted]) -> list[dict[str, Any]]:
    claims = {each.mount["name"]: each.made for each in mounted if _is_claimed(each) and each.made}
    return [{key: claim[key] for key in ("metadata", "spec")} for claim in claims.values()]


def _pod(service: Service, mounted: Sequence[Mounted], options: Options) -> dict[str, Any]:
    labels = pod_labels(service, options)
    meta = metadata(service.name, labels, annotated(service, options))
    return built("v1", "Pod", meta, {"spec": pod_spec(service, mounted, service.restart)})


def _cron_job(service: Service, mounted: Sequence[Mounted], options: Options) -> dict[str, Any]:
    schedule = service.schedule
    job = {
        "backoffLimit": schedule.backoff_limit,
        "template": pod_template(service, mounted, options, service.restart),
    }
    spec = {
        "concurrencyPolicy": schedule.concurrency,
        "jobTemplate": {"spec": present(job)},
        "schedule": schedule.cron,
    }
    meta = metadata(service.name, service_label(service.name), annotated(service, options))
    return built("batch/v1", "CronJob", meta, {"spec": present(spec)})

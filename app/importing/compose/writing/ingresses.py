"""Ingresses, by which a service is reached from outside the cluster.

https://kubernetes.io/docs/reference/kubernetes-api/service-resources/ingress-v1/
"""

from __future__ import annotations

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

#: The host that stands for any.
ANY = "true"


def ingresses(
    service: Service, targets: list[dict[str, Any]], options: Options
) -> list[dict[str, Any]]:
    """The Ingress of an exposed service to the first port of the first of its Services."""
    exposure = service.exposure
    if not exposure.hosts or not targets:
        return []
    port = targets[0]["spec"]["ports"][0]["port"]
    backend = {"name": targets[0]["metadata"]["name"], "port": {"number": port}}
    hosts = [host.partition("/")[0] for host in exposure.hosts]
    named = [host for host in hosts if host != ANY]
    tls = [present({"hosts": named, "secretName": exposure.tls_secret})]
    spec = {
        "ingressClassName": exposure.ingress_class,
        "rules": [_rule(host, backend) for host in exposure.hosts],
        "tls": tls if exposure.tls_secret else None,
    }
    meta = metadata(service.name, service_label(service.name), annotated(service, options))
    return [built("networking.k8s.io/v1", "Ingress", meta, {"spec": present(spec)})]


def _rule(written: str, backend: dict[str, Any]) -> dict[str, Any]:
    host, _, path = written.partition("/")
    where = {"backend": {"service": backend.copy()}, "path": f"/{path}", "pathType": "Prefix"}
    return present({"host": host if host != ANY else "", "http": {"paths": [where]}})

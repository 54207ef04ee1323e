"""Services, by which pods are reached.

https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.importing.compose.names import suffixed
from app.importing.compose.options import Options
from app.importing.compose.project import Port, Service
from app.importing.compose.writing.metadata import (
    annotated,
    built,
    metadata,
    present,
    service_label,
)

#: A headless Service must have a port, even where the file has none.
DUMMY_PORT = {"name": "headless", "port": 55555, "targetPort": 0}


def services(service: Service, options: Options, *, headless: bool) -> list[dict[str, Any]]:
    """The Services of one service: none without ports, one per protocol of a load balancer."""
    kind = "Headless" if headless else service.exposure.type
    if kind == "Headless" and not service.ports:
        return [
            _service(service, options, service.name, {"clusterIP": "None"}, [DUMMY_PORT.copy()])
        ]
    if not service.ports:
        return []
    if kind == "LoadBalancer":
        return _balanced(service, options)
    spec = {"clusterIP": "None", "type": "ClusterIP"} if kind == "Headless" else {"type": kind}
    return [_service(service, options, service.name, spec, _ports(service, service.ports))]


def _balanced(service: Service, options: Options) -> list[dict[str, Any]]:
    """A load balancer has one protocol, so each gets its own Service."""
    protocols = sorted({port.protocol for port in service.ports})
    return [
        _service(
            service,
            options,
            suffixed(service.name, protocol.lower()),
            {"type": "LoadBalancer"},
            _ports(service, (port for port in service.ports if port.protocol == protocol)),
        )
        for protocol in protocols
    ]


def _service(
    service: Service,
    options: Options,
    name: str,
    spec: dict[str, Any],
    ports: list[dict[str, Any]],
) -> dict[str, Any]:
    whole = spec | {
        "externalTrafficPolicy": service.exposure.traffic_policy,
        "ports": ports,
        "selector": service_label(service.name),
    }
    meta = metadata(name, service_label(name), annotated(service, options))
    return built("v1", "Service", meta, {"spec": present(whole)})


def _ports(service: Service, ports: Iterable[Port]) -> list[dict[str, Any]]:
    """Ports by number outside, or inside where none is published; TCP is not said."""
    found: dict[tuple[int, str], dict[str, Any]] = {}
    names: set[str] = set()
    for port in ports:
        number = port.published or port.target
        if (number, port.protocol) in found:
            continue
        plain = str(number)
        name = f"{plain}-{port.protocol.lower()}" if plain in names else plain
        names.add(name)
        found[number, port.protocol] = present(
            {
                "name": name,
                "nodePort": service.exposure.node_port or None,
                "port": number,
                "protocol": port.protocol if port.protocol != "TCP" else None,
                "targetPort": port.target,
            }
        )
    return list(found.values())

"""NetworkPolicies, which keep the networks of Compose apart.

https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/
"""

from __future__ import annotations

from typing import Any

from app.importing.compose.options import Options
from app.importing.compose.project import Service
from app.importing.compose.writing.metadata import built, metadata, network_label


def network_policies(service: Service, options: Options) -> list[dict[str, Any]]:
    """One for each network of the service: pods in it are reached by pods in it."""
    networks = service.networks if options.network_policies else ()
    return [_policy(network) for network in networks]


def network_labels(service: Service, options: Options) -> dict[str, str]:
    """The labels of the service's pods."""
    labels: dict[str, str] = {}
    for network in service.networks if options.network_policies else ():
        labels |= network_label(network)
    return labels


def _policy(network: str) -> dict[str, Any]:
    allowed = {"from": [{"podSelector": {"matchLabels": network_label(network)}}]}
    spec = {"ingress": [allowed], "podSelector": {"matchLabels": network_label(network)}}
    return built("networking.k8s.io/v1", "NetworkPolicy", metadata(network, {}), {"spec": spec})

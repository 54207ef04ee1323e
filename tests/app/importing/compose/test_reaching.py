"""Services, Ingresses and NetworkPolicies."""

from __future__ import annotations

from typing import Any

import pytest

from app.importing.compose import Options
from app.importing.refusals import Unreadable
from tests.compose_files import converted, kinds, one, pod, service

POLICY = "kompose.service.external-traffic-policy"
SELECTOR = {"io.kompose.service": "web"}


def spec(lines: str) -> dict[str, Any]:
    found: dict[str, Any] = one(service(lines), "Service")["spec"]
    return found


def typed(lines: str) -> dict[str, Any]:
    """What a Service with a port has beside it."""
    found = service(lines.replace("{", "{ports: ['80'], ", 1))
    made: dict[str, Any] = one(found, "Service")["spec"]
    return {key: each for key, each in made.items() if key not in ("ports", "selector")}


def test_no_ports_no_service() -> None:
    assert kinds(service("{}")) == ["Deployment/web"]


def test_ports_are_called_by_their_number_outside() -> None:
    assert spec("ports: ['53:5353', '53:5353/udp', '80']") == {
        "ports": [
            {"name": "53", "port": 53, "targetPort": 5353},
            {"name": "53-udp", "port": 53, "protocol": "UDP", "targetPort": 5353},
            {"name": "80", "port": 80, "targetPort": 80},
        ],
        "selector": SELECTOR,
    }


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ("{labels: {kompose.service.type: clusterip}}", {"type": "ClusterIP"}),
        ("{labels: {kompose.service.type: NodePort}}", {"type": "NodePort"}),
        ("{deploy: {endpoint_mode: vip}}", {"type": "NodePort"}),
        ("{labels: {kompose.service.type: headless}}", {"type": "ClusterIP", "clusterIP": "None"}),
        (
            f"{{deploy: {{endpoint_mode: vip}}, labels: {{{POLICY}: local}}}}",
            {"type": "NodePort", "externalTrafficPolicy": "Local"},
        ),
    ],
)
def test_the_type_is_that_of_the_label(lines: str, found: dict[str, str]) -> None:
    assert typed(lines) == found


def test_a_node_port_has_its_number() -> None:
    labels = "{kompose.service.type: nodeport, kompose.service.nodeport.port: 30000}"
    assert spec(f"{{ports: ['80'], labels: {labels}}}")["ports"][0]["nodePort"] == 30_000


def test_a_load_balancer_is_one_for_each_protocol() -> None:
    lines = "{ports: ['53:53', '53:53/udp'], labels: {kompose.service.type: loadbalancer}}"
    result = service(lines)
    assert kinds(result) == ["Service/web-tcp", "Service/web-udp", "Deployment/web"]
    made = one(result, "Service", "web-udp")
    assert made["metadata"]["labels"] == {"io.kompose.service": "web-udp"}
    assert made["spec"]["selector"] == SELECTOR
    assert made["spec"]["ports"] == [
        {"name": "53", "port": 53, "protocol": "UDP", "targetPort": 53}
    ]


def test_a_headless_service_has_a_port_of_its_own() -> None:
    assert spec("labels: {kompose.service.type: headless}") == {
        "clusterIP": "None",
        "ports": [{"name": "headless", "port": 55555, "targetPort": 0}],
        "selector": SELECTOR,
    }


@pytest.mark.parametrize(
    "labels",
    [
        "{kompose.service.type: external}",
        "{kompose.service.expose.tls-secret: s}",
        "{kompose.service.expose.ingress-class-name: nginx}",
        "{kompose.service.nodeport.port: 30000}",
        "{kompose.service.type: nodeport, kompose.service.nodeport.port: 70000}",
        f"{{{POLICY}: local}}",
    ],
)
def test_labels_that_contradict_are_refused(labels: str) -> None:
    with pytest.raises(Unreadable, match=r"^services\.web\.labels\.kompose\.service\."):
        service(f"{{ports: ['80'], labels: {labels}}}")


def test_any_host_may_be_exposed() -> None:
    labels = "{kompose.service.expose: 'true, a.example/x/y', kompose.service.expose.tls-secret: s}"
    made = one(service(f"{{ports: ['8080:80'], labels: {labels}}}"), "Ingress")["spec"]
    (anywhere, named) = made["rules"]
    assert "host" not in anywhere
    assert anywhere["http"]["paths"] == [
        {
            "backend": {"service": {"name": "web", "port": {"number": 8080}}},
            "path": "/",
            "pathType": "Prefix",
        }
    ]
    assert (named["host"], named["http"]["paths"][0]["path"]) == ("a.example", "/x/y")
    assert made["tls"] == [{"hosts": ["a.example"], "secretName": "s"}]


def test_what_has_no_ports_is_not_exposed() -> None:
    assert kinds(service("labels: {kompose.service.expose: 'true'}")) == ["Deployment/web"]


NETWORKS = """
    name: Shop
    services:
      web: {image: i, networks: {front: , back_end: {aliases: [x]}}}
      db: {image: i, networks: [back_end, outside]}
      job: {image: i}
      raw: {image: i, network_mode: host}
    networks:
      front: {name: Front.Net!}
      back_end:
      outside: {external: true}
"""


def test_every_network_has_a_policy() -> None:
    result = converted(NETWORKS, Options(annotations=False))
    policies = [each["metadata"]["name"] for each in result.objects if "Net" in each["kind"]]
    assert policies == ["outside", "shop-back-end", "shop-default", "front.net"]
    assert one(result, "NetworkPolicy", "front.net") == {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "front.net"},
        "spec": {
            "ingress": [
                {
                    "from": [
                        {"podSelector": {"matchLabels": {"io.kompose.network/front.net": "true"}}}
                    ]
                }
            ],
            "podSelector": {"matchLabels": {"io.kompose.network/front.net": "true"}},
        },
    }
    web = one(result, "Deployment")["spec"]["template"]["metadata"]["labels"]
    assert web == SELECTOR | {
        "io.kompose.network/front.net": "true",
        "io.kompose.network/shop-back-end": "true",
    }


def test_networks_are_left_out_where_not_wanted() -> None:
    result = converted(NETWORKS)
    assert {each["kind"] for each in result.objects} == {"Deployment"}
    labels = one(result, "Deployment")["spec"]["template"]["metadata"]["labels"]
    assert labels == SELECTOR


@pytest.mark.parametrize("lines", ["network_mode: host", "network_mode: none"])
def test_a_service_outside_of_networks_has_none(lines: str) -> None:
    assert kinds(service(lines, Options())) == ["Deployment/web"]


def test_a_service_in_the_network_of_another_joins_its_pod() -> None:
    result = converted("""
        services:
          web: {image: i, ports: ['80'], volumes: ['shared:/s']}
          log: {image: l, network_mode: 'service:web', volumes: ['shared:/s', /own]}
          tail: {image: t, network_mode: 'service:log'}
        volumes: {shared: }
    """)
    assert kinds(result) == [
        "Service/web",
        "PersistentVolumeClaim/shared",
        "PersistentVolumeClaim/log-claim1",
        "Deployment/web",
    ]
    assert [each["name"] for each in pod(result)["containers"]] == ["web", "log", "tail"]
    assert [each["name"] for each in pod(result)["volumes"]] == ["shared", "log-claim1"]


def test_a_name_may_be_overridden() -> None:
    result = service("{ports: ['80'], labels: {kompose.service.name_override: My_Web}}")
    assert kinds(result) == ["Service/my-web", "Deployment/my-web"]

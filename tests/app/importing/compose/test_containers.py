"""Containers, their probes, and the rest of their pods."""

from __future__ import annotations

from typing import Any

import pytest

from app.importing.refusals import Unreadable
from tests.compose_files import container, converted, pod, service


@pytest.mark.parametrize(
    ("lines", "key", "value"),
    [
        ("entrypoint: /run.sh -x", "command", ["/run.sh", "-x"]),
        ("command: run 'a b'", "args", ["run", "a b"]),
        ("command: [echo, $$HOME, '$${USER_ID}/x', 5$$]", "args", None),
        ("working_dir: /code", "workingDir", "/code"),
        ("stdin_open: true", "stdin", True),
        ("tty: 'true'", "tty", True),
        ("tty: false", "tty", None),
        ("container_name: My_Box", "name", "my-box"),
        ("user: '1000'", "securityContext", {"runAsUser": 1000}),
        ("user: 0:5", "securityContext", {"runAsGroup": 5, "runAsUser": 0}),
        ("cap_drop: [ALL]", "securityContext", {"capabilities": {"drop": ["ALL"]}}),
        ("privileged: true", "securityContext", {"privileged": True}),
        ("read_only: true", "securityContext", {"readOnlyRootFilesystem": True}),
        ("mem_limit: 50M", "resources", {"limits": {"memory": "52428800"}}),
        (
            "deploy: {resources: {limits: {cpus: 1.5, memory: 1k}, reservations: {cpus: '2'}}}",
            "resources",
            {"limits": {"cpu": "1500m", "memory": "1024"}, "requests": {"cpu": "2"}},
        ),
        ("labels: {kompose.image-pull-policy: ifnotpresent}", "imagePullPolicy", "IfNotPresent"),
        (
            "ports: ['127.0.0.1:8080:80', '81:80', '80:80/udp']",
            "ports",
            [
                {"containerPort": 80, "hostIP": "127.0.0.1", "protocol": "TCP"},
                {"containerPort": 80, "protocol": "UDP"},
            ],
        ),
        (
            "{ports: ['8080:80'], labels: {kompose.controller.port.expose: true}}",
            "ports",
            [{"containerPort": 80, "hostPort": 8080, "protocol": "TCP"}],
        ),
    ],
)
def test_a_container_has_what_its_service_says(lines: str, key: str, value: Any) -> None:
    made = container(lines)
    expected = ["echo", "$(HOME)", "$(USER_ID)/x", "5$"] if "HOME" in lines else value
    assert made.get(key) == expected


@pytest.mark.parametrize(
    ("lines", "probe"),
    [
        ("{test: curl x, interval: 1m}", {"exec": {"command": ["curl x"]}, "periodSeconds": 60}),
        (
            "{test: [CMD, a, b], timeout: 2s}",
            {"exec": {"command": ["a", "b"]}, "timeoutSeconds": 2},
        ),
        ("{test: [CMD-SHELL, a b]}", {"exec": {"command": ["a b"]}}),
        (
            "{test: a, retries: 3, start_period: 1m30s}",
            {"exec": {"command": ["a"]}, "failureThreshold": 3, "initialDelaySeconds": 90},
        ),
        ("{test: [NONE]}", None),
        ("{test: a, disable: true}", None),
        ("{interval: 5s}", None),
    ],
)
def test_liveness_is_the_health_check(lines: str, probe: Any) -> None:
    assert container(f"healthcheck: {lines}").get("livenessProbe") == probe


READINESS = "kompose.service.healthcheck.readiness."


@pytest.mark.parametrize(
    ("labels", "probe"),
    [
        ({"test": "CMD echo 'a b'"}, {"exec": {"command": ["echo", "a b"]}}),
        ({"tcp_port": "80", "interval": "5s"}, {"tcpSocket": {"port": 80}, "periodSeconds": 5}),
        ({"http_get_path": "/x", "http_get_port": 8}, {"httpGet": {"path": "/x", "port": 8}}),
        ({"http_get_path": "/x"}, None),
        ({"test": "a", "disable": True}, None),
        ({"test": "NONE"}, None),
    ],
)
def test_readiness_is_what_labels_say(labels: dict[str, Any], probe: Any) -> None:
    written = {READINESS + key: value for key, value in labels.items()}
    assert container(f"labels: {written}").get("readinessProbe") == probe


@pytest.mark.parametrize(
    "lines",
    [
        "healthcheck: {test: [curl, x]}",
        "healthcheck: {test: a, interval: often}",
        f'labels: {{{READINESS}test: "a \'b"}}',
        f"labels: {{{READINESS}tcp_port: 70000}}",
        "labels: {kompose.image-pull-policy: sometimes}",
    ],
)
def test_what_probes_and_labels_may_not_say(lines: str) -> None:
    with pytest.raises(Unreadable, match=r"^services\.web\."):
        service(lines)


@pytest.mark.parametrize(
    ("lines", "key", "value"),
    [
        ("hostname: h", "hostname", "h"),
        ("domainname: d.example", "subdomain", "d.example"),
        ("stop_grace_period: 1m30s", "terminationGracePeriodSeconds", 90),
        ("stop_grace_period: 0s", "terminationGracePeriodSeconds", 0),
        ("group_add: ['10', 20]", "securityContext", {"supplementalGroups": [10, 20]}),
        ("labels: {kompose.security-context.fsgroup: 7}", "securityContext", {"fsGroup": 7}),
        ("labels: {kompose.image-pull-secret: s}", "imagePullSecrets", [{"name": "s"}]),
        ("labels: {kompose.serviceaccount-name: a}", "serviceAccountName", "a"),
    ],
)
def test_a_pod_has_what_its_service_says(lines: str, key: str, value: Any) -> None:
    assert pod(service(lines))[key] == value


def test_placement_is_affinity_and_spread() -> None:
    result = service("""
        deploy:
          placement:
            constraints:
              - node.labels.zone != a
              - node.hostname==h1
              - engine.labels.operatingsystem == linux
              - node.role == manager
            preferences: [{spread: node.labels.zone}, {spread: node.hostname}]
    """)
    made = pod(result)
    (term,) = made["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][
        "nodeSelectorTerms"
    ]
    assert term["matchExpressions"] == [
        {"key": "kubernetes.io/hostname", "operator": "In", "values": ["h1"]},
        {"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]},
        {"key": "zone", "operator": "NotIn", "values": ["a"]},
    ]
    spread = made["topologySpreadConstraints"]
    assert [(each["topologyKey"], each["maxSkew"]) for each in spread] == [
        ("zone", 2),
        ("kubernetes.io/hostname", 1),
    ]
    assert result.warnings == (
        "services.web.deploy.placement.constraints[3]: not expressed: node.role == manager",
    )


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ('\'[ " bundle ", "exec" ]\'', ["bundle", "exec"]),
        ("'[sh, -c, \"until a; do b, c; done\"]'", ["sh", "-c", "until a; do b, c; done"]),
        ("bundle exec", ["bundle exec"]),
    ],
)
def test_a_container_may_run_before(command: str, words: list[str]) -> None:
    result = service(f"""
        labels:
          kompose.init.containers.image: busybox
          kompose.init.containers.command: {command}
    """)
    assert pod(result)["initContainers"] == [
        {"command": words, "image": "busybox", "name": "init-service"}
    ]


def test_a_user_by_name_is_told_and_left_out() -> None:
    result = converted("services: {web: {image: i, user: postgres}}")
    assert "securityContext" not in pod(result)["containers"][0]
    assert result.warnings == ("services.web.user: only numbers can be expressed, not postgres.",)

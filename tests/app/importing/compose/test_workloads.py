from __future__ import annotations

from typing import Any

import pytest

from app.importing.compose import Options
from app.importing.refusals import Unreadable
from tests.compose_files import BARE, kinds, one, pod, service

LABEL = {"io.kompose.service": "web"}


@pytest.mark.parametrize(
    ("lines", "workload"),
    [
        ("{}", "Deployment"),
        ("restart: unless-stopped", "Deployment"),
        ("deploy: {mode: global}", "DaemonSet"),
        ("deploy: {mode: replicated}", "Deployment"),
        ("labels: {kompose.controller.type: daemonset}", "DaemonSet"),
        ("labels: [kompose.controller.type=StatefulSet]", "StatefulSet"),
        ("{deploy: {mode: global}, labels: {kompose.controller.type: deployment}}", "Deployment"),
        ("restart: 'no'", "Pod"),
        ("restart: on-failure:5", "Pod"),
        ("{restart: always, deploy: {restart_policy: {condition: none}}}", "Pod"),
        ("{restart: 'no', deploy: {restart_policy: {condition: any}}}", "Deployment"),
        ("{restart: 'no', labels: {kompose.cronjob.schedule: '1 * * * *'}}", "CronJob"),
        ("{restart: always, labels: {kompose.cronjob.schedule: '1 * * * *'}}", "Deployment"),
    ],
)
def test_the_kind_follows_from_the_file(lines: str, workload: str) -> None:
    assert f"{workload}/web" in kinds(service(lines))


def test_the_caller_chooses_where_the_file_does_not() -> None:
    chosen = Options(controller="daemonset")
    assert "DaemonSet/web" in kinds(service("restart: 'no'", chosen))
    assert "Deployment/web" in kinds(
        service("labels: {kompose.controller.type: deployment}", chosen)
    )


def test_an_unknown_controller_is_refused() -> None:
    with pytest.raises(Unreadable, match=r"services.web.labels.kompose.controller.type: job is"):
        service("labels: {kompose.controller.type: job}")


def test_a_deployment_is_whole() -> None:
    assert one(service("deploy: {replicas: 3, labels: {a: b}}"), "Deployment") == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"labels": {"a": "b"} | LABEL, "name": "web"},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": LABEL},
            "template": {
                "metadata": {"labels": LABEL},
                "spec": {
                    "containers": [{"image": "nginx", "name": "web"}],
                    "restartPolicy": "Always",
                },
            },
        },
    }


@pytest.mark.parametrize(
    ("asked", "given", "made"), [(None, 3, 3), (None, 0, 1), (1, 3, 1), (5, 3, 5)]
)
def test_the_caller_decides_on_replicas_first(asked: int | None, given: int, made: int) -> None:
    result = service(f"deploy: {{replicas: {given}}}", Options(replicas=asked))
    assert one(result, "Deployment")["spec"]["replicas"] == made


def test_a_daemon_set_has_no_replicas() -> None:
    assert one(service("deploy: {mode: global}"), "DaemonSet")["spec"].keys() == {
        "selector",
        "template",
    }


@pytest.mark.parametrize(
    ("lines", "strategy"),
    [
        ("{}", None),
        ("volumes: [/data]", {"type": "Recreate"}),
        ("tmpfs: /run", None),
        (
            "deploy: {update_config: {order: start-first, parallelism: 2}}",
            {
                "rollingUpdate": {"maxSurge": 2, "maxUnavailable": 0},
                "type": "RollingUpdate",
            },
        ),
        (
            "deploy: {update_config: {order: stop-first}}",
            {"rollingUpdate": {"maxSurge": 0}, "type": "RollingUpdate"},
        ),
        ("deploy: {update_config: {parallelism: 2}}", None),
    ],
)
def test_updates_follow_volumes_and_order(lines: str, strategy: Any) -> None:
    assert one(service(lines), "Deployment")["spec"].get("strategy") == strategy


def test_a_cron_job_has_its_labels() -> None:
    spec = one(
        service("""
            restart: on-failure
            labels:
              kompose.cronjob.schedule: 0 3 * * *
              kompose.cronjob.concurrency_policy: forbid
              kompose.cronjob.backoff_limit: 0
        """),
        "CronJob",
    )["spec"]
    assert (spec["schedule"], spec["concurrencyPolicy"]) == ("0 3 * * *", "Forbid")
    assert spec["jobTemplate"]["spec"]["backoffLimit"] == 0
    template = spec["jobTemplate"]["spec"]["template"]
    assert template["metadata"]["labels"] == LABEL
    assert template["spec"]["restartPolicy"] == "OnFailure"


def test_a_stateful_set_claims_for_itself_and_has_a_headless_service() -> None:
    result = service(
        "{labels: {kompose.controller.type: statefulset}, volumes: [/data], tmpfs: /run}"
    )
    spec = one(result, "StatefulSet")["spec"]
    assert [each["metadata"]["name"] for each in spec["volumeClaimTemplates"]] == ["web-claim0"]
    assert [each["name"] for each in pod(result, "StatefulSet")["volumes"]] == ["web-tmpfs0"]
    assert one(result, "Service")["spec"]["clusterIP"] == "None"
    assert kinds(result) == ["Service/web", "StatefulSet/web"]


@pytest.mark.parametrize(
    ("labels", "spec"),
    [
        ("{kompose.hpa.cpu: 80%}", (1, 3, [50, 70])),
        ("{kompose.hpa.replicas.min: 6, kompose.hpa.replicas.max: 5}", (6, 6, [50, 70])),
        ("{kompose.hpa.cpu: 0, kompose.hpa.memory: 90}", (1, 3, [90])),
    ],
)
def test_an_autoscaler_has_its_labels_or_the_usual(labels: str, spec: Any) -> None:
    scaler = one(service(f"labels: {labels}"), "HorizontalPodAutoscaler")["spec"]
    percents = [each["resource"]["target"]["averageUtilization"] for each in scaler["metrics"]]
    assert (scaler["minReplicas"], scaler["maxReplicas"], percents) == spec
    assert scaler["scaleTargetRef"]["kind"] == "Deployment"


def test_what_does_not_scale_is_told() -> None:
    result = service("{restart: 'no', labels: {kompose.hpa.cpu: 80}}")
    assert kinds(result) == ["Pod/web"]
    assert result.warnings == ("services.web: a Pod is not scaled automatically.",)


def test_annotations_are_the_labels_of_the_service_where_wanted() -> None:
    lines = "{ports: [80], labels: {b: 1, a: x}, annotations: {c: d}}"
    wanted = {"a": "x", "b": "1", "c": "d"}
    result = service(lines, Options(network_policies=False))
    assert one(result, "Service")["metadata"]["annotations"] == wanted
    deployment = one(result, "Deployment")
    assert deployment["metadata"]["annotations"] == wanted
    assert deployment["spec"]["template"]["metadata"]["annotations"] == wanted
    assert "annotations" not in one(service(lines, BARE), "Service")["metadata"]

"""The `deploy` section, and when containers start again.

https://github.com/compose-spec/compose-spec/blob/main/deploy.md
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.importing.compose.project import Deploy, Requirement, Resources, RestartPolicy
from app.importing.compose.reading.scalars import byte_count, millicores, pairs, text, whole
from app.importing.refusals import Unreadable

MOST_REPLICAS = 10_000
RESTARTS: dict[str, RestartPolicy] = {
    "": "Always",
    "always": "Always",
    "any": "Always",
    "unless-stopped": "Always",
    "on-failure": "OnFailure",
    "no": "Never",
    "none": "Never",
}
#: Labels of nodes: Docker's name and Kubernetes'; others are `node.labels.<label>`.
NODE_LABELS = {
    "node.hostname": "kubernetes.io/hostname",
    "engine.labels.operatingsystem": "kubernetes.io/os",
}
OWN_LABELS = "node.labels."


def restart_policy(service: dict[str, Any], path: str) -> RestartPolicy:
    """The policy, where `deploy.restart_policy` wins. Raises Unreadable for an unknown one."""
    asked = (service.get("deploy") or {}).get("restart_policy")
    written = text(service.get("restart") if asked is None else asked.get("condition"))
    found = RESTARTS.get(written.partition(":")[0])  # on-failure:3 says how often
    if found is None:
        known = ", ".join(name for name in RESTARTS if name)
        raise Unreadable(f"{path}: the restart policy {written[:40]} is none of {known}.")
    return found


def deploy(service: dict[str, Any], path: str, warnings: list[str]) -> Deploy:
    """How often and where a service runs, and with what resources."""
    given = service.get("deploy") or {}
    where = f"{path}.deploy"
    resources = given.get("resources") or {}
    placement = given.get("placement") or {}
    update = given.get("update_config") or {}
    limits = _resources(resources.get("limits"), f"{where}.resources.limits")
    if resources.get("limits") is None:
        limits = Resources(memory=_memory(service.get("mem_limit"), f"{path}.mem_limit"))
    parallelism = update.get("parallelism")
    return Deploy(
        everywhere=given.get("mode") == "global",
        replicas=whole(given.get("replicas") or 0, f"{where}.replicas", 0, MOST_REPLICAS),
        labels={key: value or "" for key, value in pairs(given.get("labels")).items()},
        virtual_ip=given.get("endpoint_mode") == "vip",
        order=text(update.get("order")),
        parallelism=None if parallelism is None else whole(parallelism, f"{where}.update_config"),
        limits=limits,
        requests=_resources(resources.get("reservations"), f"{where}.resources.reservations"),
        requirements=tuple(_requirements(placement, where, warnings)),
        spread=tuple(_spread(placement, where, warnings)),
    )


def _memory(value: Any, path: str) -> int:
    return byte_count(value, path) if value else 0


def _resources(given: dict[str, Any] | None, path: str) -> Resources:
    asked = given or {}
    return Resources(
        memory=_memory(asked.get("memory"), f"{path}.memory"),
        millicores=millicores(asked.get("cpus"), f"{path}.cpus"),
    )


def _requirements(
    placement: dict[str, Any], path: str, warnings: list[str]
) -> Iterator[Requirement]:
    for n, written in enumerate(placement.get("constraints") or ()):
        unequal = "!=" in written
        name, operator, value = written.partition("!=" if unequal else "==")
        key = _node_label(name.strip())
        if key and operator:
            yield Requirement(key, "NotIn" if unequal else "In", value.strip())
        else:
            warnings.append(f"{path}.placement.constraints[{n}]: not expressed: {written[:80]}")


def _spread(placement: dict[str, Any], path: str, warnings: list[str]) -> Iterator[str]:
    for n, preference in enumerate(placement.get("preferences") or ()):
        written = text(preference.get("spread"))
        key = _node_label(written)
        if key:
            yield key
        else:
            warnings.append(f"{path}.placement.preferences[{n}]: not expressed: {written[:80]}")


def _node_label(name: str) -> str:
    own = name.removeprefix(OWN_LABELS) if name.startswith(OWN_LABELS) else ""
    return NODE_LABELS.get(name, own)

"""Services in the network of another (`network_mode: service:x`): their containers join its pod."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.importing.compose.project import Service
from app.importing.refusals import Unreadable


def hosts(services: tuple[Service, ...]) -> dict[str, str]:
    """The key of each service that joins another, with that of the service whose pod it ends in.

    Raises Unreadable where services join each other in a circle.
    """
    joins = {each.key: each.joins for each in services if each.joins}
    return {key: _host(key, joins) for key in joins}


def _host(key: str, joins: Mapping[str, str]) -> str:
    passed = {key}
    last = joins[key]
    while last in joins:
        if last in passed:
            path = f"services.{key}.network_mode"
            raise Unreadable(f"{path}: services join each other in a circle.")
        passed.add(last)
        last = joins[last]
    return last


def join(workloads: Mapping[str, dict[str, Any]], joined: Mapping[str, str]) -> None:
    """Moves containers and volumes into the pods they join. Changes the given workloads."""
    for key, host in sorted(joined.items()):
        source, target = _pod_of(workloads[key]), _pod_of(workloads[host])
        for part in ("containers", "initContainers", "volumes"):
            more = source.get(part, [])
            known = {each["name"] for each in target.get(part, []) if part == "volumes"}
            fresh = [each for each in more if each["name"] not in known]
            if fresh:
                target[part] = target.get(part, []) + fresh


def _pod_of(workload: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = workload["spec"]
    if "jobTemplate" in spec:
        spec = spec["jobTemplate"]["spec"]
    pod: dict[str, Any] = spec["template"]["spec"] if "template" in spec else spec
    return pod

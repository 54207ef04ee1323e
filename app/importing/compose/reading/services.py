"""One service of the file, read.

https://github.com/compose-spec/compose-spec/blob/main/05-services.md
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from app.importing.compose.names import label
from app.importing.compose.project import Container, Security, Service
from app.importing.compose.reading import hints
from app.importing.compose.reading.deploy import deploy, restart_policy
from app.importing.compose.reading.files import env_files, file_mounts
from app.importing.compose.reading.ports import ports
from app.importing.compose.reading.probes import liveness, readiness
from app.importing.compose.reading.scalars import (
    flag,
    maybe_whole,
    pairs,
    seconds,
    strings,
    text,
    whole,
    words,
)
from app.importing.compose.reading.volumes import mounts

#: The keys that kompose tells it does not express. What only orders or names services
#: (`depends_on`, `links`) is lost without a word: nothing of Kubernetes needs it.
NOT_EXPRESSED = (
    "cgroup_parent",
    "cpu_shares",
    "cpuset",
    "devices",
    "dns",
    "dns_search",
    "external_links",
    "extra_hosts",
    "ipc",
    "logging",
    "mac_address",
    "memswap_limit",
    "security_opt",
    "shm_size",
    "stop_signal",
    "sysctls",
    "ulimits",
    "userns_mode",
    "uts",
    "volumes_from",
)
JOINS = "service:"
NAME_LABEL = "kompose.service.name_override"
FILESYSTEM_GROUP = "kompose.security-context.fsgroup"
LARGEST_ID = 2**31 - 1
_USER = re.compile(r"(\d{1,10})(?::(\d{1,10}))?")


def labels_of(service: Mapping[str, Any]) -> dict[str, str]:
    """The labels of a service; one without a value is empty."""
    return {key: value or "" for key, value in pairs(service.get("labels")).items()}


def kubernetes_name(key: str, service: Mapping[str, Any]) -> str:
    """The name of the service's objects: its own, or the one its label gives it."""
    return label(labels_of(service).get(NAME_LABEL) or key, f"services.{key}")


def service(
    key: str, given: dict[str, Any], networks: tuple[str, ...], warnings: list[str]
) -> Service:
    """The service `key`. `networks` are names already; what is not expressed goes to `warnings`."""
    path = f"services.{key}"
    labels = labels_of(given)
    found_ports = ports(given, path)
    found_mounts, memory = mounts(given, path)
    deployed = deploy(given, path, warnings)
    grace = given.get("stop_grace_period")
    return Service(
        key=key,
        name=kubernetes_name(key, given),
        container=_container(key, given, labels),
        restart=restart_policy(given, path),
        controller=hints.controller(labels, path),
        labels=labels
        | {name: value or "" for name, value in pairs(given.get("annotations")).items()},
        env_files=env_files(given.get("env_file"), f"{path}.env_file"),
        ports=found_ports,
        mounts=found_mounts,
        tmpfs=memory,
        secrets=file_mounts(given.get("secrets"), f"{path}.secrets"),
        configs=file_mounts(given.get("configs"), f"{path}.configs"),
        networks=networks,
        joins=_joined(given),
        hostname=text(given.get("hostname")),
        domainname=text(given.get("domainname")),
        grace_period=None if grace is None else seconds(grace, f"{path}.stop_grace_period"),
        deploy=deployed,
        security=_security(given, labels, path, warnings),
        exposure=hints.exposure(labels, found_ports, path, virtual_ip=deployed.virtual_ip),
        schedule=hints.schedule(labels, path),
        scaling=hints.scaling(labels),
        init=hints.init_container(labels, path),
        storage=hints.storage(labels, path),
        pulling=hints.pulling(labels, path),
    )


def _joined(given: dict[str, Any]) -> str:
    mode = text(given.get("network_mode"))
    return mode.removeprefix(JOINS) if mode.startswith(JOINS) else ""


def _container(key: str, given: dict[str, Any], labels: dict[str, str]) -> Container:
    path = f"services.{key}"
    name = kubernetes_name(key, given)
    environment = pairs(given.get("environment"))
    return Container(
        name=label(text(given.get("container_name")) or name, f"{path}.container_name"),
        image=text(given.get("image")) or name,
        command=words(given.get("entrypoint"), f"{path}.entrypoint"),
        args=words(given.get("command"), f"{path}.command"),
        environment=tuple(sorted((k, v) for k, v in environment.items() if v is not None)),
        working_dir=text(given.get("working_dir")),
        stdin=flag(given.get("stdin_open"), f"{path}.stdin_open"),
        tty=flag(given.get("tty"), f"{path}.tty"),
        liveness=liveness(given.get("healthcheck") or {}, labels, path),
        readiness=readiness(labels, path),
    )


def _security(
    given: dict[str, Any], labels: dict[str, str], path: str, warnings: list[str]
) -> Security:
    written = text(given.get("user"))
    user = _USER.fullmatch(written)
    if written and user is None:
        warnings.append(f"{path}.user: only numbers can be expressed, not {written[:40]}.")
    groups = enumerate(given.get("group_add") or ())
    return Security(
        user=maybe_whole(user[1]) if user else None,
        group=maybe_whole(user[2]) if user else None,
        groups=tuple(whole(g, f"{path}.group_add[{n}]", 0, LARGEST_ID) for n, g in groups),
        filesystem_group=maybe_whole(labels.get(FILESYSTEM_GROUP)),
        add=strings(given.get("cap_add")),
        drop=strings(given.get("cap_drop")),
        privileged=flag(given.get("privileged"), f"{path}.privileged"),
        read_only=flag(given.get("read_only"), f"{path}.read_only"),
    )

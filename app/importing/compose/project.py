"""A Compose project in one form, whatever syntax its file used.

All names of Kubernetes are made already; durations are whole seconds, memory is bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

RestartPolicy = Literal["Always", "OnFailure", "Never"]
VolumeKind = Literal["persistentVolumeClaim", "emptyDir", "hostPath", "configMap"]


@dataclass(frozen=True)
class Port:
    """`published` is None where any port of the host will do; `protocol` is upper case."""

    target: int
    published: int | None
    protocol: str
    host_ip: str = ""


@dataclass(frozen=True)
class Mount:
    """A volume in a container. `source`: a named volume, a path of the host, or empty."""

    source: str
    target: str
    read_only: bool = False
    named: bool = False


@dataclass(frozen=True)
class FileMount:
    """One file of a secret or a config in a container; an empty `target` is the usual place."""

    source: str
    target: str
    mode: int | None = None


@dataclass(frozen=True)
class StoredFile:
    """A secret or a config of the project. `content` is None where it lies outside the file."""

    name: str
    key: str
    content: str | None
    external: bool


@dataclass(frozen=True)
class Volume:
    """What the labels of a named volume ask of its claim."""

    size: str = ""
    selector: str = ""
    storage_class: str = ""


@dataclass(frozen=True)
class Probe:
    """How health is found out: by a command, an HTTP path or a TCP port, in this order."""

    command: tuple[str, ...] = ()
    http_path: str = ""
    http_port: int = 0
    tcp_port: int = 0
    timeout: int = 0
    interval: int = 0
    retries: int = 0
    start_period: int = 0


@dataclass(frozen=True)
class Resources:
    """0 is no limit or no request."""

    memory: int = 0
    millicores: int = 0


@dataclass(frozen=True)
class Requirement:
    """A label that nodes must have, or must not have."""

    key: str
    operator: Literal["In", "NotIn"]
    value: str


@dataclass(frozen=True)
class Deploy:
    """The `deploy` section, with what it overrides or completes outside of it."""

    everywhere: bool = False
    replicas: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)
    virtual_ip: bool = False
    order: str = ""
    parallelism: int | None = None
    limits: Resources = Resources()
    requests: Resources = Resources()
    requirements: tuple[Requirement, ...] = ()
    spread: tuple[str, ...] = ()


@dataclass(frozen=True)
class Security:
    user: int | None = None
    group: int | None = None
    groups: tuple[int, ...] = ()
    filesystem_group: int | None = None
    add: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    privileged: bool = False
    read_only: bool = False


@dataclass(frozen=True)
class Exposure:
    """How a service is reached: the type of its Service, and hosts of an Ingress."""

    type: str = ""
    node_port: int = 0
    traffic_policy: str = ""
    host_ports: bool = False
    hosts: tuple[str, ...] = ()
    tls_secret: str = ""
    ingress_class: str = ""


@dataclass(frozen=True)
class Schedule:
    """Of a CronJob; an empty `cron` is none."""

    cron: str = ""
    concurrency: str = ""
    backoff_limit: int | None = None


@dataclass(frozen=True)
class Scaling:
    """Of a HorizontalPodAutoscaler; utilisations are percentages."""

    least: int
    most: int
    cpu: int
    memory: int


@dataclass(frozen=True)
class InitContainer:
    name: str
    image: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Storage:
    """What the labels of a service ask of all its volumes."""

    kind: VolumeKind = "persistentVolumeClaim"
    size: str = ""
    storage_class: str = ""
    subpath: str = ""


@dataclass(frozen=True)
class Pulling:
    secret: str = ""
    policy: str = ""
    account: str = ""


@dataclass(frozen=True)
class Container:
    """What runs. `environment` is sorted; a variable without a value is not in it."""

    name: str
    image: str
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    working_dir: str = ""
    stdin: bool = False
    tty: bool = False
    liveness: Probe | None = None
    readiness: Probe | None = None


@dataclass(frozen=True)
class Service:
    """One service. `joins` is the key of the service whose network it shares, or empty."""

    key: str
    name: str
    container: Container
    restart: RestartPolicy = "Always"
    controller: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    env_files: tuple[str, ...] = ()
    ports: tuple[Port, ...] = ()
    mounts: tuple[Mount, ...] = ()
    tmpfs: tuple[str, ...] = ()
    secrets: tuple[FileMount, ...] = ()
    configs: tuple[FileMount, ...] = ()
    networks: tuple[str, ...] = ()
    joins: str = ""
    hostname: str = ""
    domainname: str = ""
    grace_period: int | None = None
    deploy: Deploy = Deploy()
    security: Security = Security()
    exposure: Exposure = Exposure()
    schedule: Schedule = Schedule()
    scaling: Scaling | None = None
    init: InitContainer | None = None
    storage: Storage = Storage()
    pulling: Pulling = Pulling()


@dataclass(frozen=True)
class Project:
    """Services by name of Kubernetes; the rest by key of the file."""

    services: tuple[Service, ...]
    volumes: Mapping[str, Volume]
    secrets: Mapping[str, StoredFile]
    configs: Mapping[str, StoredFile]

"""What a caller may ask of the conversion, and what it gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Controller = Literal["deployment", "daemonset", "statefulset"]


@dataclass(frozen=True)
class Options:
    """The switches of `kompose convert` that matter here, as Meshery sets them.

    `annotations`: labels and annotations of a service become annotations of its objects.
    `network_policies`: pods are labelled with their networks, each of which gets a NetworkPolicy.
    `project`: begins the names of networks, unless the file has a `name`.
    `replicas`: of every workload; None leaves it to `deploy.replicas`.
    `controller`: the kind of every workload; None leaves it to the file.
    """

    annotations: bool = True
    network_policies: bool = True
    project: str = "meshery"
    replicas: int | None = 1
    controller: Controller | None = None


@dataclass(frozen=True)
class Converted:
    """Kubernetes objects, Services first, and what of the file they do not express."""

    objects: tuple[dict[str, Any], ...]
    warnings: tuple[str, ...]

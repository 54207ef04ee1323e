"""Names, labels and annotations of objects, and the leaving out of what is empty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.importing.compose.options import Options
from app.importing.compose.project import Service

SERVICE = "io.kompose.service"
NETWORK = "io.kompose.network/"


def present(values: Mapping[str, Any]) -> dict[str, Any]:
    """What is neither null, false nor empty; 0 stays. This is how Go leaves out fields."""
    return {
        key: each
        for key, each in values.items()
        if each is not None and each is not False and each not in ("", [], {})
    }


def service_label(name: str) -> dict[str, str]:
    """The label by which objects of a service, and its pods, are found."""
    return {SERVICE: name}


def network_label(network: str) -> dict[str, str]:
    """The label of pods in a network."""
    return {f"{NETWORK}{network}": "true"}


def annotated(service: Service, options: Options) -> dict[str, str]:
    """The labels and annotations of a service, where they are wanted."""
    return dict(sorted(service.labels.items())) if options.annotations else {}


def metadata(
    name: str, labels: Mapping[str, str], notes: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The `metadata` of an object; `notes` are its annotations."""
    return present({"annotations": dict(notes or {}), "labels": dict(labels), "name": name})


def built(
    api_version: str, kind: str, meta: dict[str, Any], body: dict[str, Any]
) -> dict[str, Any]:
    """An object; `body` has what lies beside `metadata`."""
    return {"apiVersion": api_version, "kind": kind, "metadata": meta} | body

"""Secrets, ConfigMaps and env files, as objects and in containers.

The files they are of are not at hand: their objects have the right keys, without content.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterator
from typing import Any

from app.importing.compose.names import LONGEST, env_file, label, suffixed
from app.importing.compose.project import FileMount, Project, Service, StoredFile
from app.importing.compose.writing.metadata import built, metadata, present, service_label
from app.importing.compose.writing.volumes import Mounted

SECRETS_FOLDER = "/run/secrets"


def secrets(project: Project, warnings: list[str]) -> Iterator[dict[str, Any]]:
    """A Secret for each secret of the project that is not external."""
    for name, stored in sorted(project.secrets.items()):
        if stored.external:
            warnings.append(f"secrets.{name}: external, so no Secret is made.")
            continue
        warnings.append(f"secrets.{name}: its content is not at hand; the Secret is empty.")
        meta = metadata(stored.name, service_label(stored.name))
        yield built("v1", "Secret", meta, {"type": "Opaque", "data": {stored.key: ""}})


def config_maps(
    service: Service, project: Project, warnings: list[str]
) -> Iterator[dict[str, Any]]:
    """A ConfigMap for each config of the service that is not external."""
    for use in service.configs:
        stored = project.configs[use.source]
        if stored.external:
            warnings.append(f"configs.{use.source}: external, so no ConfigMap is made.")
            continue
        if stored.content is None:
            warnings.append(f"configs.{use.source}: its file is not at hand; it is empty.")
        meta = metadata(stored.name, service_label(service.name))
        yield built("v1", "ConfigMap", meta, {"data": {stored.key: stored.content or ""}})


def env_config_maps(service: Service, warnings: list[str]) -> Iterator[dict[str, Any]]:
    """A ConfigMap for each env file of the service."""
    for file in service.env_files:
        warnings.append(f"services.{service.key}.env_file: {file[:80]} is not at hand; empty.")
        name = env_file(file, service.name)
        labels = service_label(f"{service.name}-{name}"[:LONGEST].rstrip("-"))
        yield built("v1", "ConfigMap", metadata(name, labels), {})


def env_sources(service: Service) -> list[dict[str, Any]]:
    """What the container takes its environment from."""
    return [{"configMapRef": {"name": env_file(file, service.name)}} for file in service.env_files]


def mounted_files(service: Service, project: Project) -> Iterator[Mounted]:
    """Each config, then each secret, as one file of the container."""
    used = Counter({label(each.source, "volumes") for each in service.mounts if each.named})
    for use, stored, place in _uses(service, project):
        used[stored.name] += 1
        times = used[stored.name]
        volume = stored.name if times == 1 else suffixed(stored.name, str(times))
        yield _mounted(use, stored, place, volume)


def _uses(
    service: Service, project: Project
) -> Iterator[tuple[FileMount, StoredFile, dict[str, str]]]:
    """Each with where it is mounted, and how a volume calls its kind and its name."""
    for use in service.configs:
        place = {"target": use.target or f"/{use.source}", "kind": "configMap", "naming": "name"}
        yield use, project.configs[use.source], place
    for use in service.secrets:
        target = posixpath.join(SECRETS_FOLDER, use.target or use.source)
        place = {"target": target, "kind": "secret", "naming": "secretName"}
        yield use, project.secrets[use.source], place


def _mounted(use: FileMount, stored: StoredFile, place: dict[str, str], volume: str) -> Mounted:
    file = posixpath.basename(place["target"].rstrip("/")) or stored.key
    source = {
        "defaultMode": use.mode,
        "items": [{"key": stored.key, "path": file}],
        place["naming"]: stored.name,
    }
    shown = {"mountPath": place["target"], "name": volume, "subPath": file}
    return Mounted(shown, {place["kind"]: present(source), "name": volume})

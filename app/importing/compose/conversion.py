"""The conversion of a Compose file, as kompose does it.

https://kompose.io/conversion/
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from app.importing.compose.options import Converted, Options
from app.importing.compose.project import Project, Service
from app.importing.compose.reading.projects import project
from app.importing.compose.writing.autoscalers import autoscalers
from app.importing.compose.writing.files import (
    config_maps,
    env_config_maps,
    mounted_files,
    secrets,
)
from app.importing.compose.writing.ingresses import ingresses
from app.importing.compose.writing.networks import network_policies
from app.importing.compose.writing.services import services
from app.importing.compose.writing.sharing import hosts, join
from app.importing.compose.writing.volumes import Mounted, mounted
from app.importing.compose.writing.workloads import kind_of, workload

CLAIM = "PersistentVolumeClaim"


def convert(document: dict[str, Any], options: Options | None = None) -> Converted:
    """The objects of a Compose file: Services, Secrets, then the rest by service.

    Nothing outside the document counts: no variable is set and no file is at hand. Raises
    Refused for what is no Compose file, goes over a limit, or needs other Compose files.
    """
    chosen = options or Options()
    warnings: list[str] = []
    found = project(document, chosen.project, warnings)
    return Converted(tuple(_Run(found, chosen, warnings).objects()), tuple(dict.fromkeys(warnings)))


@dataclass(frozen=True)
class _Run:
    """One conversion; what it cannot express it adds to `warnings`."""

    project: Project
    options: Options
    warnings: list[str]

    def objects(self) -> list[dict[str, Any]]:
        every = self.project.services
        joined = hosts(every)
        mounts = {each.key: self._mounts(each) for each in every}
        workloads = {each.key: workload(each, mounts[each.key], self.options) for each in every}
        join(workloads, joined)
        made = [*secrets(self.project, self.warnings)]
        for each in every:
            own = () if each.key in joined else (workloads[each.key],)
            made += self._of_service(each, mounts[each.key], own)
        return self._ordered(made)

    def _mounts(self, service: Service) -> list[Mounted]:
        return [*mounted_files(service, self.project), *mounted(service, self.project)]

    def _of_service(
        self, service: Service, mounts: list[Mounted], own: tuple[dict[str, Any], ...]
    ) -> list[dict[str, Any]]:
        """All objects of one service; its workload is not its own in another's pod."""
        kind = kind_of(service, self.options)
        stateful = kind == "StatefulSet"
        reached = services(service, self.options, headless=stateful)
        made = [each.made for each in mounts if each.made is not None]
        return [
            *config_maps(service, self.project, self.warnings),
            *own,
            *env_config_maps(service, self.warnings),
            *reached,
            *ingresses(service, reached, self.options),
            *(each for each in made if not (stateful and each["kind"] == CLAIM)),
            *network_policies(service, self.options),
            *(autoscalers(service, kind, self.warnings) if own else ()),
        ]

    def _ordered(self, objects: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Services first; of objects with the same kind and name only the first."""
        unique: dict[tuple[str, str], dict[str, Any]] = {}
        for each in objects:
            kind, name = each["kind"], each["metadata"]["name"]
            first = unique.setdefault((kind, name), each)
            if first | {"metadata": {}} != each | {"metadata": {}}:
                self.warnings.append(f"{kind} {name}: asked for in two ways; the first is made.")
        return sorted(unique.values(), key=lambda each: each["kind"] != "Service")

"""The whole file, read into a project.

https://github.com/compose-spec/compose-spec/blob/main/spec.md
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.importing.compose.names import network
from app.importing.compose.project import Project, Service
from app.importing.compose.reading.extending import extended, without_profiles
from app.importing.compose.reading.files import stored
from app.importing.compose.reading.interpolation import interpolate
from app.importing.compose.reading.scalars import external, text
from app.importing.compose.reading.services import NOT_EXPRESSED, kubernetes_name, service
from app.importing.compose.reading.validity import check_bounds, check_schema, check_version
from app.importing.compose.reading.volumes import volumes
from app.importing.refusals import TooLarge, Unreadable, Unsupported

MOST_PORTS = 20_000


def project(document: dict[str, Any], called: str, warnings: list[str]) -> Project:
    """The project of a Compose file. `called` names it where the file does not.

    Raises Refused for what is no Compose file, goes over a limit or needs other files.
    """
    check_bounds(document)
    check_version(document.get("version"))
    if document.get("include"):
        raise Unsupported("include: other Compose files cannot be taken in here.")
    whole, unset = interpolate(_plain(document))
    warnings.extend(f"The variable {name} is not set: it is empty here." for name in sorted(unset))
    check_schema(whole)
    named = text(whole.get("name")) or called
    active, left_out = without_profiles(extended(whole.get("services") or {}))
    warnings.extend(f"services.{key}: left out, as no profile is chosen." for key in left_out)
    warnings.extend(_not_expressed(active))
    found = Project(
        services=tuple(_services(active, whole.get("networks") or {}, named, warnings)),
        volumes=volumes(whole.get("volumes")),
        secrets=stored(whole.get("secrets"), "secrets", by_name=True),
        configs=stored(whole.get("configs"), "configs", by_name=False),
    )
    _check_references(found)
    return found


def _plain(document: dict[str, Any]) -> dict[str, Any]:
    """The file without what YAML 1.1 makes of `version: 3.8` and of `restart: no`."""
    plain = {key: each for key, each in document.items() if key != "version"}
    services = plain.get("services")
    if isinstance(services, dict):
        plain["services"] = {
            key: {**each, "restart": "no"}
            if isinstance(each, dict) and each.get("restart") is False
            else each
            for key, each in services.items()
        }
    return plain


def _not_expressed(services: Mapping[str, dict[str, Any]]) -> Iterator[str]:
    for key in NOT_EXPRESSED:
        having = [name for name, each in services.items() if each.get(key)]
        if having:
            others = f" and {len(having) - 1} more" if len(having) > 1 else ""
            yield f"services.{having[0]}.{key}{others}: not expressed in Kubernetes."


def _services(
    services: Mapping[str, dict[str, Any]],
    networks: Mapping[str, Any],
    called: str,
    warnings: list[str],
) -> Iterator[Service]:
    """The services by name. Raises Unreadable where two get the same, TooLarge for their ports."""
    owners: dict[str, str] = {}
    for key, given in services.items():
        other = owners.setdefault(kubernetes_name(key, given), key)
        if other != key:
            raise Unreadable(f"services: {other} and {key} get the same name in Kubernetes.")
    ports = 0
    for _, key in sorted(owners.items()):
        joined = tuple(sorted(_networks(key, services[key], networks, called)))
        found = service(key, services[key], joined, warnings)
        ports += len(found.ports)
        if ports > MOST_PORTS:
            raise TooLarge(f"services: they have more than {MOST_PORTS} ports together.")
        yield found


def _networks(
    key: str, given: dict[str, Any], networks: Mapping[str, Any], called: str
) -> Iterator[str]:
    """The names of a service's networks: the default one unless the file says otherwise."""
    if given.get("network_mode"):
        return
    for name in given.get("networks") or ("default",):
        path = f"services.{key}.networks.{name}"
        if name not in networks and name != "default":
            raise Unreadable(f"{path}: the file has no network {name[:80]}.")
        entry = networks.get(name) or {}
        outside = external(entry.get("external"), f"networks.{name}.external")
        usual = name if outside else f"{called}_{name}"
        yield network(text(entry.get("name")) or usual, path)


def _check_references(found: Project) -> None:
    """Raises Unreadable for a volume, a secret, a config or a service that the file lacks."""
    keys = {each.key for each in found.services}
    for each in found.services:
        references: tuple[tuple[str, Iterable[str], Iterable[str]], ...] = (
            ("volumes", (m.source for m in each.mounts if m.named), found.volumes),
            ("secrets", (m.source for m in each.secrets), found.secrets),
            ("configs", (m.source for m in each.configs), found.configs),
            ("network_mode", (each.joins,) if each.joins else (), keys),
        )
        for section, wanted, known in references:
            missing = next((name for name in wanted if name not in known), None)
            if missing is not None:
                where = f"services.{each.key}.{section}"
                raise Unreadable(f"{where}: the file does not define “{missing[:80]}”.")

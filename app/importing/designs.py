"""Kubernetes objects made into a Meshery design (schemas.meshery.io, v1beta1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from app.importing.kubernetes import Object

SCHEMA_VERSION = "designs.meshery.io/v1beta1"
COMPONENT_SCHEMA_VERSION = "components.meshery.io/v1beta1"
FIRST_VERSION = "0.0.1"

#: The kind and the API version of an object.
Kind = tuple[str, str]

#: The model of a component that no registered model defines.
GENERIC: Mapping[str, Any] = {
    "name": "generic",
    "displayName": "Generic",
    "schemaVersion": "models.meshery.io/v1beta1",
    "version": "v1.0.0",
    "status": "enabled",
    "registrant": {"kind": "meshery", "name": "meshery"},
    "category": {"name": "Uncategorized"},
    "model": {"version": ""},
}

#: What a declaration takes over from the definition of its kind.
TAKEN_OVER = ("version", "metadata", "capabilities", "styles", "status")
#: What an object has that is no configuration of it.
NOT_CONFIGURED = frozenset({"apiVersion", "kind", "status"})


@dataclass(frozen=True)
class Known:
    """What the registry has of a kind: the definition of its component, and its model."""

    definition: Mapping[str, Any]
    model: Mapping[str, Any]

    @property
    def is_namespaced(self) -> bool:
        metadata = self.definition.get("metadata")
        return isinstance(metadata, dict) and metadata.get("isNamespaced") is True


@dataclass(frozen=True)
class Built:
    """A design, and the objects of kinds that the registry does not know."""

    design: dict[str, Any]
    unmatched: tuple[dict[str, str], ...]


def kinds_of(objects: Iterable[Object]) -> set[Kind]:
    """What the registry has to be asked for."""
    return {_kind(each) for each in objects}


def design_of(
    design_id: UUID,
    name: str,
    objects: Iterable[Object],
    known: Mapping[Kind, Known],
    identify: Callable[[int], UUID] = lambda _: uuid4(),
) -> Built:
    """The design of the objects, in their order. An unknown kind is kept, under a generic model.

    `identify` makes the id of a component of its number.
    """
    components, unmatched = [], []
    for number, each in enumerate(objects):
        found = known.get(_kind(each))
        components.append({"id": str(identify(number)), **_declared(each, found)})
        if found is None:
            unmatched.append(_named(each))
    return Built(
        {
            "id": str(design_id),
            "name": name,
            "schemaVersion": SCHEMA_VERSION,
            "version": FIRST_VERSION,
            "components": components,
            "relationships": [],
        },
        tuple(unmatched),
    )


def _kind(given: Object) -> Kind:
    return given["kind"], given["apiVersion"]


def _named(given: Object) -> dict[str, str]:
    return {"kind": given["kind"], "apiVersion": given["apiVersion"], "name": _name_of(given)}


def _name_of(given: Object) -> str:
    metadata = given.get("metadata") or {}
    name = metadata.get("name") or metadata.get("generateName")
    return name if isinstance(name, str) else ""


def _declared(given: Object, known: Known | None) -> dict[str, Any]:
    definition: Mapping[str, Any] = known.definition if known else {"status": "enabled"}
    taken = {each: definition[each] for each in TAKEN_OVER if definition.get(each) is not None}
    return {
        "schemaVersion": definition.get("schemaVersion") or COMPONENT_SCHEMA_VERSION,
        **taken,
        "displayName": _name_of(given) or given["kind"],
        "component": {"kind": given["kind"], "version": given["apiVersion"]},
        "model": dict(known.model if known else GENERIC),
        "configuration": _configuration(given, known),
    }


def _target_ports(given: Object) -> Object:
    """A Service leads to the port of its own number where it names no other.

    So the API of Kubernetes defaults `targetPort`, and relationships look for it there.
    """
    spec = given.get("spec")
    if not isinstance(spec, dict):
        return given
    ports = spec.get("ports")
    if not isinstance(ports, list) or not all(isinstance(port, dict) for port in ports):
        return given
    led = [{"targetPort": port["port"], **port} if "port" in port else port for port in ports]
    return {**given, "spec": {**spec, "ports": led}}


#: What the API server would make of an object before it stores it, as far as it matters here.
DEFAULTED: Mapping[Kind, Callable[[Object], Object]] = {("Service", "v1"): _target_ports}


def _configuration(given: Object, known: Known | None) -> dict[str, Any]:
    if (defaulted := DEFAULTED.get(_kind(given))) is not None:
        given = defaulted(given)
    configuration = {key: given[key] for key in given if key not in NOT_CONFIGURED}
    if known is not None and known.is_namespaced:
        metadata = given.get("metadata") or {}
        configuration["metadata"] = {
            **metadata,
            "namespace": metadata.get("namespace") or "default",
        }
    return configuration

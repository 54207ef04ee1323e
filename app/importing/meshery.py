"""Meshery designs: JSON, YAML, or `design.yml` in an image, and how they are written."""

from __future__ import annotations

import json
from typing import Any

import orjson
import yaml

from app.importing.content import Content
from app.importing.documents import yaml_documents
from app.importing.refusals import Unreadable

SCHEMA_VERSIONS = ("designs.meshery.io/v1beta1", "designs.meshery.io/v1beta3")
FILE = "design.yml"


def mismatch(content: Content) -> str | None:
    """Why the content is no Meshery design, or None."""
    if content.tree is not None:
        if not content.is_image:
            return "an archive that is no OCI image holds no Meshery design"
        return None if FILE in content.tree else f"the image holds no file {FILE}"
    if len(content.filled) != 1 or not isinstance(content.filled[0], dict):
        return "a design is one mapping"
    return _version_flaw(content.filled[0])


def _version_flaw(design: dict[str, Any]) -> str | None:
    version = design.get("schemaVersion")
    if version in SCHEMA_VERSIONS:
        return None
    if "services" in design and version is None:
        return "designs with services, of before v1beta1, are not supported"
    return f"schemaVersion is not one of {', '.join(SCHEMA_VERSIONS)}"


def design_of(content: Content) -> dict[str, Any]:
    """The design, every member kept; raises `Unreadable` for one without proper components."""
    found = content.filled
    if content.tree is not None:
        found = tuple(yaml_documents(content.tree[FILE]))
    if len(found) != 1 or not isinstance(found[0], dict):
        raise Unreadable(f"{FILE}: a design is one mapping.")
    design = found[0]
    if (flaw := _version_flaw(design)) is not None:
        raise Unreadable(f"{FILE}: {flaw}.")
    for member in ("components", "relationships"):
        entries = design.get(member)
        if not isinstance(entries, list | None):
            raise Unreadable(f"{member}: a design has a list of them.")
        for number, entry in enumerate(entries or ()):
            if not isinstance(entry, dict):
                raise Unreadable(f"{member}[{number}]: expected a mapping.")
    return design


def as_json(design: dict[str, Any]) -> str:
    """JSON text, two spaces deep."""
    try:
        return orjson.dumps(design, option=orjson.OPT_INDENT_2).decode()
    except TypeError:  # an integer of more than 64 bits
        return json.dumps(design, indent=2, ensure_ascii=False)


def as_yaml(text: str) -> str:
    """The YAML text of a design in JSON."""
    written: str = yaml.dump(
        json.loads(text), Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True
    )
    return written

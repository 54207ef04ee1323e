"""Names of Kubernetes (RFC 1123 labels) made of names of Compose, as kompose makes them."""

from __future__ import annotations

import re

from app.importing.refusals import Unreadable

LONGEST = 63
_FOREIGN = re.compile(r"[^a-z0-9-]+")


def label(text: str, path: str) -> str:
    """`text` as a DNS label: lower case, `.` and `_` as `-`, no other signs, cut at 63.

    Raises Unreadable where nothing is left; `path` says where the name stands.
    """
    hyphened = text.lower().replace(".", "-").replace("_", "-").replace(" ", "-")
    name = _FOREIGN.sub("", hyphened).strip("-")[:LONGEST].rstrip("-")
    if not name:
        raise Unreadable(f"{path}: no name of Kubernetes can be made of “{text[:80]}”.")
    return name


def suffixed(name: str, suffix: str) -> str:
    """`<name>-<suffix>`, of which the name gives way where both are too long."""
    return f"{name[: LONGEST - len(suffix) - 1].rstrip('-')}-{suffix}"


def network(text: str, path: str) -> str:
    """A network's name, which is a label's key and a NetworkPolicy's name: dots stay.

    Raises Unreadable where nothing is left.
    """
    hyphened = text.lower().replace("_", "-")
    name = re.sub(r"[^a-z0-9.-]+", "", hyphened).strip("-.")[:LONGEST].rstrip("-.")
    if not name:
        raise Unreadable(f"{path}: no name of Kubernetes can be made of “{text[:80]}”.")
    return name


def env_file(file: str, service: str) -> str:
    """The name of the ConfigMap for an `env_file`: its last part, `.env` after the service."""
    last = file.strip("./").rpartition("/")[2][:LONGEST].replace(".", "-")
    name = _FOREIGN.sub("-", last.lower().replace("_", "-"))
    if name.startswith("-"):
        name = service + name
    return name.strip("-")[:LONGEST].rstrip("-") or suffixed(service, "env")

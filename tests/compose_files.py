"""Compose files of a few lines, converted, and the objects looked for."""

from __future__ import annotations

from typing import Any

import yaml

from app.importing.compose import Converted, Options, convert

BARE = Options(annotations=False, network_policies=False, replicas=None)


def converted(text: str, options: Options = BARE) -> Converted:
    return convert(yaml.safe_load(text), options)


def service(text: str, options: Options = BARE) -> Converted:
    """One service `web` of image nginx with the given lines of YAML flow or block."""
    return convert({"services": {"web": {"image": "nginx", **yaml.safe_load(text)}}}, options)


def kinds(result: Converted) -> list[str]:
    return [f"{each['kind']}/{each['metadata']['name']}" for each in result.objects]


def one(result: Converted, kind: str, name: str = "web") -> dict[str, Any]:
    (found,) = (
        each for each in result.objects if (each["kind"], each["metadata"]["name"]) == (kind, name)
    )
    return found


def pod(result: Converted, kind: str = "Deployment", name: str = "web") -> dict[str, Any]:
    spec: dict[str, Any] = one(result, kind, name)["spec"]
    found: dict[str, Any] = spec["template"]["spec"] if "template" in spec else spec
    return found


def container(text: str) -> dict[str, Any]:
    """The container of one service with the given lines."""
    (found,) = pod(service(text))["containers"]
    assert isinstance(found, dict)
    return found

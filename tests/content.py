"""Content to bring in: a manifest, a design, and packages of a small model."""

from __future__ import annotations

import base64
import json
from typing import Any

from app.importing.archives import pack_tgz

SHOP = b"""
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {replicas: 2}
---
apiVersion: example.org/v1
kind: Gizmo
metadata: {name: odd}
"""

DESIGN = {
    "id": "01900000-0000-7000-8000-00000000d517",
    "name": "Shop",
    "schemaVersion": "designs.meshery.io/v1beta1",
    "components": [],
    "relationships": [],
}

MODEL = {
    "schemaVersion": "models.meshery.io/v1beta1",
    "version": "v1.0.0",
    "name": "acme-operator",
    "displayName": "Acme",
    "status": "enabled",
    "registrant": {"kind": "github", "name": "Github"},
    "category": {"name": "Database"},
    "subCategory": "SQL",
    "metadata": {"primaryColor": "#fff"},
    "model": {"version": "v1.2.3"},
}


def component(kind: str, version: str = "acme.org/v1", **more: Any) -> dict[str, Any]:
    return {
        "schemaVersion": "components.meshery.io/v1beta1",
        "version": "v1.0.0",
        "displayName": kind,
        "format": "JSON",
        "status": "enabled",
        "metadata": {"isNamespaced": True},
        "component": {"kind": kind, "version": version, "schema": '{"properties": {"a": {}}}'},
        **more,
    }


RELATIONSHIP = {
    "schemaVersion": "relationships.meshery.io/v1alpha3",
    "version": "v1.0.0",
    "kind": "edge",
    "type": "binding",
    "subType": "network",
    "status": "enabled",
    "evaluationQuery": "edge-binding",
    "metadata": {"description": "Who talks to whom."},
    "selectors": [{"allow": {"from": [], "to": []}}],
}


def package(*components: dict[str, Any], model: dict[str, Any] = MODEL) -> bytes:
    files = {"acme/v1.2.3/v1.0.0/model.json": model}
    for each in components:
        files[f"acme/v1.2.3/v1.0.0/components/{each['component']['kind']}.json"] = each
    files["acme/v1.2.3/v1.0.0/relationships/edge.json"] = RELATIONSHIP
    return pack_tgz({path: json.dumps(value).encode() for path, value in files.items()})


def text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def file(content: bytes, name: str = "acme.tgz", *, register: bool = True) -> dict[str, Any]:
    body = {"fileName": name, "modelFile": text(content)}
    return {"uploadType": "FILE", "register": register, "importBody": body}

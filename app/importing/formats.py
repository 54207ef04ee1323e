"""The formats of designs, in the order in which content is tried."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.importing import compose, helm, kubernetes, kustomize, meshery
from app.importing.content import Content, opened, stem_of
from app.importing.documents import yaml_documents
from app.importing.executables import Tools
from app.importing.kubernetes import Object
from app.importing.refusals import Refused, Unreadable, Unsupported

CHART, KUSTOMIZATION = "Chart.yaml", "kustomization.yaml"


@dataclass(frozen=True)
class Imported:
    """What a file holds: a Meshery design, or the Kubernetes objects that one is made of.

    `name` is the file's own for what it holds, else the file's name without its extension;
    `warnings` are what was read otherwise than its author may think.
    """

    type: str
    name: str
    design: dict[str, Any] | None = None
    objects: tuple[Object, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Format:
    """`mismatch` says why content is not of the format, or None; then `read` makes it of it.

    The one looks at the outside alone. The other raises `Refused` for what is wrong within: of
    content that is `surely` of the format, so that no other format is tried.
    """

    type: str
    mismatch: Callable[[Content], str | None]
    read: Callable[[Content, Tools], Imported]
    surely: bool = True


def read(name: str, data: bytes, tools: Tools) -> Imported:
    """What a file holds; raises `Refused`, with the reason of each format where none fits."""
    content = opened(name, data)
    reasons = []
    for each in FORMATS:
        reason = each.mismatch(content)
        try:
            if reason is None:
                return each.read(content, tools)
        except Refused as refused:
            if each.surely:
                raise
            reason = refused.message.rstrip(".")
        reasons.append(f"{each.type}: {reason}")
    raise Unsupported(f"{name} is of no known format. {'; '.join(reasons)}.")


def _meshery(content: Content, _: Tools) -> Imported:
    design = meshery.design_of(content)
    named = design.get("name")
    name = named if isinstance(named, str) and named.strip() else stem_of(content.name)
    return Imported("meshery-design", name, design=design)


def _kubernetes(content: Content, _: Tools) -> Imported:
    objects = kubernetes.objects_of(content.documents)
    return Imported("k8s-manifest", stem_of(content.name), objects=objects)


def _archive(content: Content, file: str) -> str | None:
    if content.tree is None:
        return "it is an archive, and this is a document"
    return None if file in content.tree else f"the archive holds no {file} at its root"


def _helm(content: Content, tools: Tools) -> Imported:
    assert content.tree is not None
    chart = helm.read_chart(content.tree)
    rendered = helm.render_chart(content.tree, tools)
    objects = kubernetes.objects_of(yaml_documents(rendered))
    return Imported("helm-chart", chart.name, objects=objects)


def _no_compose(content: Content) -> str | None:
    if content.tree is not None:
        return "an archive is no Compose file"
    if len(content.filled) != 1 or not compose.is_compose(content.filled[0]):
        return "a Compose file is one mapping with services"
    return None


def _compose(content: Content, _: Tools) -> Imported:
    document = content.filled[0]
    if not isinstance(document, dict):
        raise Unreadable("A Compose file is a mapping.")
    converted = compose.convert(document)
    return Imported(
        "docker-compose",
        stem_of(content.name),
        objects=kubernetes.objects_of(converted.objects),
        warnings=converted.warnings,
    )


def _kustomize(content: Content, tools: Tools) -> Imported:
    assert content.tree is not None
    built = kustomize.build_kustomization(content.tree, tools)
    objects = kubernetes.objects_of(yaml_documents(built))
    return Imported("k8s-kustomize", stem_of(content.name), objects=objects)


# A Compose file has no kind and a manifest no services; a Meshery design has neither. But old
# designs had services as well. Charts and kustomizations are told apart by the file at their root.
FORMATS = (
    Format("meshery-design", meshery.mismatch, _meshery),
    Format("k8s-manifest", kubernetes.mismatch, _kubernetes),
    Format("helm-chart", lambda content: _archive(content, CHART), _helm),
    Format("docker-compose", _no_compose, _compose, surely=False),
    Format("k8s-kustomize", lambda content: _archive(content, KUSTOMIZATION), _kustomize),
)

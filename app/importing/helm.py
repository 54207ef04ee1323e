"""Helm charts, rendered by Helm itself as it would for `helm template`.

The release is named like the chart, in the namespace `default`, with the chart's own values and
its CRDs; hooks and NOTES.txt are left out. As in Helm's library, which Meshery uses, what is
listed in `dependencies` need not be in `charts/`, and a library chart renders to nothing.
https://helm.sh/docs/topics/charts/
"""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

import yaml

from app.importing.documents import documents_in
from app.importing.executables import Tools
from app.importing.refusals import Unreadable, Unsafe, Unsupported
from app.importing.sandbox import Outcome, check_name, run

METADATA, SCHEMA = "Chart.yaml", "values.schema.json"
#: Where dependencies are listed: since `apiVersion: v2` in the metadata itself.
_LISTS = (METADATA, "requirements.yaml")
_ARCHIVE, _ROOT = "chart.tgz", "chart"

API_VERSIONS, TYPES = ("v1", "v2"), ("application", "library")
_TAIL = r"(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?"
#: Helm takes `1` and `v1.2` for versions too.
_VERSION = re.compile(rf"v?[0-9]+(\.[0-9]+)?(\.[0-9]+)?{_TAIL}")
#: The version a constraint such as `>=1.25.0-0` ends in is the one Meshery renders for.
_LAST_VERSION = re.compile(rf"v?[0-9]+\.[0-9]+\.[0-9]+{_TAIL}$")
_NAME = re.compile(r"[^/\\\x00-\x1f\x7f]{1,250}")
_MISSING = re.compile(r"found in Chart\.yaml, but missing in charts/ directory: (.+)")


@dataclass(frozen=True)
class Chart:
    """The metadata of a chart that rendering and naming need."""

    name: str
    version: str
    type: str
    api_version: str
    kube_version: str | None


def read_chart(tree: Mapping[str, bytes]) -> Chart:
    """The metadata in `Chart.yaml`; raises `Unreadable` or `Unsupported` if it is not a chart's."""
    if METADATA not in tree:
        raise Unreadable(f"A Helm chart has a {METADATA}; there is none.")
    documents = documents_in(METADATA, tree[METADATA])
    if not documents or not isinstance(documents[0], dict):
        raise Unreadable(f"{METADATA} is not a mapping.")
    fields = documents[0]
    kube_version = fields.get("kubeVersion")
    return Chart(
        name=_text(fields, "name", _NAME, "a name without slashes"),
        version=_text(fields, "version", _VERSION, "a semantic version"),
        type=_word(fields, "type", TYPES, default="application"),
        api_version=_word(fields, "apiVersion", API_VERSIONS, default="v1"),
        kube_version=kube_version if isinstance(kube_version, str) else None,
    )


def _text(fields: Mapping[str, object], key: str, pattern: re.Pattern[str], allowed: str) -> str:
    value = fields.get(key)
    text = str(value) if isinstance(value, str | int | float) else ""
    if not pattern.fullmatch(text):
        raise Unreadable(f"{METADATA}: `{key}` must be {allowed}.")
    return text


def _word(fields: Mapping[str, object], key: str, words: Collection[str], default: str) -> str:
    value = fields.get(key) or default
    if not isinstance(value, str) or value not in words:
        raise Unsupported(f"{METADATA}: `{key}` must be {' or '.join(words)}.")
    return value


def render_chart(archive_tree: Mapping[str, bytes], tools: Tools) -> bytes:
    """The manifest of a chart, `Chart.yaml` at its root, as a stream of YAML documents.

    Raises `Unreadable` with Helm's own words where it does not render (a template that fails,
    values against their schema), and what `sandbox.run` raises.
    """
    chart = read_chart(archive_tree)
    _refuse_remote_schemas(archive_tree)
    if chart.type == "library":
        return b""
    outcome = _template(chart, archive_tree, tools)
    if missing := outcome.status and _MISSING.search(outcome.reason):
        without = _without_dependencies(archive_tree, missing[1].split(", "))
        outcome = _template(chart, without, tools)
    if outcome.status:
        raise Unreadable(f"Helm does not render the chart: {outcome.reason}")
    return outcome.output


def _template(chart: Chart, tree: Mapping[str, bytes], tools: Tools) -> Outcome:
    options = ["--namespace=default", "--include-crds", "--no-hooks"]
    if chart.kube_version and (version := _LAST_VERSION.search(chart.kube_version)):
        options.append(f"--kube-version={version[0]}")
    command = ["template", *options, "--", chart.name, _ARCHIVE]
    return run(tools.path("helm"), command, {_ARCHIVE: _packed(tree)}, tools)


def _packed(tree: Mapping[str, bytes]) -> bytes:
    """The chart as an archive: Helm reads a folder otherwise, leaving out by `.helmignore`."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as archive:
        for name, content in tree.items():
            check_name(name)
            entry = tarfile.TarInfo(f"{_ROOT}/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def _without_dependencies(tree: Mapping[str, bytes], names: Collection[str]) -> Mapping[str, bytes]:
    """The chart without those dependencies, which Helm found to be missing."""
    lists = {name: _shortened(name, tree[name], names) for name in _LISTS if name in tree}
    return {**tree, **lists}


def _shortened(name: str, content: bytes, names: Collection[str]) -> bytes:
    """The same YAML but for dependencies of those names; other values keep their spelling."""
    documents_in(name, content)  # within limits, before it is read again
    root = next(yaml.compose_all(content, Loader=yaml.CSafeLoader), None)
    for key, listed in root.value if isinstance(root, yaml.MappingNode) else ():
        if key.value == "dependencies" and isinstance(listed, yaml.SequenceNode):
            listed.value = [node for node in listed.value if _name_of(node) not in names]
    text: str = yaml.serialize(root, Dumper=yaml.CSafeDumper)
    return text.encode()


def _name_of(dependency: yaml.Node) -> str | None:
    pairs = dependency.value if isinstance(dependency, yaml.MappingNode) else ()
    return next((value.value for key, value in pairs if key.value == "name"), None)


def _refuse_remote_schemas(tree: Mapping[str, bytes]) -> None:
    """Raises `Unsafe` if a schema of values refers to another: Helm would fetch or open it."""
    for name in sorted(tree):
        if PurePosixPath(name).name == SCHEMA:
            for reference in _references(name, tree[name]):
                if not reference.startswith("#"):
                    raise Unsafe(f"{name}: `$ref` {reference!r} leads out of the schema.")


def _references(name: str, content: bytes) -> Iterator[str]:
    try:
        waiting = [json.loads(content)]
    except (ValueError, RecursionError):
        raise Unreadable(f"{name} is not JSON.") from None
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
            reference = value.get("$ref")
            if isinstance(reference, str):
                yield reference
        elif isinstance(value, list):
            waiting += value

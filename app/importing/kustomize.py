"""Kustomize archives, built by the kustomize of kubectl from their own files alone.

What kustomize would fetch, run or take from another folder is refused before it starts: each
reference of each kustomization must name a file or a folder of the archive.
https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath

from app.importing.documents import documents_in
from app.importing.executables import Tools
from app.importing.refusals import Unreadable, Unsafe, Unsupported
from app.importing.sandbox import run

ROOT = "kustomization.yaml"
NAMES = (ROOT, "kustomization.yml", "Kustomization")

#: Fields of plug-ins: each entry is a file of configuration, or the configuration itself.
PLUGINS = ("generators", "transformers", "validators")
#: Fields that hold paths, each as the keys that lead to them; lists are looked through. Of the
#: plug-ins that are built in, the fields have the same names. Keys are compared without case,
#: as kustomize reads them.
PATHS: tuple[tuple[str, ...], ...] = (
    *((name,) for name in PLUGINS),
    ("resources",),
    ("bases",),
    ("components",),
    ("crds",),
    ("configurations",),
    ("openapi", "path"),
    ("patches",),
    ("patches", "path"),
    ("patchesstrategicmerge",),
    ("patchesjson6902", "path"),
    ("replacements", "path"),
    ("configmapgenerator", "files"),
    ("configmapgenerator", "envs"),
    ("configmapgenerator", "env"),
    ("secretgenerator", "files"),
    ("secretgenerator", "envs"),
    ("secretgenerator", "env"),
    ("path",),
    ("paths",),
    ("files",),
    ("envs",),
    ("env",),
)
#: Fields whose entries may be the content in place of a path.
_INLINE = {*PLUGINS, "patches", "patchesstrategicmerge", "paths"}
#: Entries such as `key=path`.
_KEYED = "files"
_NO_CHARTS = "Helm charts are imported on their own."
_CHARTS = ("helmcharts", "helmchartinflationgenerator", "helmglobals")

#: What kustomize takes for an address: of the web, of git, or of a host with a repository.
_REMOTE = re.compile(
    r"://|^https?:|^git(hub\.com)?[@:/]|\.git\b|[?&](ref|version|timeout|submodules)=|^[\w.-]+@",
    re.IGNORECASE,
)


def build_kustomization(tree: Mapping[str, bytes], tools: Tools) -> bytes:
    """The result of `kustomization.yaml` at the root, as a stream of YAML documents.

    Raises `Unsafe` for what is to be fetched or run, `Unsupported` for Helm charts inside,
    `Unreadable` with kustomize's own words where it does not build, and what `sandbox.run` raises.
    """
    if ROOT not in tree:
        raise Unreadable(f"A Kustomize archive has a {ROOT} at its root; there is none.")
    places = {str(folder) for file in tree for folder in PurePosixPath(file).parents}.union(tree)
    for name in sorted(tree):
        if PurePosixPath(name).name in NAMES:
            _check(name, tree, places)
    outcome = run(tools.path("kubectl"), ["kustomize", "."], tree, tools)
    if outcome.status:
        raise Unreadable(f"Kustomize does not build the archive: {outcome.reason}")
    return outcome.output


def _check(name: str, tree: Mapping[str, bytes], places: Collection[str]) -> None:
    """Raises the reason why the kustomization of that name must not be built."""
    for document in documents_in(name, tree[name]):
        if charts := [field for field in _fields(document) if field in _CHARTS]:
            raise Unsupported(f"{name}: `{charts[0]}`: {_NO_CHARTS}")
        _check_paths(name, document, places)
        for field, plugin in _plugins(name, document, tree):
            _check_plugin(f"{name}: `{field}`", plugin)
            _check_paths(name, plugin, places)


def _plugins(
    name: str, document: object, tree: Mapping[str, bytes]
) -> Iterator[tuple[str, object]]:
    """The configurations of plug-ins, each with its field: those inside and those in files."""
    entries = ((field, entry) for field in PLUGINS for entry in _texts(document, (field,)))
    for field, entry in entries:
        path = _place(name, entry)
        if not _is_content(entry) and path not in tree:
            raise Unsupported(f"{name}: `{field}` {entry!r} must be a file.")
        content = entry.encode() if _is_content(entry) else tree[path]
        for plugin in documents_in(f"{name}: `{field}`", content):
            yield field, plugin


def _check_plugin(where: str, plugin: object) -> None:
    """Raises `Unsafe` for a program or a container, `Unsupported` for Helm; else it is built in."""
    if not isinstance(plugin, dict):
        return
    if plugin.get("apiVersion") != "builtin":
        raise Unsafe(f"{where}: only `apiVersion: builtin` is run.")
    if plugin.get("kind") == "HelmChartInflationGenerator":
        raise Unsupported(f"{where}: {_NO_CHARTS}")


def _check_paths(name: str, document: object, places: Collection[str]) -> None:
    """Raises unless each path of the document is a place in the archive."""
    for keys in PATHS:
        for text in _texts(document, keys):
            if keys[-1] in _INLINE and _is_content(text):
                continue
            path = text.partition("=")[2] or text if keys[-1] == _KEYED else text
            place = _place(name, path)
            if place.startswith(("../", "/")) or place == ".." or _REMOTE.search(path):
                raise Unsafe(f"{name}: `{keys[0]}` {text!r} leads out of the archive.")
            if place not in places:
                raise Unreadable(f"{name}: `{keys[0]}` {text!r} is not in the archive.")


def _place(name: str, path: str) -> str:
    """A path of the kustomization of that name, from the root of the archive."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), path))


def _is_content(entry: str) -> bool:
    """Whether an entry is a document itself, as text of several lines or as JSON."""
    return "\n" in entry.strip() or entry.lstrip().startswith("{")


def _fields(document: object) -> dict[str, object]:
    """The fields of a mapping with their names in lower case; of anything else, none."""
    pairs = document.items() if isinstance(document, dict) else ()
    return {str(key).casefold(): value for key, value in pairs}


def _texts(value: object, keys: tuple[str, ...]) -> Iterator[str]:
    """The texts that the keys lead to."""
    if isinstance(value, str) and not keys:
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, keys)
    elif isinstance(value, dict) and keys:
        for key, inner in value.items():
            if str(key).casefold() == keys[0]:
                yield from _texts(inner, keys[1:])

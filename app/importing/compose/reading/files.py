"""Secrets, configs and env files, whose own files are not at hand.

https://github.com/compose-spec/compose-spec/blob/main/05-services.md#secrets
"""

from __future__ import annotations

import posixpath
from typing import Any

from app.importing.compose.names import label
from app.importing.compose.project import FileMount, StoredFile
from app.importing.compose.reading.scalars import external, flag, text, whole

#: File modes, of which 0o7777 is the highest.
HIGHEST_MODE = 0o7777


def stored(section: dict[str, Any] | None, path: str, *, by_name: bool) -> dict[str, StoredFile]:
    """The secrets or configs of the project.

    `by_name`: the one key of the object is its name in the project, otherwise the file's.
    """
    found: dict[str, StoredFile] = {}
    for name, given in (section or {}).items():
        entry = given or {}
        file = posixpath.basename(text(entry.get("file")))
        outside = external(entry.get("external"), f"{path}.{name}.external")
        content = entry.get("content")
        key = name if by_name or not file else file
        called = label(name, f"{path}.{name}")
        found[name] = StoredFile(called, key, content, external=outside)
    return found


def file_mounts(entries: Any, path: str) -> tuple[FileMount, ...]:
    """The secrets or configs of a service, short and long."""
    return tuple(_mount(each, f"{path}[{n}]") for n, each in enumerate(entries or ()))


def _mount(entry: Any, path: str) -> FileMount:
    if not isinstance(entry, dict):
        return FileMount(entry, "")
    mode = entry.get("mode")
    return FileMount(
        text(entry.get("source")),
        text(entry.get("target")),
        None if mode is None else _mode(mode, f"{path}.mode"),
    )


def _mode(value: Any, path: str) -> int:
    """A mode; as text it is octal (`"0440"`), as a number it is what YAML made of it."""
    if isinstance(value, str) and value.startswith("0") and set(value) <= set("01234567"):
        return whole(int(value[:8], 8), path, 0, HIGHEST_MODE)
    return whole(value, path, 0, HIGHEST_MODE)


def env_files(value: Any, path: str) -> tuple[str, ...]:
    """The paths of the env files, without those that need not be there."""
    if isinstance(value, str):
        return (value,)
    return tuple(
        entry if isinstance(entry, str) else entry["path"]
        for n, entry in enumerate(value or ())
        if isinstance(entry, str) or flag(entry.get("required", True), f"{path}[{n}].required")
    )

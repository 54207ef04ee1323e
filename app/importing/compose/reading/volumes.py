"""`volumes` of a service, short and long, and `volumes` of the project.

https://github.com/compose-spec/compose-spec/blob/main/05-services.md#volumes
"""

from __future__ import annotations

import re
from typing import Any

from app.importing.compose.project import Mount, Volume
from app.importing.compose.reading.scalars import flag, pairs, strings, text
from app.importing.refusals import Unreadable

#: A path of the host begins so; `C:\` and `C:/` too, of which the colon separates nothing.
_HOST_PATH = re.compile(r"[./~\\]|[A-Za-z]:[/\\]")
_DRIVE = re.compile(r"[A-Za-z]:[/\\]")
_WITH_MODE = 3  # source, target and mode


def mounts(service: dict[str, Any], path: str) -> tuple[tuple[Mount, ...], tuple[str, ...]]:
    """What is mounted from volumes and the host, in the file's order; and the paths of tmpfs.

    Of two at one place in the container the later one is mounted.
    Raises Unreadable for a volume that does not say where it is mounted.
    """
    found: dict[str, Mount] = {}
    memory = {entry.partition(":")[0]: None for entry in strings(service.get("tmpfs"))}
    for n, entry in enumerate(service.get("volumes") or ()):
        where = f"{path}.volumes[{n}]"
        mount = _long(entry, where) if isinstance(entry, dict) else _short(text(entry), where)
        if not mount.target:
            raise Unreadable(f"{where}: it does not say where in the container it is mounted.")
        if isinstance(entry, dict) and entry["type"] == "tmpfs":
            memory[mount.target] = None
        else:
            found[mount.target] = mount
    return tuple(found.values()), tuple(path for path in memory if path not in found)


def _long(entry: dict[str, Any], path: str) -> Mount:
    source = text(entry.get("source"))
    return Mount(
        source,
        text(entry.get("target")),
        read_only=flag(entry.get("read_only"), f"{path}.read_only"),
        named=entry["type"] == "volume" and bool(source),
    )


def _short(entry: str, path: str) -> Mount:
    drive = entry[:2] if _DRIVE.match(entry) else ""
    parts = entry[len(drive) :].split(":")
    parts[0] = drive + parts[0]
    if len(parts) > _WITH_MODE or not all(parts):
        raise Unreadable(f"{path}: “{entry[:80]}” is no volume such as data:/var/lib:ro.")
    if len(parts) == 1:
        return Mount("", parts[0])
    read_only = len(parts) == _WITH_MODE and "ro" in parts[2].split(",")
    named = _HOST_PATH.match(parts[0]) is None
    return Mount(parts[0], parts[1], read_only=read_only, named=named)


def volumes(section: dict[str, Any] | None) -> dict[str, Volume]:
    """The named volumes of the project with what their labels ask."""
    return {key: _volume(volume or {}) for key, volume in (section or {}).items()}


def _volume(volume: dict[str, Any]) -> Volume:
    labels = pairs(volume.get("labels"))
    return Volume(
        size=labels.get("kompose.volume.size") or "",
        selector=labels.get("kompose.volume.selector") or "",
        storage_class=labels.get("kompose.volume.storage-class-name") or "",
    )

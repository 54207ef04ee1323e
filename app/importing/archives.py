"""Archives that come in, read in memory: zip, tar and tar.gz. Nothing is written to a disk.

Archives in archives are files like others; how deep to look is for the caller. Paths that differ
in case are different files, as on the systems where what is imported runs.
"""

from __future__ import annotations

import gzip
from typing import Literal

from app.importing.deflate import gunzipped
from app.importing.refusals import Unreadable
from app.importing.tars import Source, pieces_of, tar, untar
from app.importing.trees import LIMITS, Limits, Tree, content_root
from app.importing.zips import unzip

__all__ = [
    "LIMITS", "Kind", "Limits", "Tree", "content_root", "gunzip", "kind_of", "pack_tgz", "unpack",
]  # fmt: skip

Kind = Literal["zip", "gzip", "tar"]

_MAGIC: tuple[tuple[Kind, int, bytes], ...] = (
    ("zip", 0, b"PK\x03\x04"),
    ("zip", 0, b"PK\x05\x06"),  # without entries
    ("gzip", 0, b"\x1f\x8b"),
    ("tar", 257, b"ustar"),
)


def kind_of(data: bytes) -> Kind | None:
    """What the first bytes say content is; a name is never asked."""
    return next((kind for kind, at, magic in _MAGIC if data.startswith(magic, at)), None)


def unpack(data: bytes, limits: Limits = LIMITS, *, skip_links: bool = False) -> Tree:
    """The files of a zip, tar or tar.gz archive; gzip of anything else is for `gunzip`.

    `skip_links` leaves out the links of a tar archive. Raises `TooLarge`; `Unsafe` for whatever is
    no plain file or folder, has a name that leads elsewhere ("zip slip attempt") or comes twice;
    `Unreadable` for what is damaged, truncated, encrypted or no archive.
    """
    kind = kind_of(data)
    if kind == "zip":
        return unzip(data, limits)
    if kind == "tar":
        return untar(Source(pieces_of(data)), limits, skip_links=skip_links)
    if kind == "gzip":
        pieces = gunzipped(data, limits, limits.total_bytes)
        return untar(Source(pieces), limits, skip_links=skip_links)
    raise Unreadable("The content is no archive; zip, tar and tar.gz are read.")


def gunzip(data: bytes, limits: Limits = LIMITS) -> bytes:
    """The one file that gzip content holds. Raises `TooLarge` and `Unreadable`."""
    return b"".join(gunzipped(data, limits, limits.file_bytes))


def pack_tgz(tree: Tree) -> bytes:
    """A tar.gz archive of the files by path; the same files always make the same bytes."""
    return gzip.compress(tar(sorted(tree.items())), mtime=0)

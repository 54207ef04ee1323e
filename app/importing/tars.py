"""Tar archives (POSIX.1-2001 pax, ustar, and GNU's long names), read in one pass.

Headers are decoded by `tarfile`; the walk over them is our own, because `tarfile.TarFile` recurses
for chained extended headers, goes back for negative sizes and holds extended headers of any size.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from io import BytesIO

from app.importing.deflate import PIECE
from app.importing.refusals import TooLarge, Unreadable, Unsafe
from app.importing.trees import MIB, Gathering, Limits, Tree
from app.strict_json import printable

BLOCK = tarfile.BLOCKSIZE
#: What all extended headers of an archive may have together; one long path takes 1 KiB.
EXTENDED_BYTES = 16 * MIB

_REGULAR = {tarfile.REGTYPE, tarfile.AREGTYPE}
_LINKS = {tarfile.SYMTYPE, tarfile.LNKTYPE}
_EXTENDED = {
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
}
_KINDS = {
    tarfile.SYMTYPE: "a symbolic link",
    tarfile.LNKTYPE: "a hard link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.FIFOTYPE: "a named pipe",
    tarfile.GNUTYPE_SPARSE: "a sparse file",
}
_SPARSE = "GNU.sparse."
_LENGTH = re.compile(rb"([0-9]{1,8}) ")
_SIZE = re.compile(r"[0-9]{1,15}\Z")
_OF_ONE_FILE = {"path", "size", "linkpath"}


class Source:
    """A stream of pieces, read by exact lengths."""

    def __init__(self, pieces: Iterator[bytes | memoryview]) -> None:
        self._pieces = pieces
        self._held = memoryview(b"")

    def pieces(self, size: int) -> Iterator[memoryview]:
        """The next `size` bytes. Raises `Unreadable` when the stream ends before."""
        while size:
            if not self._held:
                self._held = memoryview(next(self._pieces, b""))
            if not self._held:
                raise Unreadable("The tar archive ends too early: it is truncated.")
            piece, self._held = self._held[:size], self._held[size:]
            size -= len(piece)
            yield piece

    def read(self, size: int) -> bytes:
        return b"".join(self.pieces(size))

    def drain(self) -> None:
        """Read to the end, where what was compressed is checked."""
        for _ in self._pieces:
            pass


@dataclass(frozen=True)
class _Extension:
    """What extended headers say of the member that follows."""

    path: str | None = None
    size: int | None = None


def untar(source: Source, limits: Limits, *, skip_links: bool = False) -> Tree:
    """The regular files of a tar archive, which must have its end mark.

    Raises `Unsafe` for links (unless they are skipped), devices, sparse files and unknown types.
    """
    gathering = Gathering(limits)
    extension = _Extension()
    room = EXTENDED_BYTES
    while (header := _header(source)) is not None:
        gathering.count()
        if header.type in _EXTENDED:
            room -= header.size
            if room < 0:
                raise TooLarge(f"The tar archive has over {EXTENDED_BYTES:,} bytes of headers.")
            extension = _extended(extension, header.type, _content(source, header.size))
        else:
            _take(gathering, source, _extended_member(header, extension), skip_links=skip_links)
            extension = _Extension()
    if extension != _Extension():
        raise Unreadable("The tar archive ends with a header that belongs to no file.")
    source.drain()
    return gathering.tree()


def tar(files: Iterable[tuple[str, bytes]]) -> bytes:
    """A tar archive that depends on nothing but the files and their order."""
    buffer = BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, content in files:
            info = tarfile.TarInfo(path)
            info.size = len(content)
            archive.addfile(info, BytesIO(content))
    return buffer.getvalue()


def pieces_of(data: bytes | memoryview) -> Iterator[memoryview]:
    view = memoryview(data)
    return (view[start : start + PIECE] for start in range(0, len(data), PIECE))


def _header(source: Source) -> tarfile.TarInfo | None:
    """The next header; None at the end mark."""
    block = source.read(BLOCK)
    if not any(block):
        return None
    try:
        # Names that are not UTF-8 become surrogates, which no safe path has.
        header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        raise Unreadable("The tar archive is damaged, or is none: a header is invalid.") from None
    if header.size < 0:
        raise Unreadable(f'"{printable(header.name)}" has a negative size in the tar archive.')
    if b"\0" in block[:100].rstrip(b"\0"):
        raise Unsafe(f'A name in the tar archive goes on after NUL: "{printable(header.name)}".')
    return header


def _content(source: Source, size: int) -> bytes:
    content = source.read(size)
    source.read(-size % BLOCK)
    return content


def _extended_member(header: tarfile.TarInfo, extension: _Extension) -> tarfile.TarInfo:
    if extension.path is not None:
        header.name = extension.path
    if extension.size is not None:
        header.size = extension.size
    return header


def _take(
    gathering: Gathering, source: Source, header: tarfile.TarInfo, *, skip_links: bool
) -> None:
    if header.type in _REGULAR:
        gathering.file(header.name, header.size, source.pieces(header.size))
        source.read(-header.size % BLOCK)
    elif header.type == tarfile.DIRTYPE:
        gathering.folder(header.name)
    elif not (skip_links and header.type in _LINKS):
        kind = _KINDS.get(header.type, "of an unknown type")
        raise Unsafe(f'"{printable(header.name)}" is {kind}; only files and folders are allowed.')


def _extended(extension: _Extension, kind: bytes, content: bytes) -> _Extension:
    if kind == tarfile.GNUTYPE_LONGNAME:
        return replace(extension, path=_text(content.removesuffix(b"\0")))
    if kind == tarfile.GNUTYPE_LONGLINK:
        return extension
    records = dict(_records(content))
    if any(key.startswith(_SPARSE) for key in records):
        raise Unsafe("The tar archive has a sparse file; only whole files are allowed.")
    if kind == tarfile.XGLTYPE:
        if _OF_ONE_FILE & records.keys():
            raise Unsafe("The tar archive gives all files one path or size.")
        return extension
    size = records.get("size")
    if size is not None and not _SIZE.match(size):
        raise Unreadable(f'The tar archive has the size "{printable(size)}".')
    return _Extension(
        path=records.get("path", extension.path),
        size=extension.size if size is None else int(size),
    )


def _records(content: bytes) -> Iterator[tuple[str, str]]:
    """The `length key=value` lines of a pax header."""
    start = 0
    while start < len(content):
        length = _LENGTH.match(content, start)
        end = start + int(length[1]) if length else 0
        record = content[length.end() : end] if length else b""
        key, equals, value = record.removesuffix(b"\n").partition(b"=")
        if end > len(content) or not record.endswith(b"\n") or not equals:
            raise Unreadable("The tar archive has a damaged extended header.")
        yield _text(key), _text(value)
        start = end


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")

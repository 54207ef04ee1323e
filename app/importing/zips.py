"""Zip archives: the directory is read by `zipfile`, the content by what the directory says.

`zipfile` itself would read entries that overlap, cut names at NUL, and pass content that is longer
than declared. Here every entry has bytes of its own, and exactly the size and checksum declared.
"""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO

from app.importing.deflate import inflated
from app.importing.refusals import TooLarge, Unreadable, Unsafe
from app.importing.tars import pieces_of
from app.importing.trees import Gathering, Limits, Tree
from app.strict_json import printable

_IN_DIRECTORY = b"PK\x01\x02"
#: A local file header (APPNOTE.TXT 4.3.7): signature, flags, method, checksum, packed size, size,
#: lengths of name and extra field.
_LOCAL = struct.Struct("<4s2xHH4xLLLHH")
_LOCAL_SIGNATURE = b"PK\x03\x04"
#: Bits of the general purpose flag (4.4.4). Encrypted is also what has its directory masked.
_ENCRYPTED = 1 << 0 | 1 << 6 | 1 << 13
#: The size of what has more than 4 GiB, or might have had.
_IN_EXTRA_FIELD = 2**32 - 1
_DESCRIBED_AFTER = 1 << 3
_PATCHED = 1 << 5
_UTF_8 = 1 << 11
#: What the directory of a hostile archive makes `zipfile` raise.
_DAMAGES = (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, struct.error)


@dataclass(frozen=True)
class _Extent:
    """Where an entry is in the archive: its local header, and its content after it."""

    start: int
    content: int
    end: int


def unzip(data: bytes, limits: Limits) -> Tree:
    """The regular files of a zip archive, stored or deflated.

    Raises `Unsafe` for links, devices, overlapping entries and names cut at NUL, `Unreadable` for
    encrypted content, other compressions and whatever is not as the directory declares.
    """
    # Each entry has this signature; texts and stored archives may have it too, hence the entries.
    if data.count(_IN_DIRECTORY) > limits.entries:
        raise TooLarge(f"The zip archive lists more than {limits.entries:,} entries.")
    entries, directory = _directory(data)
    extents = [_extent(data, entry) for entry in entries]
    _check_overlap(extents, directory)
    total = limits.unpacked(len(data), limits.total_bytes)
    gathering = Gathering(replace(limits, total_bytes=total))
    for entry, extent in zip(entries, extents, strict=True):
        gathering.count()
        _check(entry)
        if entry.is_dir():
            gathering.folder(entry.filename)
        else:
            content = memoryview(data)[extent.content : extent.end]
            gathering.file(entry.filename, entry.file_size, _content(entry, content))
    return gathering.tree()


def _directory(data: bytes) -> tuple[list[zipfile.ZipInfo], int]:
    """The entries, and where the directory begins."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            return archive.infolist(), archive.start_dir
    except _DAMAGES:
        raise Unreadable("The zip archive is damaged or truncated.") from None


def _extent(data: bytes, entry: zipfile.ZipInfo) -> _Extent:
    start = entry.header_offset
    if start < 0 or start + _LOCAL.size > len(data):
        raise _differs(entry)
    signature, *told, name_length, extra_length = _LOCAL.unpack_from(data, start)
    name_end = start + _LOCAL.size + name_length
    name = data[start + _LOCAL.size : name_end]
    encoding = "utf-8" if entry.flag_bits & _UTF_8 else "cp437"
    if signature != _LOCAL_SIGNATURE or name != entry.orig_filename.encode(encoding):
        raise _differs(entry)
    if not _agree(entry, told):
        raise _differs(entry)
    content = name_end + extra_length
    return _Extent(start, content, content + entry.compress_size)


def _agree(entry: zipfile.ZipInfo, told: Sequence[int]) -> bool:
    """Whether a local header tells of the entry what the directory does, or leaves it open."""
    flags, method, checksum, packed, size = told
    if flags & _DESCRIBED_AFTER:
        return method == entry.compress_type
    return (
        (method, checksum) == (entry.compress_type, entry.CRC)
        and packed in {entry.compress_size, _IN_EXTRA_FIELD}
        and size in {entry.file_size, _IN_EXTRA_FIELD}
    )


def _check_overlap(extents: list[_Extent], directory: int) -> None:
    ordered = sorted(extents, key=lambda extent: (extent.start, extent.end))
    starts = [*(extent.start for extent in ordered), directory]
    for extent, following in zip(ordered, starts[1:], strict=True):
        if extent.end > following:
            raise Unsafe("The zip archive has overlapping entries.")


def _check(entry: zipfile.ZipInfo) -> None:
    shown = printable(entry.orig_filename)
    if "\0" in entry.orig_filename or not entry.filename:
        raise Unsafe(f'The name "{shown}" has a NUL character, or none at all.')
    if entry.flag_bits & _ENCRYPTED:
        raise Unreadable(f'"{shown}" is encrypted; only archives without a password are read.')
    if entry.flag_bits & _PATCHED or entry.compress_type not in {
        zipfile.ZIP_STORED,
        zipfile.ZIP_DEFLATED,
    }:
        raise Unreadable(f'"{shown}" is compressed in an unknown way; deflate is read.')
    kinds = {0, stat.S_IFDIR} if entry.is_dir() else {0, stat.S_IFREG}
    if stat.S_IFMT(entry.external_attr >> 16) not in kinds:
        raise Unsafe(f'"{shown}" is a link or a device; only files and folders are allowed.')
    if entry.is_dir() and entry.file_size:
        raise Unsafe(f'"{shown}" is a folder with content.')


def _content(entry: zipfile.ZipInfo, packed: memoryview) -> Iterator[bytes | memoryview]:
    """The pieces of a file, which fail in the end if size or checksum are not the declared."""
    deflated = entry.compress_type == zipfile.ZIP_DEFLATED
    size = checksum = 0
    for piece in inflated(packed) if deflated else pieces_of(packed):
        size += len(piece)
        checksum = zlib.crc32(piece, checksum)
        yield piece
    if (size, checksum) != (entry.file_size, entry.CRC):
        raise _differs(entry)


def _differs(entry: zipfile.ZipInfo) -> Unreadable:
    shown = printable(entry.orig_filename)
    return Unreadable(f'"{shown}" is not what the directory of the zip archive declares.')

"""Zip archives whose directory does not tell the truth."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.importing.archives import Limits, unpack
from app.importing.refusals import Refused, TooLarge, Unreadable, Unsafe

CONTENT = b"kind: Pod\n" * 30
#: Where the fields of a directory entry are, after its signature (APPNOTE.TXT 4.3.12).
FIELDS = {
    "flags": (8, "<H"),
    "method": (10, "<H"),
    "checksum": (16, "<L"),
    "packed": (20, "<L"),
    "size": (24, "<L"),
    "attributes": (38, "<L"),
    "offset": (42, "<L"),
}


def archive(files: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as written:
        for name, content in files.items():
            written.writestr(name, content)
    return buffer.getvalue()


def claiming(data: bytes, **fields: int) -> bytes:
    """The archive with other fields in its first directory entry; what is before the content
    leaves checksum and sizes to what follows it."""
    changed = bytearray(data)
    changed[6] |= 1 << 3
    entry = data.index(b"PK\x01\x02")
    for name, value in fields.items():
        at, layout = FIELDS[name]
        struct.pack_into(layout, changed, entry + at, value)
    return bytes(changed)


def deflated(content: bytes) -> int:
    return len(zlib.compress(content, wbits=-15))


ONE = archive({"a": CONTENT})
STORED = archive({"a": CONTENT}, zipfile.ZIP_STORED)


@pytest.mark.parametrize(
    ("data", "outcome"),
    [
        (claiming(ONE, size=len(CONTENT) - 1), Unreadable),
        (claiming(ONE, size=len(CONTENT) + 1), Unreadable),
        (claiming(ONE, size=0), Unreadable),
        (claiming(ONE, size=9, checksum=zlib.crc32(CONTENT[:9])), Unreadable),
        (claiming(ONE, size=2**32 - 2), TooLarge),
        (claiming(ONE, packed=deflated(CONTENT) - 1), Unreadable),
        (claiming(ONE, packed=0, size=0, checksum=0), Unreadable),
        (claiming(ONE, packed=2**31), Unsafe),
        (claiming(ONE, checksum=1), Unreadable),
        (claiming(ONE, method=0), Unreadable),
        (claiming(ONE, method=9), Unreadable),
        (claiming(ONE, offset=1), Unreadable),
        (claiming(ONE, offset=2**31), Unreadable),
        (claiming(ONE, flags=1), Unreadable),
        (claiming(ONE, flags=1 << 5), Unreadable),
        (claiming(ONE, flags=1 << 13), Unreadable),
        (claiming(STORED, size=9, checksum=zlib.crc32(CONTENT[:9])), Unreadable),
        (claiming(STORED, packed=9, size=9), Unreadable),
        (claiming(STORED, method=8), Unreadable),
    ],
)
def test_what_the_directory_claims_must_be_true(data: bytes, outcome: type[Refused]) -> None:
    with pytest.raises(outcome):
        unpack(data)


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_are_refused(compression: int) -> None:
    with pytest.raises(Unreadable, match="unknown way; deflate is read"):
        unpack(archive({"a": CONTENT}, compression))


@pytest.mark.parametrize(
    "kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK, stat.S_IFDIR]
)
def test_only_files_and_folders_are_read(kind: int) -> None:
    with pytest.raises(Unsafe, match="only files and folders"):
        unpack(claiming(ONE, attributes=(kind | 0o777) << 16))


def test_folders_are_not_listed_and_have_no_content() -> None:
    assert unpack(archive({"a/": b"", "a/b": b"1"})) == {"a/b": b"1"}
    with pytest.raises(Unsafe, match="folder with content"):
        unpack(archive({"a/": b"1"}))


def test_entries_that_share_bytes_are_refused() -> None:
    two = archive({"a": CONTENT, "b": CONTENT})
    second = two.index(b"PK\x01\x02", two.index(b"PK\x01\x02") + 1)
    shared = bytearray(two)
    shared[second + 42 : second + 46] = bytes(4)  # the offset of the first
    shared[second + 46 : second + 47] = b"a"
    with pytest.raises(Unsafe, match="overlapping"):
        unpack(bytes(shared))


def test_an_entry_within_another_is_refused() -> None:
    inner = archive({"b": CONTENT}, zipfile.ZIP_STORED)
    local = inner[: inner.index(b"PK\x01\x02")]
    data = archive({"a": local, "b": CONTENT}, zipfile.ZIP_STORED)
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 1)
    quoted = bytearray(data)
    struct.pack_into("<L", quoted, second + 42, data.index(local))
    with pytest.raises(Unsafe, match="overlapping"):
        unpack(bytes(quoted))


def test_content_over_the_directory_is_refused() -> None:
    with pytest.raises(Unsafe, match="overlapping"):
        unpack(claiming(STORED, packed=len(CONTENT) + 1, size=len(CONTENT) + 1))


def test_content_that_ends_before_its_bytes_do_is_refused() -> None:
    directory = ONE.index(b"PK\x01\x02")
    longer = bytearray(ONE[:directory] + b"more" + ONE[directory:])
    struct.pack_into("<L", longer, longer.index(b"PK\x05\x06") + 16, directory + 4)
    assert unpack(bytes(longer)) == {"a": CONTENT}
    with pytest.raises(Unreadable, match="other sizes"):
        unpack(claiming(bytes(longer), packed=deflated(CONTENT) + 4))


@pytest.mark.parametrize("name", ["a\0b", "\0", "a\0/../b"])
def test_names_that_go_on_after_nul_are_refused(name: str) -> None:
    stand_in = name.replace("\0", "~")
    data = archive({stand_in: b"1"}).replace(stand_in.encode(), name.encode())
    with pytest.raises(Unsafe):
        unpack(data)


def test_a_name_in_the_directory_is_that_before_the_content() -> None:
    with pytest.raises(Unreadable, match="not what the directory"):
        unpack(ONE.replace(b"a", b"b", 1))


@pytest.mark.parametrize("at", [8, 14, 18, 22])
def test_method_checksum_and_sizes_are_those_before_the_content(at: int) -> None:
    other = bytearray(ONE)
    other[at] ^= 1
    with pytest.raises(Unreadable, match="not what the directory"):
        unpack(bytes(other))


def test_large_files_have_their_sizes_in_an_extra_field() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as written, written.open("a", "w", force_zip64=True) as file:
        file.write(CONTENT)
    assert unpack(buffer.getvalue()) == {"a": CONTENT}


def test_names_given_twice_are_refused() -> None:
    data = archive({"a": b"1", "b": b"2"}).replace(b"b", b"a")
    with pytest.raises(Unsafe, match='more than one entry named "a"'):
        unpack(data)


def test_a_directory_of_too_many_entries_is_not_even_read() -> None:
    entry = ONE[ONE.index(b"PK\x01\x02") : ONE.index(b"PK\x05\x06")]
    with pytest.raises(TooLarge, match="30,000 entries"):
        unpack(ONE + entry * 30_001)


def test_the_ratio_is_that_of_the_whole_archive() -> None:
    many = archive({f"f{number}": bytes(100_000) for number in range(50)})
    with pytest.raises(TooLarge):
        unpack(many, Limits(ratio_from=1_000_000, ratio=10))


@pytest.mark.parametrize("tail", [b"x", b"PK\x05\x06", bytes(100)])
def test_what_follows_the_end_is_a_comment_or_damage(tail: bytes) -> None:
    with suppress(Unreadable):
        assert unpack(ONE + tail) == {"a": CONTENT}


def test_a_stored_archive_in_an_archive_is_a_file() -> None:
    assert unpack(archive({"a.zip": ONE}, zipfile.ZIP_STORED)) == {"a.zip": ONE}


@given(st.dictionaries(st.sampled_from(sorted(FIELDS)), st.integers(0, 2**16 - 1), min_size=1))
def test_any_claim_is_true_or_refused(fields: dict[str, int]) -> None:
    with suppress(Refused):
        assert unpack(claiming(ONE, **fields)) == {"a": CONTENT}

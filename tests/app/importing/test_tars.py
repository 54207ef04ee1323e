"""Headers of tar archives that are made to mislead."""

from __future__ import annotations

import tarfile

import pytest

from app.importing.archives import Limits, Tree, unpack
from app.importing.refusals import Refused, TooLarge, Unreadable, Unsafe
from app.importing.tars import BLOCK, Source, pieces_of, untar

END = bytes(2 * BLOCK)


def header(name: str, kind: bytes = tarfile.REGTYPE, size: int = 0, link: str = "") -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname = kind, size, link
    return info.tobuf(tarfile.GNU_FORMAT)


def member(name: str, content: bytes, kind: bytes = tarfile.REGTYPE) -> bytes:
    return header(name, kind, len(content)) + content + bytes(-len(content) % BLOCK)


def pax(records: bytes, kind: bytes = tarfile.XHDTYPE) -> bytes:
    return member("pax", records, kind)


def record(key: str, value: str) -> bytes:
    rest = f" {key}={value}\n".encode()
    length = len(rest) + 1
    while len(f"{length}") + len(rest) != length:
        length += 1
    return f"{length}".encode() + rest


def patched(block: bytes, at: int, content: bytes) -> bytes:
    """A header with other bytes, and a checksum to match."""
    changed = bytearray(block)
    changed[at : at + len(content)] = content
    changed[148:156] = b" " * 8
    changed[148:156] = b"%06o\0 " % sum(changed[:BLOCK])
    return bytes(changed)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (tarfile.SYMTYPE, "a symbolic link"),
        (tarfile.LNKTYPE, "a hard link"),
        (tarfile.CHRTYPE, "a device"),
        (tarfile.BLKTYPE, "a device"),
        (tarfile.FIFOTYPE, "a named pipe"),
        (tarfile.GNUTYPE_SPARSE, "a sparse file"),
        (tarfile.CONTTYPE, "of an unknown type"),
        (b"V", "of an unknown type"),
    ],
)
def test_only_files_and_folders_are_read(kind: bytes, name: str) -> None:
    with pytest.raises(Unsafe, match=f'"a" is {name}; only files and folders are allowed'):
        unpack(header("a", kind, link="b") + END)


@pytest.mark.parametrize(
    ("kind", "skipped"),
    [(tarfile.SYMTYPE, True), (tarfile.LNKTYPE, True), (tarfile.CHRTYPE, False)],
)
def test_links_can_be_skipped(kind: bytes, skipped: bool) -> None:
    data = header("../../a", kind, link="/etc/passwd") + member("b", b"1") + END
    if skipped:
        assert unpack(data, skip_links=True) == {"b": b"1"}
    else:
        with pytest.raises(Unsafe):
            unpack(data, skip_links=True)


HEADERS: list[tuple[bytes, Tree | type[Refused]]] = [
    (pax(record("path", "b/c")) + member("a", b"1"), {"b/c": b"1"}),
    (pax(record("path", "../b")) + member("a", b"1"), Unsafe),
    (pax(record("path", "b\0c")) + member("a", b"1"), Unsafe),
    (pax(record("path", "")) + member("a", b"1"), Unsafe),
    (pax(record("size", "1")) + header("a") + b"1" + bytes(511), {"a": b"1"}),
    (pax(record("size", "-1")) + member("a", b"1"), Unreadable),
    (pax(record("size", "1e3")) + member("a", b"1"), Unreadable),
    (pax(record("size", "9" * 15)) + member("a", b"1"), TooLarge),
    (pax(record("size", "9" * 16)) + member("a", b"1"), Unreadable),
    (pax(record("size", "\u0661")) + member("a", b"1"), Unreadable),
    (pax(record("GNU.sparse.major", "1")) + member("a", b"1"), Unsafe),
    (pax(record("mtime", "1.5") + record("a=b", "c=d")) + member("a", b"1"), {"a": b"1"}),
    (pax(b"") + member("a", b"1"), {"a": b"1"}),
    (pax(b"path=b\n") + member("a", b"1"), Unreadable),
    (pax(b"0 path=b\n") + member("a", b"1"), Unreadable),
    (pax(b"2 path=b\n") + member("a", b"1"), Unreadable),
    (pax(b"99 path=b\n") + member("a", b"1"), Unreadable),
    (pax(b"9" * 400) + member("a", b"1"), Unreadable),
    (pax(b"-9 path=b\n") + member("a", b"1"), Unreadable),
    (pax(b"\n=\n") + member("a", b"1"), Unreadable),
    (pax(record("path", "b")), Unreadable),  # and no file after it
    (pax(record("comment", "c"), tarfile.XGLTYPE) + member("a", b"1"), {"a": b"1"}),
    (pax(record("path", "b"), tarfile.XGLTYPE) + member("a", b"1"), Unsafe),
    (pax(record("size", "9"), tarfile.XGLTYPE) + member("a", b"1"), Unsafe),
    (member("L", b"b\0", tarfile.GNUTYPE_LONGNAME) + member("a", b"1"), {"b": b"1"}),
    (member("L", b"b\0c\0", tarfile.GNUTYPE_LONGNAME) + member("a", b"1"), Unsafe),
    (member("L", b"../b\0", tarfile.GNUTYPE_LONGNAME) + member("a", b"1"), Unsafe),
    (member("L", b"\xff\0", tarfile.GNUTYPE_LONGNAME) + member("a", b"1"), Unsafe),
    (patched(header("a"), 0, b"a\0b"), Unsafe),
    (patched(header("a"), 0, b"\xff"), Unsafe),
    (patched(header("a"), 124, b"\xff" * 12), Unreadable),  # the size -1
    (patched(header("a"), 124, b"\x80" + b"\xff" * 11), TooLarge),
    (patched(header("a"), 124, b"not octal!!\0"), Unreadable),
    (patched(header("a", tarfile.XHDTYPE), 124, b"\x80" + b"\xff" * 11), TooLarge),
    (header("a/", tarfile.DIRTYPE) + member("a", b"1"), Unsafe),
    (header("a/", tarfile.DIRTYPE) * 2 + member("a/b", b"1"), {"a/b": b"1"}),
    (member("a", b"1") + header("a/", tarfile.DIRTYPE), Unsafe),
    (header("a")[:-1] + b"x", Unreadable),  # the checksum
]


@pytest.mark.parametrize(("data", "expected"), HEADERS, ids=range(len(HEADERS)))
def test_headers(data: bytes, expected: Tree | type[Refused]) -> None:
    if isinstance(expected, type):
        with pytest.raises(expected):
            untar(Source(pieces_of(data + END)), Limits())
    else:
        assert untar(Source(pieces_of(data + END)), Limits()) == expected


def test_a_hundred_thousand_headers_for_one_file_are_refused() -> None:
    with pytest.raises(TooLarge, match="30,000 entries"):
        unpack(pax(b"") * 100_000 + member("a", b"1") + END)


def test_extended_headers_have_a_limit_together() -> None:
    large = pax(record("comment", "x" * 1_000_000))
    with pytest.raises(TooLarge, match="16,777,216 bytes of headers"):
        unpack(b"".join(large + member(name, b"") for name in "abcdefghijklmnopq") + END)


@pytest.mark.parametrize("size", [0, 1, BLOCK, BLOCK + 1])
def test_the_end_mark_is_required(size: int) -> None:
    whole = member("a", bytes(size))
    assert unpack(whole + bytes(BLOCK)) == {"a": bytes(size)}
    for data in (whole, whole[:-1], whole + bytes(BLOCK - 1)):
        with pytest.raises(Unreadable, match="truncated"):
            unpack(data)


def test_a_sparse_file_as_gnu_tar_writes_it_is_refused() -> None:
    # Offset and length of one chunk, which claims a terabyte of zeros before it.
    block = header("a", tarfile.GNUTYPE_SPARSE, 1)
    sparse = patched(block, 386, b"%011o\0%011o\0" % (2**32, 1))
    with pytest.raises(Unsafe, match="sparse"):
        unpack(sparse + b"1" + bytes(511) + END)

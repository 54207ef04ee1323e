"""What is an archive, how much of it is read, and what names may be in it."""

from __future__ import annotations

import gzip
import io
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.importing.archives import (
    Limits,
    Tree,
    content_root,
    gunzip,
    kind_of,
    pack_tgz,
    unpack,
)
from app.importing.refusals import Refused, TooLarge, Unreadable, Unsafe
from app.importing.tars import tar

MIB = 1024 * 1024
FILES = {"chart/Chart.yaml": b"name: a\n", "chart/b/c.txt": b"", "chart/é.yaml": b"x" * 1_500}
SAMPLES = Path(__file__).parents[3].parent / "shared" / "importing" / "samples"

Pack = Callable[[Tree], bytes]


def zipped(tree: Tree, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in tree.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tarred(tree: Tree) -> bytes:
    return tar(tree.items())


def tgz(tree: Tree) -> bytes:
    return gzip.compress(tarred(tree), mtime=0)


EACH_PACK = pytest.mark.parametrize("pack", [zipped, tarred, tgz])
#: A megabyte of zeros takes a kilobyte.
ZEROS = gzip.compress(bytes(MIB))


@EACH_PACK
def test_files_are_read_in_their_order_without_folders(pack: Pack) -> None:
    tree = unpack(pack(FILES))
    assert list(tree.items()) == list(FILES.items())


@pytest.mark.parametrize("mode", ["w", "w:gz"])
@pytest.mark.parametrize("layout", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_each_layout_of_tar_is_read(layout: int, mode: str) -> None:
    long = "/".join(["folder" * 5] * 5) + "/file"
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode, format=layout) as archive:  # type: ignore[call-overload]
        for name, kind in (("./a", tarfile.DIRTYPE), (f"./a//{long}", tarfile.REGTYPE)):
            info = tarfile.TarInfo(name)
            info.type = kind
            info.size = 3 if kind == tarfile.REGTYPE else 0
            archive.addfile(info, io.BytesIO(b"abc"))
    assert unpack(buffer.getvalue()) == {f"a/{long}": b"abc"}


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (zipped({}), "zip"),
        (zipped(FILES), "zip"),
        (tgz(FILES), "gzip"),
        (tarred(FILES), "tar"),
        (b"", None),
        (b"kind: Pod\n", None),
        (b"PK", None),
    ],
)
def test_kinds_are_told_by_the_first_bytes(data: bytes, kind: str | None) -> None:
    assert kind_of(data) == kind


@pytest.mark.parametrize(
    "data", [b"", b"a: 1\n", b"PK\x03\x04 is all", b"\x1f\x8b", gzip.compress(b"a: 1\n", mtime=0)]
)
def test_what_is_no_archive_is_unreadable(data: bytes) -> None:
    with pytest.raises(Unreadable):
        unpack(data)


@EACH_PACK
@pytest.mark.parametrize(
    "name",
    [
        "../a", "a/../../b", "a/..", "..", "/etc/passwd", "//a", "a\\b", "..\\a", "C:\\a", "c:a",
        "\\\\host\\a",
    ],
)  # fmt: skip
def test_names_that_lead_elsewhere_are_refused(name: str, pack: Pack) -> None:
    with pytest.raises(Unsafe, match="zip slip attempt"):
        unpack(pack({"good": b"", name: b"x"}))


@EACH_PACK
@pytest.mark.parametrize("name", ["a\nb", "a\x1bb", "a\x7f", "."])
def test_names_no_file_can_have_are_refused(name: str, pack: Pack) -> None:
    with pytest.raises(Unsafe):
        unpack(pack({name: b"x"}))


@EACH_PACK
@pytest.mark.parametrize("name", ["a" * 1_025, "/".join("a" * 65)])
def test_too_long_names_are_refused(name: str, pack: Pack) -> None:
    with pytest.raises(TooLarge, match="too long"):
        unpack(pack({name: b"x"}))


@EACH_PACK
@pytest.mark.parametrize(
    "names", [("a", "./a"), ("a/b", "a//b"), ("a", "a/b"), ("a/b", "a"), ("a", "a-b", "a/b/c")]
)
def test_a_name_is_of_one_file(names: tuple[str, ...], pack: Pack) -> None:
    with pytest.raises(Unsafe):
        unpack(pack(dict.fromkeys(names, b"")))


@EACH_PACK
def test_names_that_differ_in_case_are_of_two_files(pack: Pack) -> None:
    assert list(unpack(pack({"README": b"", "readme": b""}))) == ["README", "readme"]


@EACH_PACK
@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"a": bytes(2_001)}, '"a" has more than 2,000 bytes'),
        ({name: bytes(1_001) for name in "abcd"}, "more than 4,000 bytes"),
        (dict.fromkeys("abcdef", b""), "more than 5 files"),
    ],
    ids=["file", "total", "files"],
)
def test_what_is_over_a_limit_is_refused(tree: Tree, message: str, pack: Pack) -> None:
    limits = Limits(total_bytes=4_000, file_bytes=2_000, files=5)
    if pack is tgz and "4,000" in message:
        message = "4,000"  # of the tar archive, which is more than its files
    elif pack is tgz:
        limits = Limits(total_bytes=MIB, file_bytes=2_000, files=5)
    with pytest.raises(TooLarge, match=message):
        unpack(pack(tree), limits)


@EACH_PACK
def test_exactly_the_limits_are_within_them(pack: Pack) -> None:
    tree = {"a": bytes(2_000), "b": bytes(1_000), "c": bytes(1_000), "d": b"", "e": b""}
    total = 4_000 if pack is not tgz else len(tarred(tree))
    assert unpack(pack(tree), Limits(total_bytes=total, file_bytes=2_000, files=5)) == tree


@pytest.mark.parametrize("pack", [zipped, tgz])
def test_a_bomb_is_known_by_its_ratio(pack: Pack) -> None:
    limits = Limits(ratio=100, ratio_from=MIB)
    assert len(unpack(pack({"a": bytes(MIB // 2)}), limits)["a"]) == MIB // 2
    with pytest.raises(TooLarge):
        unpack(pack({"a": bytes(2 * MIB)}), limits)


def test_ten_thousand_files_are_read_and_no_more() -> None:
    names = [f"f{number}" for number in range(10_001)]
    assert len(unpack(zipped(dict.fromkeys(names[1:], b"")))) == 10_000
    with pytest.raises(TooLarge, match="10,000 files"):
        unpack(zipped(dict.fromkeys(names, b"")))


def test_a_file_of_a_hundred_mebibytes_is_the_largest() -> None:
    header = tarfile.TarInfo("a")
    header.size = 100 * MIB + 1
    with pytest.raises(TooLarge, match="104,857,600 bytes"):
        unpack(header.tobuf())
    with pytest.raises(TooLarge, match="104,857,600 bytes"):
        gunzip(ZEROS * 101, Limits(ratio=2_000))


@pytest.mark.parametrize(
    ("limits", "most"),
    [(Limits(), "[0-9]{3},[0-9]{3},[0-9]{3}"), (Limits(ratio=2_000), "524,288,000")],
)
def test_half_a_gibibyte_is_the_most_even_of_what_is_not_kept(limits: Limits, most: str) -> None:
    with pytest.raises(TooLarge, match=most):
        unpack(tgz(FILES) + ZEROS * 501, limits)


@pytest.mark.parametrize("pack", [zipped, tgz])
def test_a_bomb_takes_no_memory(pack: Pack) -> None:
    bomb = pack({"a": bytes(50 * MIB)})
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            unpack(bomb, Limits(ratio_from=2 * MIB, ratio=1))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * MIB


@EACH_PACK
def test_a_truncated_archive_is_refused_wherever_it_ends(pack: Pack) -> None:
    whole = pack(FILES).rstrip(b"\0") if pack is tarred else pack(FILES)
    for end in range(len(whole)):
        with pytest.raises(Refused):
            unpack(whole[:end])


def test_gzip_goes_on_in_members_and_ends_in_zeros_at_most() -> None:
    assert gunzip(gzip.compress(b"a") + gzip.compress(b"b") + bytes(9)) == b"ab"
    for after in (b"x", b"\0x", gzip.compress(b"b")[:-1]):
        with pytest.raises(Unreadable):
            gunzip(gzip.compress(b"a") + after)


def test_a_flood_of_empty_members_is_refused() -> None:
    with pytest.raises(TooLarge, match="10,000 members"):
        gunzip(gzip.compress(b"") * 10_001)


def test_a_wrong_checksum_is_seen() -> None:
    data = bytearray(gzip.compress(b"abc"))
    data[-5] ^= 1
    with pytest.raises(Unreadable, match="damaged"):
        gunzip(bytes(data))


@pytest.mark.parametrize(
    ("names", "root"),
    [
        (["a/b", "a/c/d"], ["b", "c/d"]),
        (["a/b/c"], ["b/c"]),
        (["a/b", "c/d"], ["a/b", "c/d"]),
        (["a/b", "c"], ["a/b", "c"]),
        (["a"], ["a"]),
        ([], []),
    ],
)
def test_the_one_folder_is_the_root(names: list[str], root: list[str]) -> None:
    assert list(content_root(dict.fromkeys(names, b""))) == root


def test_packing_depends_on_nothing_but_the_files() -> None:
    packed = pack_tgz(FILES)
    assert packed == pack_tgz(dict(reversed(FILES.items())))
    assert packed[4:8] == bytes(4)
    assert unpack(packed) == FILES


SEGMENT = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x2FF), min_size=1, max_size=60)


@given(st.dictionaries(st.lists(SEGMENT, min_size=1, max_size=6).map("/".join), st.binary()))
def test_what_is_read_can_be_packed_and_read_again(files: dict[str, bytes]) -> None:
    try:
        tree = unpack(pack_tgz(files))
    except Refused:
        return
    assert unpack(pack_tgz(tree)) == tree
    assert sorted(tree.values()) == sorted(files.values())


@given(st.sampled_from([b"", b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08"]), st.binary())
def test_any_bytes_are_a_tree_or_refused(start: bytes, rest: bytes) -> None:
    _unpack(start + rest)


@given(
    st.sampled_from([zipped(FILES), tarred(FILES), tarred({"a" * 200: b"x"}), tgz(FILES)]),
    st.lists(st.tuples(st.integers(0), st.binary(min_size=1, max_size=9)), min_size=1, max_size=4),
)
def test_a_changed_archive_is_a_tree_or_refused(
    data: bytes, changes: list[tuple[int, bytes]]
) -> None:
    changed = bytearray(data)
    for position, content in changes:
        start = position % len(data)
        changed[start : start + len(content)] = content
    _unpack(bytes(changed))


def _unpack(data: bytes) -> None:
    try:
        tree = unpack(data, Limits(total_bytes=MIB, file_bytes=MIB))
    except Refused:
        return
    assert not any(name.startswith("/") or ".." in name.split("/") for name in tree)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples of the formats are not here")
def test_a_folder_with_kustomizations_is_read() -> None:
    tree = content_root(unpack((SAMPLES / "kustomize/wordpress-kustomize.tar.gz").read_bytes()))
    assert "kustomization.yaml" in tree
    assert "mysql/deployment.yaml" in tree
    assert len(tree) == 10

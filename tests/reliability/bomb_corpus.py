"""Content that is small and means much: YAML, archives, designs and definitions."""

from __future__ import annotations

import io
import json
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from app.importing.archives import pack_tgz
from tests.app.evaluation.material import component, definition, selector
from tests.content import MODEL

MIB = 2**20
POD = b"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
DIRECTORY_ENTRY, DIRECTORY_END = b"PK\x01\x02", b"PK\x05\x06"
UNPACKED_SIZE, OFFSET = 24, 42  # in an entry of the directory (APPNOTE.TXT 4.3.12)


def laughs(levels: int, times: int) -> bytes:
    """Lists of aliases of the list before."""
    lists = (f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * times)}]" for n in range(1, levels))
    return "\n".join(["a0: &a0 [lol]", *lists]).encode()


def merges(levels: int) -> bytes:
    """Mappings that merge the one before twice."""
    lines = ["a0: &a0 {k: v}"]
    for level in range(1, levels):
        last = f"*a{level - 1}"
        lines.append(f"a{level}: &a{level} {{<<: [{last}, {last}], k{level}: v}}")
    return "\n".join(lines).encode()


def manifest(size: int) -> bytes:
    """A ConfigMap of about so many bytes, with short values."""
    lines = [b"apiVersion: v1", b"kind: ConfigMap", b"metadata: {name: a}", b"data:"]
    lines += [b"  k%06d: v%06d" % (n, n) for n in range(size // 18)]
    return b"\n".join(lines)


def zipped(files: Iterable[tuple[str | zipfile.ZipInfo, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as written:
        for name, content in files:
            written.writestr(name, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def lying(files: Iterable[tuple[str, bytes]], at: int, value: int) -> bytes:
    """A zip archive whose directory has another number in each entry."""
    data = bytearray(zipped(files))
    place = data.find(DIRECTORY_ENTRY)
    while place >= 0:
        struct.pack_into("<L", data, place + at, value)
        place = data.find(DIRECTORY_ENTRY, place + 1)
    return bytes(data)


def overlapping(count: int) -> bytes:
    """Entries that all are the same bytes, each of which becomes a megabyte."""
    one = zipped([("a0000", bytes(MIB))])
    first, end = one.index(DIRECTORY_ENTRY), one.index(DIRECTORY_END)
    entry = one[first:end]
    entries = b"".join(entry.replace(b"a0000", b"a%04d" % number) for number in range(count))
    tail = bytearray(one[end:])
    struct.pack_into("<HHLL", tail, 8, count, count, len(entries), first)
    return one[:first] + entries + bytes(tail)


def nested(levels: int, width: int) -> bytes:
    """Archives in archives, with a megabyte of zeros in the innermost."""
    data = bytes(MIB)
    for level in range(levels):
        data = zipped([(f"{level}-{number}.zip", data) for number in range(width)])
    return data


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3  # Unix
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def tarred(*members: tuple[str, bytes, bytes], target: str = "") -> bytes:
    """A tar.gz archive of names, types and contents."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as written:
        for name, kind, content in members:
            info = tarfile.TarInfo(name)
            info.type, info.size, info.linkname = kind, len(content), target
            written.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def gzip_of_zeros(size: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    pieces = [packer.compress(bytes(MIB)) for _ in range(size // MIB)]
    return b"".join([*pieces, packer.flush()])


def many(count: int) -> list[tuple[str, bytes]]:
    return [(f"f/{number}.yaml", POD) for number in range(count)]


#: What is imported, by the name of its file.
IMPORTED: Mapping[str, bytes] = {
    "laughs.yaml": laughs(9, 9),
    "laughs of few levels.yaml": laughs(3, 500),
    "merges.yaml": merges(24),
    "merges of 150 levels.yaml": merges(150),
    "deep.yaml": b"a: " + b"[" * 100_000,
    "deep blocks.yaml": b"\n".join(b" " * n + b"a:" for n in range(1_000)),
    "duplicates.yaml": b"k: v\n" * 100_000,
    "megabyte.yaml": manifest(MIB),
    "documents.yaml": b"---\n" * 200_000,
    "number.yaml": b"a: " + b"9" * MIB,
    "anchors.yaml": b"\n".join(b"a%d: &a%d v" % (n, n) for n in range(60_000)),
    "open quotes.yaml": b'a: "' + b"x\n" * 400_000,
    "question marks.yaml": b"? " * 200_000,
    "deep.json": b"[" * 400_000,
    "many.json": b"[" + b"{}," * 350_000 + b"{}]",
    "ratio.zip": zipped([("a.yaml", bytes(300 * MIB))]),
    "overlapping.zip": overlapping(5_000),
    "nested.zip": nested(4, 10),
    "smaller than it is.zip": lying([("a.yaml", bytes(50 * MIB))], UNPACKED_SIZE, 9),
    "traversal.zip": zipped([("../../a.yaml", POD)]),
    "entries.zip": zipped(many(5_001)),
    "more entries.zip": zipped(many(10_001)),
    "link.zip": zipped([(link("a.yaml"), b"/etc/passwd")]),
    "offsets.zip": lying([("a.yaml", POD), ("b.yaml", POD)], OFFSET, 2**31),
    "ratio.tgz": gzip_of_zeros(500 * MIB),
    "traversal.tgz": tarred(("../../a.yaml", tarfile.REGTYPE, POD)),
    "link.tgz": tarred(("a.yaml", tarfile.SYMTYPE, b""), target="/etc/passwd"),
    "device.tgz": tarred(("a.yaml", tarfile.CHRTYPE, b"")),
    "entries.tgz": tarred(*((name, tarfile.REGTYPE, POD) for name, POD in many(5_001))),
    "long names.tgz": tarred(*((f"{n}" * 900, tarfile.REGTYPE, POD) for n in range(300))),
}

REGEX = "(((a+)+)+)+$"
#: Each definition relates everything to everything, or asks regular expressions that backtrack.
DEFINITIONS = (
    definition("edge/non-binding/dense", (selector("*"), selector("*"))),
    definition(
        "edge/non-binding/equal",
        (
            selector("*", mutator=["configuration.a"], match_strategy_matrix=[["equal"]]),
            selector("*", mutated=["configuration.a"]),
        ),
    ),
    definition("hierarchical/parent/inventory", (selector(REGEX), selector("([a-z]+)*[0-9]"))),
    definition("hierarchical/sibling/matchlabels", (selector("(.*)*"), selector("(a|aa)+$"))),
)


def definitions() -> bytes:
    """A package that has them."""
    files = {"m.json": {**MODEL, "name": "kubernetes"}}
    for number, each in enumerate(DEFINITIONS):
        files[f"{number}.json"] = {
            **each,
            "schemaVersion": "relationships.meshery.io/v1beta2",
            "version": "v1.0.0",
            "metadata": {},
        }
    return pack_tgz({path: json.dumps(value).encode() for path, value in files.items()})


def design(count: int, kind: str = "Pod", relationships: int = 0) -> dict[str, Any]:
    """Components that are all alike, so that all of them are related."""
    configuration = {"a": 1, "metadata": {"namespace": "n", "labels": {"a": "b"}}}
    return {
        "id": "01900000-0000-7000-8000-00000000d517",
        "name": "Bomb",
        "schemaVersion": "designs.meshery.io/v1beta1",
        "version": "0.0.1",
        "components": [component(f"c{n}", kind, configuration) for n in range(count)],
        "relationships": [
            {**DEFINITIONS[0], "id": f"r{n}", "status": "approved"} for n in range(relationships)
        ],
    }


EVALUATED: Mapping[str, dict[str, Any]] = {
    "dense, 300": design(300),
    "dense, 5,000": design(5_000),
    "5,001 components": design(5_001),
    "regular expressions": design(1_000, "a" * 250 + "!"),
    "given relationships": design(100, relationships=5_000),
    "50,001 relationships": {**design(1), "relationships": [{}] * 50_001},
    "namespaces in each other": design(2_000, "Namespace"),
    "deep": {**design(1), "metadata": json.loads("[" * 60 + "]" * 60)},
}

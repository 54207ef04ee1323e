"""The first layer of an image."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.importing.archives import Limits, Tree, unpack
from app.importing.oci import first_layer, pack
from app.importing.refusals import Refused, TooLarge, Unreadable, Unsafe
from app.importing.tars import tar

SAMPLES = Path(__file__).parents[3].parent / "shared" / "importing" / "samples"
FILES = {"design.yml": b"name: a\n", "v1/model.json": b"{}"}
LAYER = gzip.compress(tar(FILES.items()), mtime=0)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def blob(content: bytes) -> tuple[str, bytes]:
    return f"blobs/sha256/{sha256(content)}", content


def layout(layer: bytes, *, diff_id: str | None = None, indexes: int = 1) -> dict[str, bytes]:
    """An OCI image layout, with as many indexes as asked one in another."""
    config = json.dumps({"rootfs": {"diff_ids": [diff_id]}} if diff_id else {}).encode()
    named: Any = {
        "config": {"digest": f"sha256:{sha256(config)}"},
        "layers": [{"digest": f"sha256:{sha256(layer)}"}],
    }
    tree = dict([blob(config), blob(layer)])
    for _ in range(indexes):
        content = json.dumps(named).encode()
        tree |= [blob(content)]
        named = {"manifests": [{"digest": f"sha256:{sha256(content)}"}]}
    return tree | {"index.json": json.dumps(named).encode()}


def saved(layer: bytes, config: bytes = b"{}", name: str = "layer.tar") -> dict[str, bytes]:
    """What `docker save` writes."""
    manifest = [{"Config": "config.json", "Layers": [name]}]
    return {"manifest.json": json.dumps(manifest).encode(), "config.json": config, name: layer}


def test_packing_and_reading_are_inverse_and_repeatable() -> None:
    packed = pack("a", FILES)
    assert packed == pack("a", dict(reversed(FILES.items())))
    tree = unpack(packed)
    assert first_layer(tree) == FILES
    (manifest,) = json.loads(tree["manifest.json"])
    assert manifest["RepoTags"] == ["a:latest"]
    assert manifest["Layers"] == [f"{sha256(tree[manifest['Layers'][0]])}.tar.gz"]


@given(st.dictionaries(st.text("abc", min_size=1), st.binary(), max_size=4))
def test_any_files_can_be_packed(files: dict[str, bytes]) -> None:
    assert first_layer(unpack(pack("a", files))) == files


@pytest.mark.parametrize(
    "tree",
    [
        saved(LAYER),
        saved(tar(FILES.items())),
        saved(LAYER, json.dumps({"rootfs": {"diff_ids": []}}).encode()),
        layout(LAYER),
        layout(LAYER, indexes=3),
        layout(tar(FILES.items()), diff_id=f"sha256:{sha256(tar(FILES.items()))}"),
    ],
)
def test_each_layout_of_images_is_read(tree: Tree) -> None:
    assert first_layer(tree) == FILES


@pytest.mark.parametrize(
    "tree",
    [
        {},
        FILES,
        {"a/manifest.json": saved(LAYER)["manifest.json"]},
        {"manifest.json": b'{"name": "an app", "icons": []}'},
        {"manifest.json": b'[{"Config": "a", "Layers": []}]'},
        {"index.json": b'{"manifests": []}'},
        {"index.json": b"[]"},
    ],
)
def test_other_files_are_no_image(tree: Tree) -> None:
    assert first_layer(tree) is None


WITHOUT = {name: content for name, content in saved(LAYER).items() if name != "layer.tar"}
OTHER = {
    name: content + b" " * name.startswith("blobs/") for name, content in layout(LAYER).items()
}
DAMAGED = [
    ({"manifest.json": b"[", "layer.tar": LAYER}, Unreadable, "Invalid JSON"),
    (WITHOUT, Unreadable, 'lacks "layer.tar"'),
    (OTHER, Unreadable, "has another digest"),
    (layout(LAYER, diff_id="sha256:" + "0" * 64), Unreadable, "first layer has another digest"),
    (layout(LAYER, indexes=4), Unreadable, "indexes within indexes"),
    (saved(LAYER[:-9]), Unreadable, "truncated"),
    (saved(b"x" * 600), Unreadable, "a header is invalid"),
    (saved(tar([("../a", b"")])), Unsafe, "zip slip attempt"),
]


@pytest.mark.parametrize(("tree", "outcome", "message"), DAMAGED, ids=range(len(DAMAGED)))
def test_damaged_images_are_refused(tree: Tree, outcome: type[Refused], message: str) -> None:
    with pytest.raises(outcome, match=message):
        first_layer(tree)


def test_a_layer_is_within_the_limits() -> None:
    with pytest.raises(TooLarge):
        first_layer(saved(LAYER), Limits(files=1))
    with pytest.raises(TooLarge):
        first_layer(saved(LAYER + gzip.compress(bytes(4_000_000))), Limits(ratio=10))


def test_links_of_a_layer_are_left_out() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
            link = tarfile.TarInfo("passwd")
            link.type, link.linkname = kind, "/etc/passwd"
            archive.addfile(link)
        archive.addfile(tarfile.TarInfo("a"))
    assert first_layer(saved(buffer.getvalue())) == {"a": b""}


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples of the formats are not here")
@pytest.mark.parametrize(
    ("name", "file", "count"),
    [
        ("designs/valid-design-oci.tar", "design.yml", 2),
        ("models/acm-controller-oci.tar", "v0.3.0/v1.0.0/model.json", 5),
        ("models/acm-controller-plain.tar", None, 0),
    ],
)
def test_samples(name: str, file: str | None, count: int) -> None:
    layer = first_layer(unpack((SAMPLES / name).read_bytes()))
    assert (file is None) if layer is None else (file in layer and len(layer) == count)

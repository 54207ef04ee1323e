"""Container images as archives: what `docker save` writes, and the OCI image layout.

Meshery packs designs and models as images of one layer, which holds their files.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from app.importing.archives import kind_of
from app.importing.deflate import gunzipped
from app.importing.documents import json_document
from app.importing.refusals import Unreadable
from app.importing.tars import Source, pieces_of, tar, untar
from app.importing.trees import LIMITS, Limits, Tree
from app.strict_json import printable

DOCKER_MANIFEST = "manifest.json"
OCI_INDEX = "index.json"
#: An index may list other indexes, such as one for each platform.
DEEPEST_INDEX = 4

#: Names that are digests. Layers of `docker save` may be named by anything.
_DIGEST = re.compile(r"(?:sha256:|blobs/sha256/)([0-9a-f]{64})\Z")


def first_layer(tree: Tree, limits: Limits = LIMITS) -> Tree | None:
    """The files of an image's first layer, without its links; None if the tree is no image.

    Raises `Unreadable` if something that is named is missing, or has another SHA-256 digest than
    is told of it; for the layer whatever `unpack` raises.
    """
    if (found := _docker_image(tree) or _oci_image(tree)) is None:
        return None
    config, layer = found
    digest = hashlib.sha256()
    pieces = _observed(_pieces(layer, limits), digest.update)
    files = untar(Source(pieces), limits, skip_links=True)
    match json_document(config):
        case {"rootfs": {"diff_ids": [str(told), *_]}} if told != f"sha256:{digest.hexdigest()}":
            raise Unreadable("The image is damaged: its first layer has another digest.")
    return files


def pack(name: str, tree: Tree) -> bytes:
    """An image as `docker save` writes it, with one layer; the same files make the same bytes."""
    files = tar(sorted(tree.items()))
    layer = gzip.compress(files, mtime=0)
    config = orjson.dumps(
        {
            "architecture": "",
            "created": "0001-01-01T00:00:00Z",
            "history": [{"created": "0001-01-01T00:00:00Z"}],
            "os": "",
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{_sha256(files)}"]},
            "config": {},
        }
    )
    config_name = f"sha256:{_sha256(config)}"
    layer_name = f"{_sha256(layer)}.tar.gz"
    manifest = [{"Config": config_name, "RepoTags": [f"{name}:latest"], "Layers": [layer_name]}]
    return tar(
        [
            (config_name, config),
            (layer_name, layer),
            (DOCKER_MANIFEST, orjson.dumps(manifest)),
        ]
    )


def _docker_image(tree: Tree) -> tuple[bytes, bytes] | None:
    """The configuration and the first layer."""
    match _json(tree, DOCKER_MANIFEST):
        case [{"Config": str(config), "Layers": [str(layer), *_]}, *_]:
            return _named(tree, config), _named(tree, layer)
    return None


def _oci_image(tree: Tree) -> tuple[bytes, bytes] | None:
    index = _json(tree, OCI_INDEX)
    for _ in range(DEEPEST_INDEX):
        match index:
            case {"manifests": [{"digest": str(digest)}, *_]}:
                index = json_document(_blob(tree, digest))
            case {"config": {"digest": str(config)}, "layers": [{"digest": str(layer)}, *_]}:
                return _blob(tree, config), _blob(tree, layer)
            case _:
                return None
    raise Unreadable(f"The image has indexes within indexes, more than {DEEPEST_INDEX} deep.")


def _json(tree: Tree, name: str) -> Any:
    return json_document(tree[name]) if name in tree else None


def _blob(tree: Tree, digest: str) -> bytes:
    return _named(tree, f"blobs/{digest.replace(':', '/', 1)}")


def _named(tree: Tree, name: str) -> bytes:
    if (content := tree.get(name)) is None:
        raise Unreadable(f'The image lacks "{printable(name)}", which it names.')
    digest = _DIGEST.match(name)
    if digest is not None and digest[1] != _sha256(content):
        raise Unreadable(f'The image is damaged: "{printable(name)}" has another digest.')
    return content


def _pieces(layer: bytes, limits: Limits) -> Iterator[bytes | memoryview]:
    if kind_of(layer) == "gzip":
        return gunzipped(layer, limits, limits.total_bytes)
    return pieces_of(layer)


def _observed(
    pieces: Iterator[bytes | memoryview], observe: Callable[[bytes | memoryview], None]
) -> Iterator[bytes | memoryview]:
    for piece in pieces:
        observe(piece)
        yield piece


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

"""What was given, opened by its extension: documents, or the files of an archive."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from app.importing.archives import Tree, content_root, unpack
from app.importing.documents import document
from app.importing.oci import first_layer
from app.importing.refusals import Unreadable, Unsupported

#: Extensions whose files are documents, and those whose files are archives. The longest counts.
DOCUMENTS = (".yml", ".yaml", ".json")
ARCHIVES = (".tar.gz", ".tgz", ".tar", ".zip")


@dataclass(frozen=True)
class Content:
    """A file that came in, by its name: `documents` or `tree`, never both.

    `tree` is what an archive holds, without the one folder that everything is in; of an image, its
    first layer.
    """

    name: str
    documents: tuple[object, ...] = ()
    tree: Tree | None = None
    is_image: bool = False

    @property
    def filled(self) -> tuple[object, ...]:
        """The documents that are not empty."""
        return tuple(each for each in self.documents if each is not None)


def opened(name: str, data: bytes) -> Content:
    """The content of a file; raises `Refused` for what cannot be read at all."""
    extension = extension_of(name)
    if extension in DOCUMENTS:
        if not data.strip() and extension == ".json":
            raise Unreadable(f"{name}: an empty file is not JSON.")
        return Content(name, tuple(document(name, data)))
    files = unpack(data)
    layer = first_layer(files)
    return Content(
        name, tree=content_root(files if layer is None else layer), is_image=layer is not None
    )


def extension_of(name: str) -> str:
    """The extension in lower case; raises `Unsupported` for one that is not imported."""
    lower = name.lower()
    for extension in (*DOCUMENTS, *ARCHIVES):
        if lower.endswith(extension):
            return extension
    allowed = ", ".join((*DOCUMENTS, *ARCHIVES))
    found = PurePosixPath(lower).suffix or "no extension"
    raise Unsupported(f"unsupported extension ({found}); supported are {allowed}.")


def stem_of(name: str) -> str:
    """The name without its extension."""
    return name[: len(name) - len(extension_of(name))]

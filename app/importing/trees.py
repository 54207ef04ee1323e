"""What an archive holds, as a tree of files in memory, and how much of it is taken in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from app.importing.refusals import TooLarge, Unsafe
from app.strict_json import printable

MIB = 1024 * 1024
LONGEST_PATH = 1_024
DEEPEST_PATH = 64
#: Everything that is listed in an archive counts as an entry: files, folders, extended headers.
ENTRIES_PER_FILE = 3

#: The relative POSIX path of each regular file to its content, in the order of the archive.
#: Folders are not listed.
Tree = Mapping[str, bytes]

_OUTSIDE = re.compile(r"\A/|\A[A-Za-z]:|\\|(?:\A|/)\.\.(?:/|\Z)")
_NOT_IN_NAMES = re.compile("[\0-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class Limits:
    """How much is read from an archive; sizes are in bytes and of what is unpacked."""

    total_bytes: int = 500 * MIB
    file_bytes: int = 100 * MIB
    files: int = 10_000
    ratio: int = 200
    ratio_from: int = MIB

    @property
    def entries(self) -> int:
        return self.files * ENTRIES_PER_FILE

    def unpacked(self, packed: int, most: int) -> int:
        """How many bytes may come of `packed` bytes: at most `most`, and no bomb.

        Deflate packs a run of one byte a thousand times over; documents are packed twenty times.
        """
        return min(most, self.ratio_from + self.ratio * packed)


LIMITS = Limits()


def safe_path(name: str) -> str:
    """The path a member's name stands for, without empty and `.` segments; "" for the root.

    Raises `Unsafe` for what could leave a folder on any system, and for names no file can have.
    """
    shown = printable(name)
    if _OUTSIDE.search(name):
        raise Unsafe(
            f'zip slip attempt: the name "{shown}" may lead out of the archive; '
            "only relative paths without .. and \\ are allowed."
        )
    if _NOT_IN_NAMES.search(name):
        raise Unsafe(f'The name "{shown}" has a control character, or is not UTF-8.')
    segments = [segment for segment in name.split("/") if segment not in {"", "."}]
    if len(name) > LONGEST_PATH or len(segments) > DEEPEST_PATH:
        raise TooLarge(
            f'The name "{shown}…" is too long; at most {LONGEST_PATH:,} characters and '
            f"{DEEPEST_PATH} folders are allowed."
        )
    return "/".join(segments)


class Gathering:
    """The tree of an archive while it is read: refuses what is unsafe or too large at once."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._files: dict[str, bytes] = {}
        self._folders: set[str] = set()
        self._entries = 0
        self._bytes = 0

    def count(self) -> None:
        """One more entry of any kind."""
        self._entries += 1
        if self._entries > self.limits.entries:
            raise TooLarge(f"The archive lists more than {self.limits.entries:,} entries.")

    def folder(self, name: str) -> None:
        path = safe_path(name)
        if path in self._files:
            raise _given_twice(path)
        self._folders.add(path)

    def file(self, name: str, size: int, pieces: Iterable[bytes | memoryview]) -> None:
        """Keep a file. `size` is what the archive declares; what comes is counted all the same."""
        path = safe_path(name)
        if not path or path in self._files or path in self._folders:
            raise _given_twice(path)
        if len(self._files) >= self.limits.files:
            raise TooLarge(f"The archive has more than {self.limits.files:,} files.")
        self._check_size(path, size)
        self._files[path] = self._joined(path, pieces)

    def tree(self) -> Tree:
        """What was gathered. Raises `Unsafe` where a file is also the folder of another."""
        ordered = sorted([*self._files, *self._folders], key=_by_folder)
        for path, following in pairwise(ordered):
            if path in self._files and following.startswith(path + "/"):
                raise Unsafe(f'"{printable(path)}" is both a file and a folder in the archive.')
        return self._files

    def _joined(self, path: str, pieces: Iterable[bytes | memoryview]) -> bytes:
        kept: list[bytes | memoryview] = []
        size = 0
        for piece in pieces:
            size += len(piece)
            self._check_size(path, size)
            kept.append(piece)
        self._bytes += size
        return b"".join(kept)

    def _check_size(self, path: str, size: int) -> None:
        if size > self.limits.file_bytes:
            raise TooLarge(
                f'"{printable(path)}" has more than {self.limits.file_bytes:,} bytes, '
                "the most for one file of an archive."
            )
        if self._bytes + size > self.limits.total_bytes:
            raise TooLarge(f"The archive unpacks to more than {self.limits.total_bytes:,} bytes.")


def content_root(tree: Tree) -> Tree:
    """The content of the one folder in which all files are, or the tree itself."""
    folders = {path.partition("/")[0] if "/" in path else "" for path in tree}
    if len(folders) != 1 or "" in folders:
        return tree
    return {path.partition("/")[2]: content for path, content in tree.items()}


def _by_folder(path: str) -> str:
    # NUL sorts before all that names can have: a folder comes right before what is in it.
    return path.replace("/", "\0")


def _given_twice(path: str) -> Unsafe:
    return Unsafe(f'The archive has more than one entry named "{printable(path) or "."}".')

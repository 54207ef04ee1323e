"""A file → calls, in memory that does not grow with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Final

from rest_compat.moving.calls import Call
from rest_compat.moving.captures import Broken, read_capture
from rest_compat.moving.lines import read_line

#: Bytes that a line may have; a longer one is passed over.
LONGEST_LINE: Final = 65_536
#: Bytes at the start of a file that tell what it is.
_START: Final = 512
#: What some programs put before UTF-8.
_MARK: Final = b"\xef\xbb\xbf"


@dataclass
class Source:
    """The calls of one file, and what was met on the way."""

    file: IO[bytes]
    read: int = 0
    skipped: int = 0
    captured: bool = False
    problems: list[str] = field(default_factory=list)

    def calls(self) -> Iterator[Call]:
        """Every call that the file tells of, in its order."""
        start = self.file.read(_START)
        self.file.seek(len(_MARK) if start.startswith(_MARK) else 0)
        self.captured = _is_capture(start)
        found = read_capture(self.file) if self.captured else map(_decoded, lines(self.file))
        try:
            for call in found:
                self.read += 1
                if call is None:
                    self.skipped += 1
                else:
                    yield call
        except Broken as error:
            self.problems.append(f"Reading stopped after {self.read} entries: {error}.")


def _is_capture(start: bytes) -> bool:
    """An archive is one JSON object with the member `log`; each line of a log is a whole one."""
    text = start.removeprefix(_MARK).translate(None, b" \t\r\n")
    return text.startswith(b'{"log":{')


def _decoded(line: bytes | None) -> Call | None:
    return None if line is None else read_line(line.decode("utf-8", "replace"))


def lines(file: IO[bytes]) -> Iterator[bytes | None]:
    """The lines of a file but for blank ones, None for one that is too long."""
    while line := file.readline(LONGEST_LINE):
        whole = line.endswith(b"\n") or len(line) < LONGEST_LINE
        while not whole:
            rest = file.readline(LONGEST_LINE)
            whole, line = rest.endswith(b"\n") or not rest, b""
        if line == b"":
            yield None
        elif not line.isspace():
            yield line

"""An HTTP archive (HAR 1.2, http://www.softwareishard.com/blog/har-12-spec/) → calls.

One entry is in memory at a time. Of the requests the address is read, and nothing else: headers,
cookies and bodies hold secrets.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import IO, Any, Final

import ijson

from rest_compat.moving.calls import Call, client_of

#: Bytes that a single entry may have, and levels of nesting in the file.
LONGEST_ENTRY: Final = 8_388_608
MOST_LEVELS: Final = 100
_OPENING: Final = frozenset({"start_map", "start_array"})
_CLOSING: Final = frozenset({"end_map", "end_array"})
#: Where an entry is: the levels around it, and the names that lead there.
_LEVEL: Final = 3
_NAMES: Final = ["log", "entries"]


class Broken(ValueError):
    """The file ends, or cannot be read on, in the middle."""


class _Watched:
    """A file that is read no further than an entry may be long."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.room = LONGEST_ENTRY

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.room -= len(data)
        if self.room < 0:
            raise Broken(f"an entry is longer than {LONGEST_ENTRY} bytes")
        return data


def read_capture(file: IO[bytes]) -> Iterator[Call | None]:
    """The calls of an archive, None for what is no call; raises `Broken` where it must stop."""
    watched = _Watched(file)
    try:
        for entry in _entries(watched):
            watched.room = LONGEST_ENTRY
            yield _call(entry)
    except (ijson.JSONError, UnicodeDecodeError) as error:
        reason = str(error).splitlines() or ["it is not JSON"]
        raise Broken(reason[0][:200]) from error


def _entries(file: _Watched) -> Iterator[Any]:
    """The members of `log.entries`, without the names of all levels, which ijson would join."""
    level, names, builder = 0, ["", ""], None
    for event, value in ijson.basic_parse(file, use_float=True):
        if event in _OPENING:
            if level == _LEVEL and names == _NAMES:
                builder = ijson.ObjectBuilder()
            level += 1
            if level > MOST_LEVELS:
                raise Broken(f"it is nested deeper than {MOST_LEVELS} levels")
        elif event in _CLOSING:
            level -= 1
        elif event == "map_key" and 1 <= level < _LEVEL:
            names[level - 1 :] = [value, ""][: _LEVEL - level]
        if builder is not None:
            builder.event(event, value)
            if level == _LEVEL:
                yield builder.value
                builder = None


def _call(entry: Any) -> Call | None:
    try:
        request, response = entry["request"], entry["response"]
        content = response.get("content") or {}
        return Call(
            client_of("the captured client"),
            str(request["method"]).upper(),
            str(request["url"]),
            int(response["status"]),
            max(0, int(content.get("size") or 0)),
            datetime.fromisoformat(entry["startedDateTime"]).timestamp(),
            _body(content),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None


def _body(content: Mapping[str, Any]) -> Any:
    """The JSON that was answered, if there was any."""
    text = content.get("text")
    if not isinstance(text, str) or "json" not in str(content.get("mimeType", "")):
        return None
    try:
        raw = base64.b64decode(text) if content.get("encoding") == "base64" else text
        return json.loads(raw)
    except (ValueError, RecursionError, binascii.Error):
        return None

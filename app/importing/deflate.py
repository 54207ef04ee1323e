"""Deflated content (RFC 1951) and gzip (RFC 1952) in small pieces, never more than is allowed.

zlib is used by hand, as neither `gzip` nor `zipfile` stops at content that goes on after its end,
at a flood of empty members or at a declared size that is not the true one.
"""

from __future__ import annotations

import zlib
from collections.abc import Generator, Iterator

from app.importing.refusals import TooLarge, Unreadable
from app.importing.trees import Limits

PIECE = 64 * 1024
#: bgzip writes a member for each 64 KiB.
MOST_MEMBERS = 10_000

_RAW = -zlib.MAX_WBITS
_GZIP = 16 + zlib.MAX_WBITS


def inflated(packed: memoryview) -> Iterator[bytes]:
    """The content of one deflated file of a zip archive, which must be all of `packed`.

    Nothing is bounded here but the pieces.
    """
    used = yield from _decoded(packed, _RAW)
    if used != len(packed):
        raise Unreadable("The zip archive declares other sizes than its content has.")


def gunzipped(packed: bytes, limits: Limits, most: int) -> Iterator[bytes]:
    """The content of all gzip members in `packed`; zeros after the last are padding.

    Raises `TooLarge` beyond `most` bytes or the ratio, `Unreadable` for anything damaged.
    """
    yield from _bounded(_members(memoryview(packed)), limits.unpacked(len(packed), most))


def _members(packed: memoryview) -> Generator[bytes, None, int]:
    position = 0
    for _ in range(MOST_MEMBERS):
        position += yield from _decoded(packed[position:], _GZIP)
        if not any(packed[position : position + 1]):
            return _padded(packed, position)
    raise TooLarge(f"The gzip file has more than {MOST_MEMBERS:,} members.")


def _padded(packed: memoryview, position: int) -> int:
    if bytes(packed[position:]).strip(b"\0"):
        raise Unreadable("The gzip file goes on after its end.")
    return len(packed)


def _decoded(packed: memoryview, window: int) -> Generator[bytes, None, int]:
    """The pieces of one stream; how many bytes of `packed` it took is returned."""
    decoder = zlib.decompressobj(window)
    position = 0
    while not decoder.eof:
        feed: bytes | memoryview = decoder.unconsumed_tail
        if not feed:
            feed = packed[position : position + PIECE]
            position += len(feed)
        try:
            piece = decoder.decompress(feed, PIECE)
        except zlib.error as error:
            raise Unreadable(f"The compressed content is damaged: {_told(error)}.") from None
        if piece:
            yield piece
        elif not feed and not decoder.eof:
            raise Unreadable("The compressed content ends too early: it is truncated.")
    return position - len(decoder.unused_data)


def _bounded(stream: Generator[bytes, None, int], most: int) -> Generator[bytes, None, int]:
    size = 0
    while True:
        try:
            piece = next(stream)
        except StopIteration as end:
            return int(end.value)
        size += len(piece)
        if size > most:
            raise TooLarge(f"Compressed content of this size may unpack to {most:,} bytes at most.")
        yield piece


def _told(error: zlib.error) -> str:
    return str(error).rpartition(": ")[2]

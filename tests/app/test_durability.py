"""What is acknowledged on SQLite is on the disk; see the gate, which asks more often."""

from __future__ import annotations

import shutil

import pytest

from tests.reliability.places import on_sqlite, served
from tests.reliability.syncs import CLIENTS, Trace, durable

#: Two threads, each with rows of its own; the first sync is not over when the first row is told.
SEEN = """\
1 pwrite64(9</d/meshgraph.db-wal>, "..worked 000001..", 4096, 32) = 4096
1 fdatasync(9</d/meshgraph.db-wal> <unfinished ...>
2 pwrite64(9</d/meshgraph.db-wal>, "..worked 000002..", 4096, 32) = 4096
2 fdatasync(8</d/meshgraph.db>) = 0
3 write(7<socket:[1]>, "HTTP/1.1 201 {worked 000001}", 99) = 99
1 <... fdatasync resumed>) = 0
3 write(7<socket:[1]>, "HTTP/1.1 201 {worked 000002}", 99) = 99
2 pwrite64(9</d/meshgraph.db-wal>, "..worked 000003..", 4096, 32) = 4096
2 fdatasync(9</d/meshgraph.db-wal>) = 0
3 write(7<socket:[1]>, "HTTP/1.1 201 {worked 000003}", 99) = 99
"""


def test_a_trace_tells_what_was_sent_before_it_was_on_the_disk() -> None:
    trace = Trace()
    trace.read(SEEN.splitlines())
    assert trace.early == {"worked 000001", "worked 000002"}
    assert trace.synced == {"worked 000001": 1, "worked 000002": 2, "worked 000003": 2}


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_nothing_is_acknowledged_before_it_is_on_the_disk() -> None:
    with on_sqlite() as place, served(place) as server:
        try:
            alone, together = durable(server, 1, 20), durable(server, CLIENTS, 40)
        except PermissionError as error:
            pytest.skip(str(error))
    assert alone.ratio >= 1
    assert alone.early == together.early == 0

"""One server for a SQLite file: whoever has its lock."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO

from sqlalchemy import make_url


class StoreInUse(RuntimeError):
    """Another server holds the SQLite file."""


def hold(path: Path) -> IO[str]:
    """The lock file, held until it is closed; raises `StoreInUse` where another server holds it."""
    path.touch(mode=0o600)
    lock = path.open("a")  # the process that holds it stays named until there is another
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise StoreInUse(
            f"Another server uses {path.name.removesuffix('.lock')!r}: stop it, or give this one "
            "a MESHGRAPH_DATA_DIR or MESHGRAPH_DATABASE_URL of its own."
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


@contextmanager
def sqlite_held(url: str) -> Iterator[None]:
    """Hold a SQLite file for a while; raises `StoreInUse` where a server holds it."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        yield
        return
    path = Path(parsed.database or "")
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(hold(path.with_name(path.name + ".lock"))):
        path.touch(mode=0o600)
        yield

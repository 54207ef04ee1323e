"""Work without the cyclic garbage collector."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collector() -> Iterator[None]:
    """For work that makes many objects of which none refers to itself.

    The collector would walk over all of them again and again, and find nothing: reference counts
    free them. Of threads that do this at once the first to end turns it on for all, which costs
    time and nothing else.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()

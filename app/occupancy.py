"""How full a pool is."""

from __future__ import annotations

from typing import NamedTuple


class Occupancy(NamedTuple):
    """How many there may be, how many of them are in use, and how many callers wait for one."""

    size: int
    taken: int
    waiting: int = 0

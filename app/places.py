"""How many subscriptions there may be at a time: in the process, of a user, on a connection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from app.limits import Limits, refusal


class Places:
    """The places for subscriptions of one process."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._taken: Counter[tuple[str, Hashable]] = Counter()

    @contextmanager
    def one(self, caller: Hashable, connection: Hashable) -> Iterator[None]:
        """Take a place until the block ends; raises `LimitExceeded` where none is left."""
        keys = (
            ("subscriptions_per_connection", connection),
            ("subscriptions_per_user", caller),
            ("subscriptions", None),
        )
        for measure, whose in keys:
            allowed = getattr(self._limits, measure)
            if (taken := self._taken[measure, whose]) >= allowed:
                raise refusal(measure, allowed, taken + 1)
        self._taken.update(keys)
        try:
            yield
        finally:
            self._taken.subtract(keys)
            for key in keys:
                if not self._taken[key]:
                    del self._taken[key]

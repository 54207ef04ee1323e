"""What each caller may spend on operations: a bucket that is drawn from, and filled up again.

A read costs the pages it may resolve, a write more; what was not needed is given back, and what
ran out of time is not. A bucket is one number: the time at which it will be full again.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from app.enforcement import Mode, Watch
from app.errors import TooMany

#: Costs of an operation of the REST API, and of a mutation whose pages are not counted.
READ, WRITE = 1, 5
#: Buckets that are kept before those that are full again are dropped.
MOST = 10_000


@dataclass(frozen=True)
class Budget:
    """`size` is what a full bucket holds, `restored` what is filled in each second."""

    size: int = 1_000
    restored: float = 100.0


class Buckets:
    """One bucket for each key."""

    __slots__ = ("_clock", "_full_at", "budget", "seconds", "span")

    def __init__(self, budget: Budget, clock: Callable[[], float] = time.monotonic) -> None:
        self.budget = budget
        self.seconds = 1 / budget.restored  # that a cost of one takes to be filled in
        self.span = budget.size * self.seconds
        self._clock = clock
        self._full_at: dict[Hashable, float] = {}

    def draw(self, key: Hashable, cost: int, *, overdraw: bool) -> float:
        """Draw the cost if there is as much; the seconds until there is, if not.

        With `overdraw` the bucket is emptied where there is less.
        """
        now = self._clock()
        held = self._full_at.get(key, 0.0)
        full_at = (max(now, held)) + cost / self.budget.restored
        lacking = full_at - now - self.span
        if lacking > 0.0:
            if overdraw:
                self._full_at[key] = now + self.span
            return lacking
        self._full_at[key] = full_at
        if len(self._full_at) > MOST:
            self._drop(now)
        return 0.0

    def give_back(self, key: Hashable, cost: int) -> None:
        """Fill up what was drawn and not needed."""
        if key in self._full_at:
            self._full_at[key] -= cost * self.seconds

    def available(self, key: Hashable) -> int:
        """What there is by now, rounded down."""
        owed = self._full_at.get(key, 0.0) - self._clock()
        return self.budget.size - math.ceil(max(0.0, owed) * self.budget.restored)

    def _drop(self, now: float) -> None:
        """Forget the buckets that are full; the fullest half where none is."""
        kept = {key: full_at for key, full_at in self._full_at.items() if full_at > now}
        if len(kept) > MOST:
            latest = sorted(kept, key=kept.__getitem__)[MOST // 2 :]
            kept = {key: kept[key] for key in latest}
        self._full_at = kept


class Charge:
    """What one operation has been charged; `actual` is what it came to, once that is known."""

    __slots__ = ("actual", "caller", "organization", "requested")

    def __init__(self, caller: Hashable, organization: Hashable, requested: int) -> None:
        self.caller = caller
        self.organization = organization
        self.requested = self.actual = requested


class Budgets:
    """Charges operations to their callers, and to the organization they name.

    An organization has `members` times the budget of a caller, for all of its members together.
    """

    def __init__(
        self,
        budget: Budget,
        mode: Mode,
        *,
        members: int = 10,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.mode = mode
        self._overdraw = mode is not Mode.ENFORCE
        self.callers = Buckets(budget, clock)
        shared = Budget(budget.size * members, budget.restored * members)
        self.organizations = Buckets(shared, clock)
        self._watches = {"budget": Watch("budget"), "organization_budget": Watch("organization")}

    def charge(self, caller: Hashable, organization: Hashable, cost: int) -> Charge:
        """Draw what an operation may cost; raises `TooMany` where there is not as much.

        What costs more than a bucket holds takes all of it.
        """
        cost = min(cost, self.callers.budget.size)
        lacking = self.callers.draw(caller, cost, overdraw=self._overdraw)
        if lacking > 0.0:
            self._exceeded("budget", self.callers, caller, cost, lacking)
        if organization is not None:
            lacking = self.organizations.draw(organization, cost, overdraw=self._overdraw)
            if lacking > 0.0:
                if not self._overdraw:
                    self.callers.give_back(caller, cost)
                self._exceeded(
                    "organization_budget", self.organizations, organization, cost, lacking
                )
        return Charge(caller, organization, cost)

    def settle(self, charge: Charge, actual: int) -> None:
        """Give back what the operation did not need."""
        unused = charge.requested - actual
        if unused > 0:
            charge.actual = actual
            self.callers.give_back(charge.caller, unused)
            if charge.organization is not None:
                self.organizations.give_back(charge.organization, unused)

    def report(self, charge: Charge) -> dict[str, float]:
        """As it stands in `extensions.cost` of a GraphQL answer."""
        budget = self.callers.budget
        return {
            "requested": charge.requested,
            "actual": charge.actual,
            "available": self.callers.available(charge.caller),
            "maximum": budget.size,
            "restoreRate": budget.restored,
        }

    def headers(self, caller: Hashable) -> tuple[tuple[bytes, bytes], ...]:
        """`RateLimit` fields (draft-ietf-httpapi-ratelimit-headers-10)."""
        left, budget = self.callers.available(caller), self.callers.budget
        seconds = math.ceil((budget.size - left) / budget.restored)
        policy = f'"budget";q={budget.size};w={math.ceil(self.callers.span)}'
        return (
            (b"ratelimit-policy", policy.encode()),
            (b"ratelimit", f'"budget";r={left};t={seconds}'.encode()),
        )

    def _exceeded(
        self, limit: str, buckets: Buckets, key: Hashable, cost: int, lacking: float
    ) -> None:
        if self._overdraw:
            self._watches[limit].passed(key)
        else:
            refusal = _spent(limit, buckets, key, cost, lacking)
            raise self._watches[limit].refused(key, refusal)


def _spent(limit: str, buckets: Buckets, key: Hashable, cost: int, lacking: float) -> TooMany:
    available = buckets.available(key)
    seconds = math.ceil(lacking)
    report = {limit: {"allowed": available, "found": cost, "maximum": buckets.budget.size}}
    message = f"{limit}: this costs {cost}, and {available} are left; try again in {seconds} s."
    return TooMany(message, limits=report, retry_after=seconds)

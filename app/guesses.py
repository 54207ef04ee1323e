"""What becomes of tokens that prove nothing, of which one address sends many.

A token that is good is taken from whichever address, however many others came from there: who
guesses behind a shared address, or a proxy, shuts nobody out. No number of guesses finds a key, so
nothing is gained by refusing the good ones. Nor is a token counted that was good once, and has
expired, or whose user is not known here: those are of clients that have to sign in again.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any

from app.budgets import Buckets, Budget
from app.enforcement import Mode, Watch
from app.errors import Problem, TooMany, Unproven

MINUTE = 60
#: Bits of an address of IPv6 that are of one network, in which a host may choose the others.
NETWORK = 64


class Guesses:
    """Counts the tokens of each address that prove nothing: `most` of them in a minute."""

    def __init__(
        self, most: int, mode: Mode, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._mode = mode
        self._buckets = Buckets(Budget(most, most / MINUTE), clock)
        self._watch = Watch("guesses")

    def judge(self, scope: Mapping[str, Any], refusal: Unproven) -> Problem:
        """The answer to such a token: that it is refused, or that there were too many."""
        if self._mode is Mode.OFF:
            return refusal
        address = address_of(scope)
        lacking = self._buckets.draw(address, 1, overdraw=False)
        if lacking <= 0.0:
            return refusal
        if self._mode is Mode.WARN:
            self._watch.passed(address)
            return refusal
        return self._watch.refused(address, self._too_many(math.ceil(lacking)))

    def _too_many(self, seconds: int) -> TooMany:
        message = (
            f"guesses: at most {self._most} tokens a minute may be no good; "
            f"send a good one, or try again in {seconds} s."
        )
        report = {"guesses": {"allowed": self._most, "found": self._most + 1}}
        return TooMany(message, limits=report, retry_after=seconds)


def address_of(scope: Mapping[str, Any]) -> str:
    """Where a request comes from; of IPv6 the network, and of no address a blank."""
    host = (scope.get("client") or ("",))[0]
    try:
        address = ip_address(host)
    except ValueError:
        return str(host)
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(IPv6Network((address, NETWORK), strict=False))
    return str(address)

"""What an operation passes before it is executed: the budget of its caller, then admission."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any
from uuid import UUID

from graphql import ExecutionResult
from starlette.types import Scope

from app.admission import Admission
from app.budgets import Budgets, Charge
from app.enforcement import Mode
from app.errors import Unavailable
from app.middleware import ADDED
from app.pricing import Price

#: Variables that name the organization an operation is about.
NAMING = frozenset({"orgId", "organizationId", "organization_id"})


class Visit:
    """One operation on its way through: `queue` where that is asked for, and `leave` in the end."""

    __slots__ = ("_admission", "_caller", "_writes", "charge", "waits")

    def __init__(
        self, admission: Admission | None, caller: Hashable, charge: Charge | None, *, writes: bool
    ) -> None:
        self._admission = admission
        self._caller = caller
        self._writes = writes
        self.charge = charge
        self.waits = admission is not None and not admission.enter(caller, writes=writes)

    async def queue(self) -> None:
        """Wait to be admitted; raises `TooMany` or `Unavailable`."""
        assert self._admission is not None
        await self._admission.queue(self._caller, writes=self._writes)
        self.waits = False

    def leave(self) -> None:
        if self._admission is not None and not self.waits:
            self._admission.leave(self._caller, writes=self._writes)


NOBODY = Visit(None, None, None, writes=False)


class Entrance:
    """Where operations are let in; without limits, all of them."""

    def __init__(self, admission: Admission | None = None, budgets: Budgets | None = None) -> None:
        self._admission = admission
        self.budgets = budgets

    def enter(
        self, context: Any, price: Price | None, given: Mapping[str, Any], *, writes: bool
    ) -> Visit:
        """Draw the price from the budget; raises `TooMany` where that is spent."""
        budgets, admission = self.budgets, self._admission
        if admission is None and budgets is None:
            return NOBODY
        caller = context.viewer.user_id
        charge = None
        if budgets is not None and price is not None:
            organization = None if NAMING.isdisjoint(given) else _named(context, given)
            charge = budgets.charge(caller, organization, price.cost)
        return Visit(admission, caller, charge, writes=writes)

    def settle(
        self, charge: Charge, price: Price, result: ExecutionResult | None, context: Any
    ) -> None:
        """Give back what the operation did not need: all of it, where there is no result."""
        context.charge = charge
        if result is None:
            self._give_back(charge, 0)
        elif price.cost > price.least and not _ran_out_of_time(result):
            self._give_back(charge, price.actual(result.data))

    def _give_back(self, charge: Charge, actual: int) -> None:
        if self.budgets is not None:
            self.budgets.settle(charge, actual)

    def report(self, context: Any) -> dict[str, float] | None:
        """What the operation of a context cost, where that is counted and it was executed."""
        charge: Charge | None = getattr(context, "charge", None)
        return None if self.budgets is None or charge is None else self.budgets.report(charge)

    def tell(self, scope: Scope, context: Any) -> None:
        """Leave header fields about the caller's budget for the answer, where it is enforced."""
        if self.budgets is not None and self.budgets.mode is Mode.ENFORCE:
            scope[ADDED] = self.budgets.headers(context.viewer.user_id)


def _ran_out_of_time(result: ExecutionResult) -> bool:
    return any(isinstance(each.original_error, Unavailable) for each in result.errors or ())


def _named(context: Any, given: Mapping[str, Any]) -> Hashable:
    """The organization that the variables name, where the caller belongs to it."""
    for name in NAMING & given.keys():
        value = given[name]
        if type(value) is str:
            try:
                organization = UUID(value)
            except ValueError:
                return None
            return organization if organization in context.viewer.grants else None
    return None

"""What operations cost, what their callers have left, and what becomes of those who have not."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import ExecutionResult, build_schema, parse
from graphql.execution.values import VariableValues, get_variable_values

from app.budgets import Budget, Budgets, Charge
from app.documents import chosen
from app.enforcement import Mode
from app.errors import TooMany
from app.limits import Limits
from app.pricing import Pricing

SCHEMA = build_schema("""
    type Query { teams(first: Int = 2): TeamPage  team(id: ID!): Team }
    type Mutation { rename(id: ID!): Team  drop(id: ID!): Boolean }
    type TeamPage { items: [Team!]!  totalCount: Int! }
    type Team { id: ID!  users(first: Int = 3): UserPage }
    type UserPage { items: [User!]! }
    type User { id: ID! }
""")


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def budgets(mode: Mode = Mode.ENFORCE) -> tuple[Budgets, Clock]:
    clock = Clock()
    return Budgets(Budget(size=10, restored=2.0), mode, members=2, clock=clock), clock


def test_a_bucket_is_spent_and_filled_up_again() -> None:
    found, clock = budgets()
    for _ in range(5):
        found.charge("ann", None, 2)
    with pytest.raises(TooMany) as refused:
        found.charge("ann", None, 1)
    assert refused.value.extensions["limits"] == {
        "budget": {"allowed": 0, "found": 1, "maximum": 10}
    }
    assert refused.value.extensions["retryAfter"] == 1
    found.charge("bob", None, 10)
    clock.now += 1
    found.charge("ann", None, 2)
    clock.now += 100
    assert found.callers.available("ann") == 10


def test_what_was_not_needed_is_given_back() -> None:
    found, _ = budgets()
    charge = found.charge("ann", None, 8)
    found.settle(charge, 3)
    assert found.report(charge) == {
        "requested": 8,
        "actual": 3,
        "available": 7,
        "maximum": 10,
        "restoreRate": 2.0,
    }


def test_an_organization_has_a_budget_for_all_its_members() -> None:
    found, _ = budgets()
    found.charge("ann", "acme", 10)
    found.charge("bob", "acme", 9)
    with pytest.raises(TooMany, match="organization_budget: this costs 2, and 1 are left"):
        found.charge("cy", "acme", 2)
    found.charge("cy", None, 10)  # what was refused has cost nothing


def test_a_warning_refuses_nobody() -> None:
    found, _ = budgets(Mode.WARN)
    charges = [found.charge("ann", "acme", 9) for _ in range(5)]
    assert [charge.requested for charge in charges] == [9] * 5
    assert found.callers.available("ann") == 0


def test_what_costs_more_than_there_ever_is_takes_all() -> None:
    found, _ = budgets()
    assert found.charge("ann", None, 1_000).requested == 10


def test_header_fields_tell_what_is_left() -> None:
    found, _ = budgets()
    found.charge("ann", None, 4)
    assert found.headers("ann") == (
        (b"ratelimit-policy", b'"budget";q=10;w=5'),
        (b"ratelimit", b'"budget";r=6;t=2'),
    )


def test_buckets_that_are_full_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.budgets.MOST", 10)
    found, clock = budgets()
    for number in range(10):
        found.charge(number, None, 1)
    clock.now += 100
    found.charge("ann", None, 5)
    assert found.callers._full_at.keys() == {"ann"}


TEAM: dict[str, Any] = {"users": {"items": []}}
PRICES: list[tuple[str, dict[str, Any], int, Any, int]] = [
    ("{ team(id: 1) { id } }", {}, 1, {"team": None}, 1),
    ("{ teams { items { id } } }", {}, 1, {"teams": {"items": []}}, 1),
    ("{ teams { items { users { items { id } } } } }", {}, 3, {"teams": {"items": [TEAM]}}, 2),
    (
        "query($n: Int) { a: teams(first: $n) { items { ...f } } } fragment f on Team { u: users { items { id } } }",  # noqa: E501
        {"n": 50},
        51,
        {"a": {"items": [{"u": {"items": []}}] * 7}},
        8,
    ),
    ("{ teams { items { users { items { id } } } } }", {}, 3, None, 1),
    ("mutation { drop(id: 1) }", {}, 5, {"drop": True}, 5),
    ("mutation { a: drop(id: 1) b: drop(id: 1) }", {}, 10, {"a": True, "b": True}, 10),
    ("mutation { rename(id: 1) { users { items { id } } } }", {}, 5, {"rename": TEAM}, 5),
]


@pytest.mark.parametrize(("text", "variables", "most", "data", "actual"), PRICES)
def test_prices(text: str, variables: dict[str, Any], most: int, data: Any, actual: int) -> None:
    pricing, document = Pricing(SCHEMA, Limits()), parse(text)
    operation = chosen(document, None)
    coerced = get_variable_values(SCHEMA, operation.variable_definitions or (), variables)
    assert isinstance(coerced, VariableValues)
    price = pricing.make(document, operation, variables, coerced)
    assert pricing.known(operation, variables) is price
    assert (price.cost, price.actual(data)) == (most, actual)
    assert ExecutionResult(data).data is data


def test_a_price_is_known_for_the_same_numbers_only() -> None:
    pricing = Pricing(SCHEMA, Limits())
    document = parse("query($n: Int, $id: ID) { teams(first: $n) { items { id } } }")
    operation = chosen(document, None)
    coerced = get_variable_values(SCHEMA, operation.variable_definitions or (), {"n": 5})
    assert isinstance(coerced, VariableValues)
    pricing.make(document, operation, {"n": 5, "id": "a"}, coerced)
    assert pricing.known(operation, {"n": 5, "id": "b"}) is not None
    for other in ({"n": 6}, {"n": 5.0}, {"n": None}, {}):
        assert pricing.known(operation, other) is None


def test_a_charge_begins_as_requested() -> None:
    assert Charge("ann", None, 7).actual == 7

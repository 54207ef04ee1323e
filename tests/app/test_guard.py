"""Documents that are not worth validating, and predictions of what the others read."""

from __future__ import annotations

import time
from typing import Any

import pytest
from graphql import (
    DocumentNode,
    OperationDefinitionNode,
    build_schema,
    get_introspection_query,
    parse,
)
from graphql.execution.values import VariableValues, get_variable_values

from app.errors import BadInput, LimitExceeded, Problem
from app.guard import check_shape, fragments_of, has_cycles
from app.input_values import check_variables
from app.limits import Limits
from app.page_cost import PageCost, Price

LIMITS = Limits()

SCHEMA = build_schema("""
    interface Node { id: ID }
    type Item implements Node {
      id: ID
      items(first: Int, last: Int, pageSize: Int = 25, all: Boolean): ItemPage
      fixed(first: Int = 50): ItemPage
      page: ItemPage
      tag(name: String): String
    }
    type Edge { node: Item }
    type ItemPage { items: [Item!]! edges: [Edge] totalCount: Int }
    type Query {
      items(first: Int, last: Int, pageSize: Int, all: Boolean): ItemPage
      item: Item
      node: Node
      nodes(ids: [ID!]!): [Node]
    }
""")


def nested(depth: int, inner: str = "id") -> str:
    return "{a" * (depth - 1) + "{" + inner + "}" * depth


def names(count: int, pattern: str = "a{}") -> str:
    return " ".join(pattern.format(number) for number in range(count))


def doubled(size: int, body: str = "...f{n} ...f{n}") -> str:
    links = (
        f"fragment f{number} on Query {{ {body.replace('{n}', str(number + 1))} }}"
        for number in range(size)
    )
    return "{ ...f0 } " + " ".join(links) + f" fragment f{size} on Query {{ id }}"


TOO_MUCH = [
    ("depth", nested(11)),
    ("depth", "{ ...f } fragment f on Query " + nested(11)),
    ("aliases", "{ x { " + names(31, "a{}: id") + " } }"),
    ("aliases", "{ x {" + "...f " * 4 + "} } fragment f on Query { " + names(8, "a{}: id") + " }"),
    ("root_fields", "{ " + names(21) + " }"),
    ("root_fields", "{ " + "... on Query { " + names(21) + " } }"),
    ("root_fields", "query A { id } query B { " + names(21) + " }"),
    ("directives", "query " + "@d " * 4 + "{ id " + "@d " * 5 + "}"),
    ("directives", "query ($v: Int " + "@d " * 9 + ") { id }"),
    ("directives", "{ ...f ...f } fragment f on Query { id " + "@d " * 5 + "}"),
    ("same_name", "{ x { " + "id " * 11 + "} }"),
    ("same_name", "{ x { " + names(11, "id: a{}") + " } }"),
    ("same_name", "{ " + "x { id id id } " * 4 + "}"),
    ("same_name", "{ x { ...f " + "id " * 6 + "} } fragment f on Query { " + "id " * 5 + "}"),
    ("same_name", "{ id } fragment unused on Query { " + "id " * 11 + "}"),
    ("same_name", "{ ...f } fragment f on Query { " + "id " * 11 + "} fragment f on Query { id }"),
    ("selections", "{ x { ...f0 } } " + doubled(13).removeprefix("{ ...f0 } ")),
    (
        "selections",
        "{ id } " + doubled(13, "a { ...f{n} } b { ...f{n} }").removeprefix("{ ...f0 }"),
    ),
]


@pytest.mark.parametrize(("measure", "document"), TOO_MUCH)
def test_too_much_is_refused_with_the_measure(measure: str, document: str) -> None:
    with pytest.raises(LimitExceeded) as refusal:
        check_shape(parse(document), LIMITS)
    reported: Any = refusal.value.extensions["limits"]
    assert list(reported) == [measure]
    assert reported[measure]["allowed"] == getattr(LIMITS, measure)
    assert reported[measure]["found"] > getattr(LIMITS, measure)


@pytest.mark.parametrize(
    "document",
    [
        nested(10),
        "{ x { " + names(30, "a{}: id") + " } }",
        "{ " + names(20) + " }",
        "{ id " + "@d " * 8 + "}",
        "{ x { " + "id " * 10 + "} }",
        "{ x { " + "id " * 10 + "y { " + "id " * 10 + "} } }",
        get_introspection_query(input_value_deprecation=True, specified_by_url=True),
        "{ ...unknown }",
        "{ a {} }",
        "{ ...f } fragment f on Query { a { ...f } }",
        "{ ...f } fragment f on Query { ...g } fragment g on Query { ...f ...g }",
        "fragment f on Query { id }",
        "type NotExecutable { id: ID }",
    ],
)
def test_no_more_than_the_limit_passes_valid_or_not(document: str) -> None:
    check_shape(parse(document), LIMITS)


@pytest.mark.parametrize("body", ["...f{n} ...f{n}", "a { ...f{n} } b { ...f{n} }"])
@pytest.mark.parametrize("size", [10, 20, 50, 100])
def test_doubled_fragments_are_judged_within_10_ms(size: int, body: str) -> None:
    document = parse(doubled(size, body))
    assert min(_seconds_to_refuse(document) for _ in range(3)) < 0.010


def _seconds_to_refuse(document: DocumentNode) -> float:
    started = time.process_time()
    with pytest.raises(LimitExceeded):
        check_shape(document, LIMITS)
    return time.process_time() - started


@pytest.mark.parametrize(
    ("document", "cyclic"),
    [
        ("{ ...f } fragment f on Query { id }", False),
        ("{ ...f ...f } fragment f on Query { ...g } fragment g on Query { id }", False),
        ("fragment g on Query { id } fragment f on Query { ...g ...unknown }", False),
        ("fragment f on Query { a { ...f } }", True),
        ("fragment f on Query { ...g } fragment g on Query { ... { ...f } }", True),
    ],
)
def test_cycles_are_found(document: str, cyclic: bool) -> None:
    assert has_cycles(fragments_of(parse(document))) is cyclic


@pytest.mark.parametrize(
    ("document", "name"),
    [
        (r'{ item { tag(name: "a\u0000") } }', "name"),
        (r'{ item { tag(name: {deep: ["\u0000"]}) } }', "name"),
        (r'query ($v: String = "\u{0}") { id }', "v"),
        (r'{ id @include(if: "\u0000") }', "if"),
    ],
)
def test_a_literal_with_nul_is_refused_by_its_argument(document: str, name: str) -> None:
    with pytest.raises(BadInput) as refusal:
        check_shape(parse(document), LIMITS)
    assert refusal.value.message == f"{name}: the character NUL is not allowed."
    assert refusal.value.extensions["field"] == name


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("1e999", "the number is too large."),
        ("-1.5E+0400", "the number is too large."),
        ("1" * 250 + "e99", "the number is too large."),
        ("9" * 5_000, "the number has too many digits."),
    ],
)
def test_a_number_that_no_json_holds_is_refused_by_its_argument(number: str, reason: str) -> None:
    with pytest.raises(BadInput) as refusal:
        check_shape(parse(f"{{ item {{ tag(name: {{deep: [{number}]}}) }} }}"), LIMITS)
    assert refusal.value.message == f"name: {reason}"


@pytest.mark.parametrize("number", ["1e308", "-1e-999", "9" * 300, "0.1"])
def test_other_numbers_pass(number: str) -> None:
    check_shape(parse(f"{{ item {{ tag(name: {number}) }} }}"), LIMITS)


def test_other_escapes_pass() -> None:
    check_shape(parse(r'{ item { tag(name: "\u00e9\ud83c\udfca") } }'), LIMITS)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (dict.fromkeys(map(str, range(101))), "variables: 101 found, at most 100 allowed."),
        ({"v": [0] * 1001}, "v: 1001 items found, at most 1000 allowed."),
        ({"v": {"w": ["é" * 32_769]}}, "v.w.0: 65538 bytes found, at most 65536 allowed."),
        ({"v": {"w": "\0"}}, "v.w: the character NUL is not allowed."),
        ({"v": ["\ud800"]}, "v.0: a lone surrogate is not a character."),
        ({"v": {"\0": 1}}, "v: the character NUL is not allowed."),
    ],
)
def test_variables_are_refused_by_name(variables: dict[str, Any], message: str) -> None:
    with pytest.raises(Problem) as refusal:
        check_variables(variables, LIMITS)
    assert refusal.value.message == message


def test_variables_within_the_limits_pass() -> None:
    given = {"v": [0] * 1000, "w": "é" * 32_768, **dict.fromkeys(map(str, range(98)))}
    check_variables(given, LIMITS)


PRICES = [
    ("{ item { id } }", Price(0, 0)),
    ("{ items { items { id } } }", Price(25, 1)),
    ("{ items(first: 10) { items { id } } }", Price(10, 1)),
    ("{ items(first: 10) { items { id } edges { node { id } } } }", Price(10, 1)),
    ("{ items(first: null, pageSize: 5) { items { id } } }", Price(5, 1)),
    ("{ item { items { items { id } } fixed { items { id } } } }", Price(75, 2)),
    ("{ item { page { items { items { items { id } } } } } }", Price(26, 2)),
    ("{ items(first: 4) { items { items(last: 5) { items { id } } } } }", Price(24, 5)),
    ("{ items(first: 4) { edges { node { items(last: 5) { items { id } } } } } }", Price(24, 5)),
    (
        "{ items(first: 2) { items { a: items { items { id } } b: items { items { id } } } } }",
        Price(102, 5),
    ),
    ("{ items(first: 3) { items { id } } items(first: 3) { items { id } } }", Price(3, 1)),
    ("{ items(first: 3) @skip(if: true) { items { id } } }", Price(3, 1)),
    ("{ node { ... on Item { items(first: 3) { items { id } } } } }", Price(3, 1)),
    ("{ node { ...f } } fragment f on Item { items(first: 3) { items { id } } }", Price(3, 1)),
    (
        '{ nodes(ids: ["a", "b"]) { ... on Item { items(first: 3) { items { id } } } } }',
        Price(8, 2),
    ),
    ("{ items(all: true) { items { id } } }", Price(10_000, 1)),
    ("query ($n: Int = 7) { items(first: $n) { items { id } } }", Price(7, 1)),
    ("{ items { totalCount } }", Price(0, 1)),
    ("{ items { __typename ...f } } fragment f on ItemPage { n: totalCount }", Price(0, 1)),
    (
        "{ items { totalCount ...f } } fragment f on ItemPage { edges { node { id } } }",
        Price(25, 1),
    ),
    ("{ items(first: 4) { items { items { totalCount } } } }", Price(4, 5)),
    ("{ __schema { types { name } } }", Price(0, 0)),
]


@pytest.mark.parametrize(("document", "price"), PRICES)
def test_the_price_is_the_product_of_the_page_sizes(document: str, price: Price) -> None:
    assert priced(document) == price


@pytest.mark.parametrize(
    ("document", "variables", "message"),
    [
        ("{ items(first: 0) { items { id } } }", {}, "first: a page has 1 to 100 rows."),
        ("{ items(last: -1) { items { id } } }", {}, "last: a page has 1 to 100 rows."),
        ("{ item { items(pageSize: 101) { items { id } } } }", {}, "pageSize: a page has"),
        ("query ($n: Int) { items(first: $n) { items { id } } }", {"n": 101}, "first: a page has"),
        ("query ($n: Int = 0) { items(first: $n) { items { id } } }", {}, "first: a page has"),
        (
            "{ items(first: 100) { items { items(first: 100) { items { id } } } } }",
            {},
            "nodes: 10100 found, at most 10000 allowed.",
        ),
        (
            "query ($all: Boolean) { items(all: $all) { items { page { items { id } } } } }",
            {"all": True},
            "nodes: 20000 found, at most 10000 allowed.",
        ),
        (
            "{ items(first: 32) { items { items(first: 32) { items { page { totalCount } } } } } }",
            {},
            "cost: 1057 found, at most 1000 allowed.",
        ),
    ],
)
def test_an_operation_that_reads_too_much_is_refused(
    document: str, variables: dict[str, Any], message: str
) -> None:
    with pytest.raises(Problem) as refusal:
        priced(document, variables)
    assert refusal.value.message.startswith(message)


def priced(source: str, variables: dict[str, Any] | None = None) -> Price:
    document = parse(source)
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    definitions = operation.variable_definitions or ()
    coerced = get_variable_values(SCHEMA, definitions, variables or {})
    assert isinstance(coerced, VariableValues)
    return PageCost(SCHEMA, fragments_of(document), coerced, LIMITS).check(operation)

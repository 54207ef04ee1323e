"""From a text to a result that may be shown: what each step refuses, and what errors tell."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
import strawberry
from graphql import ExecutionResult, build_schema, get_introspection_query, parse
from structlog.testing import capture_logs

from app.compiling import LeftToInterpreter, Memo
from app.documents import Documents
from app.errors import Conflict, LimitExceeded, NotFound
from app.limits import Limits
from app.operations import Operations
from app.page_cost import ADVICE
from app.reading import Reading, Refused

SECRET = "hunter2"


@strawberry.input
class Look:
    name: str
    limit: int = 1


@strawberry.type
class Item:
    id: strawberry.ID

    @strawberry.field
    def broken(self) -> str | None:
        raise RuntimeError(f"{'x' * 300}\n[SQL: {SECRET}]")

    @strawberry.field
    def number(self) -> int | None:
        return 2**40


@strawberry.type
class Query:
    @strawberry.field
    def name(self, info: strawberry.Info) -> str:
        return str(info.context)

    @strawberry.field
    def items(self) -> list[Item]:
        return [Item(id=strawberry.ID(str(number))) for number in range(3)]

    @strawberry.field
    def look(self, by: Look) -> str:
        return by.name

    @strawberry.field
    def at(self, position: int) -> str | None:
        raise NotFound("position: there is nothing.", field="position", position=position)

    @strawberry.field
    async def slow(self) -> str | None:
        await asyncio.sleep(30)
        return None

    @strawberry.field
    def required(self) -> str:
        raise Conflict("taken")


@strawberry.type
class Mutation:
    @strawberry.mutation
    def rename(self, name: str) -> str:
        return name

    @strawberry.mutation
    async def fetch(self) -> str:
        await asyncio.sleep(0.3)
        return "fetched"


SCHEMA = strawberry.Schema(Query, Mutation)._schema
OPERATIONS = Operations(SCHEMA, Limits())


async def run(
    source: str,
    variables: Mapping[str, Any] | None = None,
    operation_name: str | None = None,
    **options: Any,
) -> ExecutionResult:
    return await OPERATIONS.execute(
        source,
        context="the context",
        variables=variables,
        operation_name=operation_name,
        **options,
    )


def told(result: ExecutionResult) -> tuple[str, str]:
    """Code and message of the only error."""
    assert result.errors is not None
    (error,) = result.errors
    assert error.extensions is not None
    return str(error.extensions["code"]), error.message


async def test_the_context_is_given_to_resolvers() -> None:
    result = await run("{ name }")
    assert (result.data, result.errors) == ({"name": "the context"}, None)


@pytest.mark.parametrize(
    ("source", "code", "message"),
    [
        ("{", "GRAPHQL_PARSE_FAILED", "Syntax Error: Expected Name, found <EOF>."),
        ("#\n" * 101 + "{ name }", "GRAPHQL_PARSE_FAILED", "Syntax Error: Document contains more"),
        ("{ " + "name " * 1000 + "}", "GRAPHQL_PARSE_FAILED", "Syntax Error: Document contains"),
        ("{" + "a{" * 500, "GRAPHQL_PARSE_FAILED", "Syntax Error: Document"),
        ("#" * 10_001, "LIMIT_EXCEEDED", "source_length: 10001 found, at most 10000 allowed."),
        ("{ nope }", "GRAPHQL_VALIDATION_FAILED", "Cannot query field 'nope' on type 'Query'."),
        ("{ items {} }", "GRAPHQL_VALIDATION_FAILED", "Field 'items' of type '[Item!]!' must have"),
        ("{ ...nope }", "GRAPHQL_VALIDATION_FAILED", "Unknown fragment 'nope'."),
        (
            "{ ...f } fragment f on Query { ...f " + "name " * 15 + "}",
            "GRAPHQL_VALIDATION_FAILED",
            "Cannot spread fragment 'f' within itself.",
        ),
        ("{ " + "a { " * 12 + "a" + " }" * 13, "LIMIT_EXCEEDED", "depth: 13 found, at most 10"),
        (r'{ look(by: {name: "\u0000"}) }', "BAD_USER_INPUT", "by: the character NUL is not"),
        ("query A { name } query B { name }", "BAD_USER_INPUT", "operationName: the document has"),
        ("fragment f on Query { name }", "GRAPHQL_VALIDATION_FAILED", "Fragment 'f' is never used"),
        ("type A { b: C }", "GRAPHQL_VALIDATION_FAILED", "The 'A' definition is not executable."),
    ],
)
async def test_a_document_is_refused(source: str, code: str, message: str) -> None:
    result = await run(source)
    assert result.data is None
    shown = told(ExecutionResult(None, (result.errors or [])[:1]))
    assert shown[0] == code
    assert shown[1].startswith(message)


@pytest.mark.parametrize(
    "source",
    [
        "{ " + "name " * 990 + "}",
        "{ " + ("items { " + "id " * 8 + "} ") * 60 + "}",
        "{ " + "... { " * 180 + "name" + " }" * 181,
        "{ name } " + "fragment f on Query { name } " * 140,
        "{ name } " + " ".join(f"fragment f{n} on Query {{ {'name ' * 10} }}" for n in range(60)),
        "{ ...f } fragment f on Query { ...f " + "name " * 19 + "}",
        "query (" + " ".join(f"$v{n}: Int" for n in range(240)) + ") { name }",
        "{ " + "at(position: " + "[" * 190 + "]" * 190 + ") }",
    ],
)
def test_a_hostile_document_is_judged_within_50_ms(source: str) -> None:
    def seconds() -> float:
        operations = Operations(SCHEMA, Limits())
        started = time.process_time()
        with suppress(LimitExceeded, Refused):
            operations.examination.valid_document(source)
        return time.process_time() - started

    assert min(seconds() for _ in range(3)) < 0.050


async def test_a_quoted_literal_is_cut() -> None:
    _, message = told(await run("{ at(position: " + "1" * 5000 + ") }"))
    assert len(message) <= 200


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({}, "Variable '$by' has invalid value: Expected a value of non-null type 'Look!'"),
        ({"by": {"name": 1}}, "Variable '$by' has invalid value at .name: String cannot represent"),
        ({"by": {}}, "Variable '$by' has invalid value: Expected value of type 'Look' to include"),
        ({"by": {"name": "\0"}}, "by.name: the character NUL is not allowed."),
    ],
)
async def test_variables_that_do_not_fit_are_bad_input(
    variables: dict[str, Any], message: str
) -> None:
    result = await run("query ($by: Look!) { look(by: $by) }", variables)
    code, told_message = told(result)
    assert (code, told_message[: len(message)]) == ("BAD_USER_INPUT", message)
    assert result.errors is not None
    assert result.errors[0].path is None


@pytest.mark.parametrize(
    "by",
    [
        "c4nary",
        ["c4nary"],
        {"secret": "c4nary"},
        {"secret": {"token": "c4nary"}, "name": "a"},
        {"name": {"token": "c4nary"}},
        {"name": ["c4nary"]},
    ],
)
async def test_a_refusal_does_not_quote_what_may_be_secret(by: Any) -> None:
    """Neither of variables nor of what is written in the document."""
    asked = await run("query ($by: Look!) { look(by: $by) }", {"by": by})
    literal = re.sub(r'"(\w+)":', r"\1:", json.dumps(by))
    written = await run(f"{{ look(by: {literal}) }}")
    misplaced = await run('{ look(by: {name "c4nary"}) }')
    for result in (asked, written, misplaced):
        assert result.errors
        assert "c4nary" not in str([each.message for each in result.errors])


async def test_an_operation_is_chosen_by_name() -> None:
    source = "query A { a: name } query B { b: name }"
    assert (await run(source, operation_name="B")).data == {"b": "the context"}
    assert told(await run(source, operation_name="C"))[0] == "BAD_USER_INPUT"


async def test_a_mutation_is_refused_where_only_queries_may_be_sent() -> None:
    source = 'mutation { rename(name: "a") }'
    assert (await run(source)).data == {"rename": "a"}
    refused = await run(source, queries_only=True)
    assert refused.data is None
    assert told(refused)[0] == "BAD_USER_INPUT"
    assert (await run("{ name }", queries_only=True)).errors is None


async def test_a_problem_keeps_its_message_code_and_field() -> None:
    result = await run("{ at(position: 4) }")
    assert result.data == {"at": None}
    assert result.errors is not None
    (error,) = result.errors
    assert error.message == "position: there is nothing."
    assert error.path == ["at"]
    assert error.extensions == {"code": "NOT_FOUND", "field": "position", "position": 4}


async def test_a_bug_is_masked_and_logged_once_without_values() -> None:
    with capture_logs() as logs:
        result = await run("{ items { broken } }")
    assert result.data == {"items": [{"broken": None}] * 3}
    assert result.errors is not None
    assert {error.message for error in result.errors} == {"Internal error"}
    assert [error.path for error in result.errors] == [["items", n, "broken"] for n in range(3)]
    assert result.errors[0].extensions == {"code": "INTERNAL_SERVER_ERROR", "requestId": None}
    (line,) = logs
    assert line["error"] == "RuntimeError"
    assert len(line["message"]) == 200
    assert "test_operations.py:" in line["where"]
    assert SECRET not in str(logs) + str(result.formatted)


async def test_a_value_that_does_not_fit_its_type_is_a_bug() -> None:
    with capture_logs() as logs:
        result = await run("{ items { number } }")
    assert result.errors is not None
    assert {error.message for error in result.errors} == {"Internal error"}
    assert len(logs) == 1


async def test_an_error_may_take_all_data_with_it() -> None:
    result = await run("{ required }")
    assert result.data is None
    assert told(result) == ("CONFLICT", "taken")
    assert result.errors is not None
    assert result.errors[0].path == ["required"]


async def test_the_deadline_ends_an_operation() -> None:
    hasty = Operations(SCHEMA, Limits(query_seconds=0.01))
    result = await hasty.execute("{ slow }", context=None)
    assert result.data is None
    assert told(result) == ("UNAVAILABLE", "No answer was found within 0.01 seconds.")
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []


@pytest.mark.parametrize(
    "source",
    [
        "mutation { it: fetch }",
        "mutation { ... on Mutation { it: fetch } }",
        "mutation { ...Some } fragment Some on Mutation { it: fetch }",
    ],
)
async def test_what_lasts_has_time_wherever_it_stands(source: str) -> None:
    patient = Operations(SCHEMA, Limits(mutation_seconds=0.05), lasting={"fetch"})
    assert (await patient.execute(source, context=None)).data == {"it": "fetched"}
    hasty = Operations(SCHEMA, Limits(mutation_seconds=0.05))
    assert told(await hasty.execute("mutation { fetch }", context=None))[0] == "UNAVAILABLE"


async def test_introspection_and_suggestions_can_be_off() -> None:
    closed = Operations(SCHEMA, Limits(), introspection=False, suggestions=False)
    refused = await closed.execute("{ __schema { queryType { name } } }", context=None)
    assert refused.errors is not None
    assert refused.errors[0].message.startswith("GraphQL introspection has been disabled")
    assert "Did you mean" not in told(await closed.execute("{ nam }", context=None))[1]
    assert "Did you mean 'name'" in told(await run("{ nam }"))[1]
    assert (await run(get_introspection_query())).errors is None
    assert (await closed.execute("{ __typename }", context=None)).data == {"__typename": "Query"}


async def test_the_price_is_judged_with_the_variables_of_each_request() -> None:
    schema = build_schema("type ItemPage { total: Int } type Query { items(first: Int): ItemPage }")
    lists = Operations(schema, Limits(nodes=50))
    source = "query ($n: Int) { items(first: $n) { total } }"
    answers = [
        await lists.execute(source, context=None, variables={"n": size}) for size in (50, 51, 101)
    ]
    assert answers[0].errors is None
    assert told(answers[1]) == ("LIMIT_EXCEEDED", f"nodes: 51 found, at most 50 allowed.{ADVICE}")
    assert told(answers[2]) == ("BAD_USER_INPUT", "first: a page has 1 to 100 rows.")


async def test_a_trusted_document_is_executed_whatever_its_shape() -> None:
    document = parse("query Q($by: Look!) { " + "name " * 30 + "look(by: $by) }")
    good = await OPERATIONS.execute_trusted(
        document, context="here", variables={"by": {"name": "x"}}, operation_name="Q"
    )
    bad = await OPERATIONS.execute_trusted(document, context="here", variables={"by": 1})
    assert (good.data, good.errors) == ({"name": "here", "look": "x"}, None)
    assert told(bad)[0] == "BAD_USER_INPUT"


def test_documents_are_forgotten_in_the_order_they_were_used() -> None:
    documents = Documents(characters=25)
    sources = ["{ " + letter * 6 + " }" for letter in "abc"]
    first, second, third = [parse(source) for source in sources]
    documents.add(sources[0], first)
    documents.add(sources[1], second)
    assert documents.get(sources[0]) is first
    documents.add(sources[2], third)
    assert [documents.get(source) for source in sources] == [first, None, third]


def test_a_document_larger_than_the_room_is_not_held() -> None:
    documents = Documents(characters=5)
    documents.add("{ name }", parse("{ name }"))
    assert documents.get("{ name }") is None
    documents.add("{ a }", parse("{ a }"))
    assert documents.get("{ a }") is not None


def test_a_thousand_documents_leave_no_more_than_the_room() -> None:
    limits = Limits(cached_characters=500)
    reading = Reading(SCHEMA, limits, introspection=True, suggestions=True)
    for number in range(1_000):
        reading.valid_document(f"{{ a{number}: name }}")
    held = reading._documents._held
    assert 20 < len(held) <= 500 / len("{ a1: name }")


@dataclass
class Planned:
    """A compiler and its only call, which answers `ann` and leaves all others."""

    looked_up: int = 0

    def planned(self, *_: object) -> Planned:
        self.looked_up += 1
        return self

    async def run(self, context: Any) -> dict[str, Any]:
        if context != "ann":
            raise LeftToInterpreter("not for everybody")
        return {"name": "compiled"}

    async def hand_over(self, *_: object) -> None: ...


async def test_a_memo_spares_looking_up_what_is_asked_and_nothing_else() -> None:
    compiler, memo = Planned(), Memo()
    operations = Operations(SCHEMA, Limits(), compiler=compiler)  # type: ignore[arg-type]
    found = [
        (await operations.execute("{ name }", context=context, memo=memo)).data
        for context in ("ann", "ann", "bob", "ann")
    ]
    assert found == [{"name": "compiled"}, {"name": "compiled"}, {"name": "bob"}, found[0]]
    assert compiler.looked_up == 2


async def test_a_mutation_leaves_no_memo() -> None:
    memo = Memo()
    operations = Operations(SCHEMA, Limits(), compiler=Planned())  # type: ignore[arg-type]
    await operations.execute('mutation { rename(name: "x") }', context="ann", memo=memo)
    assert (memo.call, memo.operation, memo.price) == (None, None, None)

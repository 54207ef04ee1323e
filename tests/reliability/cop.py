"""What graphql-cop looks for, by its names: each check is a request, and what would be a finding.

The package of that name is an empty one, so the published checks are made here anew. With them go
two that came later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2

TYPENAME = "query { __typename }"
NESTED = "{ fields { type { fields { type { fields { type { fields { type { name } } } } } } } } }"
FRAGMENTS = """query { __schema { ...A } }
fragment A on __Schema { __typename ...B } fragment B on __Schema { ...A }"""
#: Of which a page of an editor has one.
EDITORS = ("graphiql", "graphql playground", "graphql-playground", "apollo sandbox", "altair")
PLACES = ("/graphql", "/graphiql", "/playground", "/console", "/altair", "/")

Answers = list[Any]


@dataclass(frozen=True)
class Check:
    """One kind of request, and whether its answers show what should not be.

    `json` is sent with POST; without it `query` is in the address, which is sent with `method`.
    """

    name: str
    found: Callable[[Answers], bool]
    json: Any = None
    query: str | None = None
    method: str = "GET"
    places: tuple[str, ...] = ("/graphql",)
    headers: Mapping[str, str] = field(default_factory=dict)

    def requests(self) -> list[dict[str, Any]]:
        common = {"headers": {"accept": "*/*", **self.headers}}
        if self.json is not None:
            return [{"method": "POST", "url": each, "json": self.json} for each in self.places]
        asked = {} if self.query is None else {"params": {"query": self.query}}
        return [{"method": self.method, "url": each, **asked, **common} for each in self.places]


def _data(answers: Answers) -> bool:
    """Whether an answer has data."""
    return any(
        isinstance(part, dict) and bool(part.get("data"))
        for each in answers
        for part in (each if isinstance(each, list) else [each])
    )


def _says(*texts: str) -> Callable[[Answers], bool]:
    return lambda answers: any(text in str(each).lower() for each in answers for text in texts)


def _errors(number: int) -> Callable[[Answers], bool]:
    """Whether as many errors are told."""
    return lambda answers: any(
        isinstance(each, dict) and len(each.get("errors", ())) >= number for each in answers
    )


#: The twelve that are published, and then two.
CHECKS: tuple[Check, ...] = (
    Check("Field Suggestions", _says("did you mean"), {"query": "{ __schema { directive } }"}),
    Check("Introspection", _data, {"query": "{ __schema { types { fields { name } } } }"}),
    Check("GraphQL IDE", _says(*EDITORS), places=PLACES, headers={"accept": "text/html, */*"}),
    Check("GET Method Query Support", _data, query=TYPENAME),
    Check(
        "Alias Overloading",
        _data,
        {"query": f"query {{ {' '.join(f'alias{number}: __typename' for number in range(101))} }}"},
    ),
    Check("Array-based Query Batching", _data, [{"query": TYPENAME}] * 11),
    Check("Trace Mode", _says("tracing", "stacktrace", "traceback"), {"query": TYPENAME}),
    Check("Directive Overloading", _errors(10), {"query": f"query {{ __typename {'@aa' * 10} }}"}),
    Check(
        "Introspection-based Circular Query",
        _data,
        {"query": f"query {{ __schema {{ types {NESTED} }} }}"},
    ),
    Check("Mutation is allowed over GET", _data, query="mutation { __typename }"),
    Check(
        "POST based url-encoded query",
        _data,
        query=TYPENAME,
        method="POST",
        headers={"content-type": "application/x-www-form-urlencoded"},
    ),
    Check("Field Duplication", _data, {"query": f"query {{ {'__typename ' * 500} }}"}),
    Check("Unhandled Errors Detection", _says("exception"), {"query": "qwerty cop { abc }"}),
    Check("Circular Fragment", _data, {"query": FRAGMENTS}),
)
PUBLISHED = 12


def findings(base: str, headers: Mapping[str, str] | None = None) -> list[str]:
    """The names of the checks that find something."""
    with httpx2.Client(base_url=base, headers=headers, trust_env=False) as client:
        return [check.name for check in CHECKS if check.found(_answers(client, check))]


def _answers(client: httpx2.Client, check: Check) -> Answers:
    return [_content(client.request(**each)) for each in check.requests()]


def _content(answer: httpx2.Response) -> Any:
    if "json" in answer.headers.get("content-type", ""):
        return answer.json()
    return answer.text

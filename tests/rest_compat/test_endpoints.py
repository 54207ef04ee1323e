from __future__ import annotations

import re
from collections import Counter
from itertools import combinations

import pytest

from rest_compat.documents import Operation, sources
from rest_compat.endpoints import ENDPOINTS, Endpoint
from rest_compat.facade import by_path


def test_every_operation_is_used_by_exactly_one_row(operations: dict[str, Operation]) -> None:
    assert Counter(row.operation for row in ENDPOINTS) == Counter(operations.keys())


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [each.name.value for each in sources().definitions if hasattr(each, "name")]
    assert not [name for name, times in Counter(names).items() if times > 1]


def _matches(template: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), path) is not None


def test_no_path_shadows_a_later_one() -> None:
    pairs = combinations(by_path(ENDPOINTS), 2)
    assert [pair for pair in pairs if _matches(*pair)] == []


def test_no_method_of_a_path_is_given_twice() -> None:
    addresses = Counter(
        (row.method, path) for row in ENDPOINTS for path in (row.path, *row.aliases)
    )
    assert max(addresses.values()) == 1


@pytest.mark.parametrize("row", ENDPOINTS, ids=lambda row: row.operation)
def test_every_path_parameter_is_a_variable(
    row: Endpoint, operations: dict[str, Operation]
) -> None:
    names = {each.name for each in operations[row.operation].variables}
    assert set(re.findall(r"{(\w+)}", row.path)) <= names


@pytest.mark.parametrize("row", ENDPOINTS, ids=lambda row: row.operation)
def test_an_answer_without_content_has_no_body(
    row: Endpoint, operations: dict[str, Operation]
) -> None:
    silent = row.status == 204 or row.operation in {"addConnectionToEnvironment", "postEvents"}
    assert (operations[row.operation].path is None) == silent

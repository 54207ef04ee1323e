"""The schema, its operations, and the contract they are held against."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLSchema

from rest_compat.documents import Operation, load

CONTRACT = Path(__file__).parents[3] / "shared" / "contract" / "openapi.json"


@pytest.fixture(scope="session")
def graph() -> GraphQLSchema:
    found: GraphQLSchema = pytest.importorskip("schema").schema._schema
    return found


@pytest.fixture(scope="session")
def operations(graph: GraphQLSchema) -> dict[str, Operation]:
    return load(graph)


@pytest.fixture(scope="session")
def contract() -> dict[str, Any]:
    """The documented API, which is kept beside this repository."""
    if not CONTRACT.exists():
        pytest.skip(f"the contract is not at {CONTRACT}")
    found: dict[str, Any] = json.loads(CONTRACT.read_text("utf-8"))
    return found

"""The documented REST API, as a table of GraphQL operations.

    endpoints.py    method, path, operation, status: one row per endpoint
    operations/     one named operation per row; wire names are variables and aliases
    documents.py    the operations, parsed, validated and measured once
    reading.py      request → variables, with bodies.py, filters.py, forms.py, members.py, values.py
    replying.py     result → response, with shaping.py
    routing.py      path → row, as a tree of segments
    facade.py       one handler for all rows
    describing.py   what people are told of an endpoint, with words.json
    rest_map.py     the same table, and its documents, for who moves to GraphQL
    openapi.py      the same table as an OpenAPI document, with json_schemas.py

It knows the service by its GraphQL schema alone.
"""

from rest_compat.facade import table
from rest_compat.openapi import openapi

__all__ = ["openapi", "table"]

"""The scalars of the graph for Schemathesis, which imports this where nothing of the service is."""

from __future__ import annotations

import os

import schemathesis
from hypothesis import strategies
from hypothesis_graphql import nodes

#: Ids that there are; half of those that are asked for are others.
IDS = os.environ.get("MESHGRAPH_IDS", "").split()

texts = strategies.text(max_size=8).map(nodes.String)
numbers = strategies.integers(-(2**40), 2**40).map(nodes.Int)
JSON = strategies.one_of(
    strategies.just(nodes.Object([])),
    strategies.just(nodes.Null),
    strategies.booleans().map(nodes.Boolean),
    texts,
    numbers,
    strategies.lists(texts, max_size=3).map(nodes.List),
)
ID = strategies.one_of(
    strategies.sampled_from(IDS or [""]), strategies.uuids().map(str), strategies.text(max_size=8)
)
BYTES = strategies.one_of(
    strategies.sampled_from(["", "e30=", "AAAA"]), strategies.text(max_size=8)
)

schemathesis.graphql.scalar("JSON", JSON)
schemathesis.graphql.scalar("ID", ID.map(nodes.String))
schemathesis.graphql.scalar("Bytes", BYTES.map(nodes.String))

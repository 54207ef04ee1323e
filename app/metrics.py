"""What is counted, as Prometheus reads it."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

OPERATIONS = Counter(
    "meshgraph_operations", "Operations executed, by the executor that answered.", ["executor"]
)
COMPILED, INTERPRETED = (OPERATIONS.labels(each) for each in ("compiled", "interpreted"))

SUBSCRIPTIONS = Gauge("meshgraph_subscriptions", "Subscriptions under way in this process.")

REST_CALLS = Counter(
    "meshgraph_rest_calls",
    "Calls of REST endpoints, counted when the ledger is written.",
    ["endpoint", "status"],
)

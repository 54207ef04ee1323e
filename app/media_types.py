"""Which media type a client prefers: the `Accept` header of RFC 9110 §12.5.1."""

from __future__ import annotations

from collections.abc import Sequence

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
HTML = "text/html"
EVENT_STREAM = "text/event-stream"

NAMED = 3  # how exactly a range matches that names the type


def preferred(accept: str | None, offered: Sequence[str]) -> str | None:
    """The offered type of highest quality, or None if none is acceptable.

    Among equals a type that is named wins over one that a wildcard covers. After that the order
    of `offered` decides between named types; what only a wildcard covers is JSON, because it is
    what a client understands that has never heard of GraphQL over HTTP.
    """
    ranges = _ranges(accept or "*/*")
    ranked = []
    for place, media in enumerate(offered):
        exact, quality = max(((_match(range_, media), q) for range_, q in ranges), default=(0, 0.0))
        if exact and quality > 0:
            ranked.append((quality, exact, exact < NAMED and media == JSON, -place, media))
    return max(ranked)[-1] if ranked else None


def _ranges(accept: str) -> list[tuple[str, float]]:
    found = []
    for part in accept.split(","):
        name, *parameters = (each.strip().lower() for each in part.split(";"))
        if name:
            found.append((name, _quality(parameters)))
    return found


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0


def _match(range_: str, media: str) -> int:
    """How exactly a range names a media type: 3 by name, 2 by its first half, 1 by `*/*`."""
    exactness = {media: NAMED, media.partition("/")[0] + "/*": 2, "*/*": 1}
    return exactness.get(range_, 0)

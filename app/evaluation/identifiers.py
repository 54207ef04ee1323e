"""Ids of what is found: the same for the same input, in every evaluation and on every machine.

An id is the UUID of version 5 (RFC 9562) of a seed text in the namespace of DNS. Seeds are JSON
with sorted names. They hold what makes two relationships the same: kind, type, subtype, and the
kind, id and patch of each end. They hold no id of the definition, so the copies of a definition
that several versions of a model bring find a relationship once.
"""

from __future__ import annotations

from typing import Any

from uuid_utils import NAMESPACE_DNS, uuid5

from app.evaluation.values import marshalled

#: Where an id goes in a text made ready; not in JSON, which escapes control characters.
GAP = "\x00"


def identifier(seed: str) -> str:
    """The id of a seed text."""
    return str(uuid5(NAMESPACE_DNS, seed))


def identified(seed: Any) -> str:
    """The id of a seed that is a JSON value."""
    return identifier(marshalled(seed))


def gaps(seed: Any) -> tuple[str, ...]:
    """The text of a seed cut where `GAP` stands, to be joined with ids later."""
    return tuple(marshalled(seed).split(marshalled(GAP)))


def filled(parts: tuple[str, ...], *ids: str) -> str:
    """The id of a seed with ids in its gaps, in their order."""
    texts = [marshalled(each) for each in ids]
    texts.append("")
    return identifier("".join([text for pair in zip(parts, texts, strict=True) for text in pair]))

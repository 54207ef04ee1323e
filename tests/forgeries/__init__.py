"""Tokens that were not signed by whom the service trusts: the attacks of jwt_tool, and more.

A forger has a token of their own, knows the service's public keys, and wants to be somebody else.
Each class of attack is a row of `CLASSES`; what it makes has a name that says what was tried.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.forgeries.claims import other_headers, tampered_claims
from tests.forgeries.forger import Forged, Forger
from tests.forgeries.keys import (
    addresses_of_keys,
    ids_of_keys,
    keys_of_ones_own,
    public_keys_as_secrets,
)
from tests.forgeries.signatures import (
    bent_signatures,
    guessed_secrets,
    null_signatures,
    other_algorithms,
    psychic_signatures,
    without_a_signature,
)

#: Every class of attack.
CLASSES: tuple[Callable[[Forger], Forged], ...] = (
    without_a_signature,
    null_signatures,
    psychic_signatures,
    guessed_secrets,
    public_keys_as_secrets,
    keys_of_ones_own,
    addresses_of_keys,
    ids_of_keys,
    other_algorithms,
    tampered_claims,
    bent_signatures,
    other_headers,
)


def forged(forger: Forger) -> dict[str, str]:
    """All of them, by name."""
    return {f"{made.__name__}: {name}": token for made in CLASSES for name, token in made(forger)}

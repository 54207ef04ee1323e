"""Tokens without a signature, or with one that nobody made who is trusted."""

from __future__ import annotations

import itertools
import json
from typing import Any

from tests.forgeries.forger import HMACS, Forged, Forger, b64, hmac_of, joined
from tests.forgeries.words import SECRETS

#: What is nearly `none`.
ODD_NAMES: tuple[Any, ...] = (
    *("", " none", "none ", "none\0", "NONE\n", "null", "no"),
    *(None, False, 0, []),
)
#: The order of P-256: SEC 2, §2.4.2.
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def without_a_signature(forger: Forger) -> Forged:
    """`alg: none` in all spellings (CVE-2015-9235)."""
    own = forger.own.rpartition(".")[2]
    spellings = map("".join, itertools.product("nN", "oO", "nN", "eE"))
    for alg in (*spellings, *ODD_NAMES):
        text = joined({"alg": alg, "typ": "JWT"}, forger.payload)
        yield f"none {alg!r}, nothing", f"{text}."
        yield f"none {alg!r}, own signature", f"{text}.{own}"
        yield f"none {alg!r}, a signature of nothing", f"{text}.{b64(b'')}AA"
    yield "none, two parts", joined({"alg": "none"}, forger.payload)
    yield "no algorithm", joined({"typ": "JWT"}, forger.payload) + "."
    yield "escaped none", joined('{"alg":"\\u006eone"}', json.dumps(forger.payload)) + "."
    yield "none after HS256", joined('{"alg":"HS256","alg":"none"}', forger.payload) + "."
    yield "HS256 after none", joined('{"alg":"none","alg":"HS256"}', forger.payload) + f".{own}"


def null_signatures(forger: Forger) -> Forged:
    """No signature, or a blank one, with each algorithm (CVE-2020-28042)."""
    blanks = ("", "AA", "AAAA", "null", "bnVsbA", b64(bytes(32)), b64(bytes(64)), b64(bytes(256)))
    for alg in (*HMACS, "RS256", "ES256", "PS256"):
        for kid in ({}, {"kid": "r"}, {"kid": "e"}):
            text = joined({"alg": alg, "typ": "JWT", **kid}, forger.payload)
            for blank in blanks[: 8 if not kid else 2]:
                yield f"{alg} {kid} signature {blank[:8]!r}", f"{text}.{blank}"


def psychic_signatures(forger: Forger) -> Forged:
    """Signatures of ECDSA that any key verifies where nobody looks (CVE-2022-21449)."""
    values = (0, 1, ORDER, ORDER - 1, ORDER + 1, 2**256 - 1)
    for r, s in itertools.product(values, values):
        text = joined({"alg": "ES256", "kid": "e"}, forger.payload)
        yield f"psychic {r % 1000} {s % 1000}", f"{text}.{b64(r.to_bytes(32) + s.to_bytes(32))}"
    for name, der in {"zero": "3006020100020100", "one": "3006020101020101"}.items():
        text = joined({"alg": "ES256", "kid": "e"}, forger.payload)
        yield f"psychic DER {name}", f"{text}.{b64(bytes.fromhex(der))}"


def guessed_secrets(forger: Forger) -> Forged:
    """Secrets that are blank or in every list."""
    for alg in HMACS:
        for blank in (b"", b"\0", bytes(32)):
            yield f"{alg} by {blank!r}", hmac_of({"alg": alg}, forger.payload, blank)
    for secret in SECRETS:
        yield f"by {secret}", hmac_of({"alg": "HS256"}, forger.payload, secret.encode())


def other_algorithms(forger: Forger) -> Forged:
    """Algorithms that are not accepted, and names of those that are in another spelling."""
    for alg in ("RS384", "RS512", "PS256", "PS384", "PS512", "ES384", "ES512", "ES256K", "EdDSA"):
        for kid in ({}, {"kid": "r"}, {"kid": "e"}):
            yield f"{alg} {kid}", forger.signed({"alg": alg, **kid})
    for alg in ("hs256", "Hs256", "HS256 ", "HS-256", "HMAC", "SHA256", "rs256", "RSA", "es256"):
        yield f"spelling {alg}", hmac_of({"alg": alg}, forger.payload, b"x" * 32)


def bent_signatures(forger: Forger) -> Forged:
    """A good token of one's own, of which the signature is not quite there."""
    text, _, signature = forger.own.rpartition(".")
    for cut in (1, 2, 3, 10, 20, 40):
        yield f"signature without its last {cut}", f"{text}.{signature[:-cut]}"
        yield f"signature without its first {cut}", f"{text}.{signature[cut:]}"
    for place in range(0, 40, 5):
        other = "A" if signature[place] != "A" else "B"
        yield (
            f"signature bent at {place}",
            f"{text}.{signature[:place]}{other}{signature[place + 1 :]}",
        )
    for more in ("A", "AAAA", "=", "==", ".", "%00", "!", ".AAAA", ",x"):
        yield f"signature and {more}", f"{text}.{signature}{more}"

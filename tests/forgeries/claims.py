"""Tokens whose claims, or whose header, are others than those that were signed."""

from __future__ import annotations

import base64
import json
from typing import Any

from tests.forgeries.forger import Forged, Forger, Json, b64, hmac_of

NAMES: tuple[Any, ...] = ("admin", "root", "", "*", "' OR 1=1 --", "0", None, 0, [], {})
KINDS: tuple[Any, ...] = ("JWE", "logout+jwt", "dpop+jwt", "id_token", "", None, 1, [])


def tampered_claims(forger: Forger) -> Forged:
    """A good token of one's own, in which the claims are others."""
    header, payload, signature = forger.own.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    changes: tuple[Json, ...] = (
        *({"sub": other} for other in forger.others),
        *({"sub": name} for name in NAMES),
        *({name: True} for name in ("admin", "is_admin", "isAdmin", "superuser")),
        *({name: "admin"} for name in ("role", "roles", "scope", "group", "groups", "permissions")),
        {"exp": 9_999_999_999},
        {"exp": None},
        {"nbf": 0},
        {"iat": 0},
        {"iss": "https://idp.example"},
        {"iss": None},
        {"aud": "admin"},
        {"email": "admin@example.org"},
        {"email_verified": True},
        {"org": "*"},
        {"provider": "None"},
        {"jti": "1"},
    )
    for change in changes:
        changed = b64(json.dumps({**claims, **change}))
        yield f"claims {change}", f"{header}.{changed}.{signature}"
        yield f"claims {change}, no signature", f"{header}.{changed}."
    twice = b64(json.dumps(claims)[:-1] + ', "sub": "admin"}')
    yield "claims twice", f"{header}.{twice}.{signature}"


def other_headers(forger: Forger) -> Forged:
    """Parameters that a token must not have, and kinds of token that are no proof of identity."""
    odd: tuple[Json, ...] = (
        *({"typ": kind} for kind in KINDS),
        {"cty": "JWT"},
        {"zip": "DEF"},
        {"b64": False, "crit": ["b64"]},
        {"crit": []},
        {"crit": ["exp"], "exp": 1},
        {"enc": "A128GCM"},
        {"p2c": 2**31, "p2s": "AA"},
        {"epk": {}},
        {"apu": "AA"},
        {"url": "http://127.0.0.1"},
        {"nonce": "x"},
        {"x5t": "AA"},
    )
    for head in odd:
        for alg in ("HS256", "RS256", "none"):
            token = hmac_of({"alg": alg, **head}, forger.payload, b"x" * 32)
            yield f"{alg} with {head}", token
    parts = ".".join(("", b64(bytes(12)), b64(bytes(32)), b64(bytes(16))))
    for alg in ("dir", "A128KW", "RSA-OAEP", "PBES2-HS256+A128KW", "ECDH-ES"):
        for enc in ("A128GCM", "A256CBC-HS512"):
            first = b64(json.dumps({"alg": alg, "enc": enc}))
            yield f"encrypted {alg} {enc}", f"{first}.{parts}"

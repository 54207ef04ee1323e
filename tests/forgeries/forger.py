"""Who forges tokens, and what with."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from joserfc.jwk import ECKey, RSAKey

Json = Mapping[str, Any]
#: Tokens, each with the name of what is tried.
Forged = Iterator[tuple[str, str]]

HMACS = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}


DIGESTS: Mapping[str, hashes.HashAlgorithm] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}


CURVES: Mapping[str, tuple[ec.EllipticCurve, hashes.HashAlgorithm]] = {
    "ES256": (ec.SECP256R1(), hashes.SHA256()),
    "ES384": (ec.SECP384R1(), hashes.SHA384()),
    "ES512": (ec.SECP521R1(), hashes.SHA512()),
    "ES256K": (ec.SECP256K1(), hashes.SHA256()),
}


def b64(data: bytes | str) -> str:
    """Unpadded base64 of URLs (RFC 7515 §2)."""
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def joined(header: Json | str, payload: Json | str) -> str:
    parts = (part if isinstance(part, str) else json.dumps(part) for part in (header, payload))
    return ".".join(map(b64, parts))


def hmac_of(header: Json, payload: Json, key: bytes) -> str:
    """A token whose signature is an HMAC, by its `alg` where that is one, else by SHA-256."""
    text = joined(header, payload)
    digest = HMACS.get(str(header.get("alg")), hashlib.sha256)
    return f"{text}.{b64(hmac.digest(key, text.encode(), digest))}"


@dataclass(frozen=True)
class Forger:
    """What a forger has: `payload` is what they want believed, `own` a good token of theirs.

    `rsa` and `ec` are the public keys of the provider, known as `r` and `e`; `others` are users
    whom they would like to be.
    """

    payload: Json
    own: str
    rsa: RSAKey
    ec: ECKey
    others: tuple[str, ...] = ()
    canary: str = "http://127.0.0.1:9"
    my_rsa: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048))
    my_ec: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))

    def signed(self, header: Json) -> str:
        """Signed by a key of the forger's own, as the header says, or else as RS256."""
        text = joined(header, self.payload)
        algorithm = str(header["alg"])
        if algorithm in CURVES:
            curve, digest = CURVES[algorithm]
            mine: Any = self.my_ec.private_key
            key = mine if algorithm == "ES256" else ec.generate_private_key(curve)
            return f"{text}.{b64(_plain(key.sign(text.encode(), ec.ECDSA(digest))))}"
        private: Any = self.my_rsa.private_key
        digest = DIGESTS.get(algorithm[2:], hashes.SHA256())
        pss = padding.PSS(padding.MGF1(digest), digest.digest_size)
        way = pss if algorithm.startswith("PS") else padding.PKCS1v15()
        return f"{text}.{b64(private.sign(text.encode(), way, digest))}"


def _plain(der: bytes) -> bytes:
    """A signature of ECDSA as RFC 7518 §3.4 has it."""
    r, s = decode_dss_signature(der)
    size = 66 if max(r, s).bit_length() > 384 else 48 if max(r, s).bit_length() > 256 else 32
    return r.to_bytes(size) + s.to_bytes(size)

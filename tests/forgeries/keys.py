"""Tokens that say themselves which key is to verify them."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from joserfc.jwk import OctKey, RSAKey

from tests.forgeries.forger import HMACS, Forged, Forger, b64, hmac_of
from tests.forgeries.words import ADDRESSES, KIDS


def public_keys_as_secrets(forger: Forger) -> Forged:
    """The public key, in whatever form it is kept, taken for a secret (CVE-2016-5431)."""
    for kid, key in (("r", forger.rsa), ("e", forger.ec)):
        public: Any = key.public_key
        spki = serialization.PublicFormat.SubjectPublicKeyInfo
        pem = public.public_bytes(serialization.Encoding.PEM, spki)
        forms = {
            "PEM": pem,
            "PEM without end": pem.rstrip(),
            "PEM with CRLF": pem.replace(b"\n", b"\r\n"),
            "PEM in one line": b"".join(pem.split(b"\n")[1:-2]),
            "DER": public.public_bytes(serialization.Encoding.DER, spki),
            "JWK": json.dumps(key.as_dict(private=False)).encode(),
        }
        if isinstance(public, rsa.RSAPublicKey):
            pkcs = serialization.PublicFormat.PKCS1
            forms["PKCS1"] = public.public_bytes(serialization.Encoding.PEM, pkcs)
            forms["modulus"] = public.public_numbers().n.to_bytes(256)
        for (form, secret), alg in itertools.product(forms.items(), HMACS):
            for head in ({"alg": alg}, {"alg": alg, "kid": kid}):
                yield f"{kid} {form} as {head}", hmac_of(head, forger.payload, secret)


def keys_of_ones_own(forger: Forger) -> Forged:
    """A key in the header of the token (CVE-2018-0114), or a certificate."""
    for alg, key in (("RS256", forger.my_rsa), ("ES256", forger.my_ec)):
        jwk = key.as_dict(private=False)
        for kid in ({}, {"kid": "r"}, {"kid": "e"}, {"kid": "mine"}):
            yield f"{alg} jwk {kid}", forger.signed({"alg": alg, **kid, "jwk": {**jwk, **kid}})
            yield f"{alg} jwks {kid}", forger.signed({"alg": alg, **kid, "jwks": {"keys": [jwk]}})
            yield f"{alg} no key {kid}", forger.signed({"alg": alg, **kid})
        yield f"{alg} private jwk", forger.signed({"alg": alg, "jwk": key.as_dict(private=True)})
    for alg in HMACS:
        oct_ = OctKey.import_key(b"x" * 64).as_dict()
        yield f"{alg} jwk", hmac_of({"alg": alg, "jwk": oct_}, forger.payload, b"x" * 64)
    certificate = base64.b64encode(_certificate(forger.my_rsa)).decode()
    for kid in ({}, {"kid": "r"}):
        yield f"x5c {kid}", forger.signed({"alg": "RS256", **kid, "x5c": [certificate]})
        thumb = b64(hashlib.sha256(base64.b64decode(certificate)).digest())
        yield f"x5t {kid}", forger.signed({"alg": "RS256", **kid, "x5t#S256": thumb})


def addresses_of_keys(forger: Forger) -> Forged:
    """Where to fetch a key, or a certificate, in the header of the token."""
    for name, address in itertools.product(("jku", "x5u", "iss"), ADDRESSES):
        for kid in ({}, {"kid": "r"}, {"kid": "mine"}):
            url = address.replace("{canary}", forger.canary)
            yield f"{name} {url} {kid}", forger.signed({"alg": "RS256", **kid, name: url})


def ids_of_keys(forger: Forger) -> Forged:
    """Ids of keys that lead elsewhere: paths, SQL, commands, and no text at all."""
    for kid, key in KIDS:
        yield f"kid {kid!r}", hmac_of({"alg": "HS256", "kid": kid}, forger.payload, key)
        yield f"kid {kid!r} by RSA", forger.signed({"alg": "RS256", "kid": kid})


def _certificate(key: RSAKey) -> bytes:
    """One that its holder signed, as DER."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp.example")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    made = made.public_key(key.public_key).serial_number(1)
    made = made.not_valid_before(now).not_valid_after(now + timedelta(days=1))
    private: Any = key.private_key
    return made.sign(private, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

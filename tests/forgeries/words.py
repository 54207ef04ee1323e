"""What every forger tries: secrets, ids of keys, addresses of keys."""

from __future__ import annotations

from typing import Any

#: Secrets that are in every list.
SECRETS = tuple(
    """
    secret password changeme 123456 12345678 qwerty admin root test key jwt token meshery
    meshgraph meshgraph-secret meshery-secret cloud default private public letmein hello world
    example your-256-bit-secret your-384-bit-secret your-512-bit-secret my_secret mysecret
    supersecret super-secret topsecret secretkey secret_key secret-key jwtsecret jwt_secret
    jwt-secret s3cr3t p@ssw0rd passw0rd dev development production staging local localhost demo
    guest user a 0 1 null none undefined true false {} [] AAAA ====
    gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr9C shhhhh shhhhhhared-secret django-insecure laravel rails
    node express spring flask fastapi starlette strawberry graphql rest kubernetes docker helm
    istio linkerd consul vault hs256-secret hs256 HS256
    """.split()  # noqa: SIM905 - a list of them would be a hundred lines
)

#: What looks for a key elsewhere, and the key that would be found there.
KIDS: tuple[tuple[Any, bytes], ...] = (
    *(("../" * depth + "dev/null", b"") for depth in range(9)),
    ("/dev/null", b""),
    ("file:///dev/null", b""),
    ("..\\..\\..\\NUL", b""),
    ("/proc/sys/kernel/randomize_va_space", b"2\n"),
    ("../../../../proc/sys/kernel/randomize_va_space", b"2\n"),
    ("/etc/hostname", b"localhost\n"),
    ("%2e%2e%2fdev%2fnull", b""),
    ("....//....//dev/null", b""),
    ("data/jwt.secret", b""),
    ("/dev/null\0.pem", b""),
    ("r\0", b"r"),
    ("' UNION SELECT 'x", b"x"),
    ("' UNION SELECT 'x'-- -", b"x"),
    ('" UNION SELECT "x', b"x"),
    ("x' OR '1'='1", b"1"),
    ("0; SELECT 'x'", b"x"),
    ("$(echo x)", b"x"),
    ("`echo x`", b"x"),
    ("|echo x", b"x"),
    ("; sleep 5", b""),
    ("{{7*7}}", b"49"),
    ("${7*7}", b"49"),
    ("http://127.0.0.1/key", b""),
    ("", b""),
    (" ", b""),
    ("null", b"null"),
    ("local", b""),
    ("0", b""),
    ("k" * 1000, b""),
    ("ключ", b""),
    (None, b""),
    (0, b""),
    (True, b""),
    ([], b""),
    (["r"], b""),
    ({}, b""),
    ({"$ne": None}, b""),
)


#: Where a forger would have the service fetch keys; `{canary}` is a listener that must stay alone.
ADDRESSES = (
    "{canary}/keys",
    "{canary}/.well-known/jwks.json",
    "{canary}/redirect",
    "{canary}@idp.example/keys",
    "{canary}/keys#https://idp.example",
    "{canary}/keys?https://idp.example/keys",
    "file:///dev/null",
    "file:///proc/self/environ",
    "//127.0.0.1/keys",
    "gopher://127.0.0.1:70/_keys",
    'data:application/json,{"keys":[]}',
    "https://idp.example/keys/../../evil",
)

"""Tokens: what a request carries → who is calling, or why not."""

import base64
import hashlib
import hmac
import json
import logging
import os
import stat
import threading
from pathlib import Path
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from app.auth import Authenticator, Claims, credential, issue, local_secret
from app.errors import Unauthenticated, Unavailable
from app.jwks import Fetch, FetchError
from app.settings import Settings, SettingsError

NOW = 1_800_000_000
SECRET = bytes(range(32))
Headers = list[tuple[bytes, bytes]]
CENTURY = 100 * 366 * 86_400

RSA = RSAKey.generate_key(2048)
EC = ECKey.generate_key("P-256")
STRANGER = RSAKey.generate_key(2048)
KEY_SET = json.dumps(
    {
        "keys": [
            {**RSA.as_dict(private=False), "kid": "r"},
            {**EC.as_dict(private=False), "kid": "e"},
        ]
    }
).encode()

LOCAL = {"iss": "meshgraph", "sub": "ada", "iat": NOW, "exp": NOW + 3600}
PROVIDED = {"iss": "https://idp", "aud": ["mesh", "graph"], "sub": "ada", "exp": NOW + 3600}
ADA = Claims("ada", None, None, NOW + 3600)

INVALID = "The token is not valid."
EXPIRED = "The token has expired."
NOT_YET = "The token is not valid yet."
ENDLESS = "The token must have an expiry time."
TOO_LONG = "The token is valid for longer than this service accepts."
MALFORMED = "The Authorization header must be “Bearer <token>”."


def b64(data: bytes | str) -> str:
    raw = data.encode() if isinstance(data, str) else data
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def hs256(payload: object, header: object = None, secret: bytes = SECRET) -> str:
    """A token of HMAC-SHA256, whatever its header says; `str` parts are taken as JSON text."""
    parts = [header or {"alg": "HS256", "typ": "JWT"}, payload]
    text = ".".join(b64(part if isinstance(part, str) else json.dumps(part)) for part in parts)
    return f"{text}.{b64(hmac.digest(secret, text.encode(), hashlib.sha256))}"


def signed(payload: object, key: RSAKey | ECKey = RSA, **header: object) -> str:
    algorithm = "ES256" if isinstance(key, ECKey) else "RS256"
    head: dict[str, Any] = {"alg": algorithm, "kid": "r" if algorithm == "RS256" else "e", **header}
    head = {name: value for name, value in head.items() if value is not None}
    return jws.serialize_compact(head, json.dumps(payload), key, algorithms=[algorithm])


def wrapped(token: str, **more: object) -> str:
    return b64(json.dumps({"access_token": token, "token_type": "bearer", **more}))


def pem(key: RSAKey) -> bytes:
    return key.as_pem(private=False)


async def fetch() -> bytes:
    return KEY_SET


@pytest.fixture
def configured(tmp_path: Path) -> Any:
    """An authenticator with the given settings, the local secret, and the provider's keys."""

    def make(source: Fetch = fetch, /, **settings: str) -> Authenticator:
        (tmp_path / "jwt.secret").write_bytes(SECRET)
        environ = {"MESHGRAPH_" + name.upper(): value for name, value in settings.items()}
        environ = {"MESHGRAPH_DATA_DIR": str(tmp_path), **environ}
        read = Settings.from_environ(environ)
        given = source if read.jwks_url else None
        return Authenticator.from_settings(read, fetch=given, clock=lambda: NOW)

    return make


@pytest.fixture
def authenticator(configured: Any) -> Authenticator:
    made: Authenticator = configured(
        jwks_url="https://idp/keys", jwt_issuer="https://idp", jwt_audience="graph"
    )
    return made


def bearing(token: str) -> Headers:
    return [(b"authorization", f"Bearer {token}".encode())]


async def identify(authenticator: Authenticator, headers: Headers) -> Claims | None:
    given = credential(headers)
    return None if given is None else await authenticator.verify(given)


async def refusal(authenticator: Authenticator, token: str) -> str:
    with pytest.raises(Unauthenticated) as refused:
        await identify(authenticator, bearing(token))
    return refused.value.message


ACCEPTED = {
    "local": hs256(LOCAL),
    "local, no type": hs256(LOCAL, {"alg": "HS256"}),
    "local, no iat": hs256({**LOCAL, "iat": NOW, "nbf": NOW}),
    "RS256": signed(PROVIDED),
    "ES256": signed(PROVIDED, EC),
    "no key id, one key of the type": signed(PROVIDED, kid=None),
    "access token type": signed(PROVIDED, typ="AT+JWT"),
    "certificate thumbprint": signed(PROVIDED, x5t="dGh1bWI"),
    "one audience": signed({**PROVIDED, "aud": "graph"}),
    "clocks apart": hs256({**LOCAL, "iat": NOW + 60, "nbf": NOW + 60}),
    "wrapped": wrapped(hs256(LOCAL), refresh_token="r", expiry="2030-01-01T00:00:00Z"),
    "wrapped, padded": wrapped(hs256(LOCAL), pad="=") + "=" * 3,
    "wrapped, standard alphabet": base64.b64encode(
        json.dumps({"access_token": hs256(LOCAL), "x": "~~~???ÿÿ"}, ensure_ascii=False).encode()
    ).decode(),
}

REFUSED = {
    "alg none": (hs256(LOCAL, {"alg": "none"}), INVALID),
    "alg NoNe": (hs256(LOCAL, {"alg": "NoNe"}), INVALID),
    "alg none, no signature": (hs256(LOCAL, {"alg": "none"}).rpartition(".")[0] + ".", INVALID),
    "no signature": (hs256(LOCAL).rpartition(".")[0] + ".", INVALID),
    "no algorithm": (hs256(LOCAL, {"typ": "JWT"}), INVALID),
    "a list of algorithms": (hs256(LOCAL, {"alg": ["HS256"]}), INVALID),
    "stronger algorithm": (hs256(LOCAL, {"alg": "HS512"}), INVALID),
    "lower-case algorithm": (hs256(LOCAL, {"alg": "hs256"}), INVALID),
    "public key as HMAC secret": (hs256(PROVIDED, {"alg": "HS256", "kid": "r"}, pem(RSA)), INVALID),
    "public key as HMAC secret, local": (hs256(LOCAL, None, pem(RSA)), INVALID),
    "HMAC by the secret, said to be RS256": (hs256(LOCAL, {"alg": "RS256", "kid": "r"}), INVALID),
    "RS256 said to be ES256": (signed(PROVIDED, kid="e"), INVALID),
    "blank secret": (hs256(LOCAL, None, b""), INVALID),
    "another secret": (hs256(LOCAL, None, b"x" * 32), INVALID),
    "another RSA key": (signed(PROVIDED, STRANGER), INVALID),
    "its own key": (signed(PROVIDED, STRANGER, jwk=STRANGER.as_dict(private=False)), INVALID),
    "its own key, right signature": (signed(PROVIDED, jwk=RSA.as_dict(private=False)), INVALID),
    "its own key's address": (signed(PROVIDED, jku="https://evil/keys"), INVALID),
    "its own certificate's address": (signed(PROVIDED, x5u="https://evil/cert"), INVALID),
    "its own certificate": (signed(PROVIDED, x5c=["AAAA"]), INVALID),
    "critical extension": (hs256(LOCAL, {"alg": "HS256", "crit": ["x"], "x": 1}), INVALID),
    "unencoded payload": (hs256(LOCAL, {"alg": "HS256", "b64": False, "crit": ["b64"]}), INVALID),
    "unknown key id": (signed(PROVIDED, kid="zzz"), INVALID),
    "path as key id": (signed(PROVIDED, kid="../../dev/null"), INVALID),
    "SQL as key id": (hs256(LOCAL, {"alg": "HS256", "kid": "' UNION SELECT 'x"}), INVALID),
    "number as key id": (hs256(LOCAL, {"alg": "HS256", "kid": 1}), INVALID),
    "type of another kind": (hs256(LOCAL, {"alg": "HS256", "typ": "logout+jwt"}), INVALID),
    "type null": (hs256(LOCAL, {"alg": "HS256", "typ": None}), INVALID),
    "exp as text": (hs256({**LOCAL, "exp": str(NOW + 3600)}), INVALID),
    "exp as float": (hs256({**LOCAL, "exp": NOW + 3600.0}), INVALID),
    "exp as truth": (hs256({**LOCAL, "exp": True}), INVALID),
    "exp null": (hs256({**LOCAL, "exp": None}), INVALID),
    "exp NaN": (hs256('{"iss":"meshgraph","sub":"ada","exp":NaN}'), INVALID),
    "exp infinite": (hs256('{"iss":"meshgraph","sub":"ada","exp":1e999}'), INVALID),
    "exp with 2500 digits": (
        hs256('{"iss":"meshgraph","sub":"ada","exp":' + "9" * 2500 + "}"),
        INVALID,
    ),
    "exp after the calendar ends": (hs256({**LOCAL, "exp": 253_402_300_800}), INVALID),
    "exp negative": (hs256({**LOCAL, "exp": -1}), INVALID),
    "exp in 100 years": (hs256({**LOCAL, "exp": NOW + CENTURY}), TOO_LONG),
    "exp in 100 years, by the provider": (
        signed({**PROVIDED, "iat": NOW, "exp": NOW + CENTURY}),
        TOO_LONG,
    ),
    "exp in 100 years, no iat": (
        hs256({"iss": "meshgraph", "sub": "ada", "exp": NOW + CENTURY}),
        TOO_LONG,
    ),
    "exp in 100 years, no iat, by the provider": (
        signed({**PROVIDED, "exp": NOW + CENTURY}),
        TOO_LONG,
    ),
    "a second over the longest": (hs256({**LOCAL, "exp": NOW + 86_401}), TOO_LONG),
    "no exp": (hs256({"iss": "meshgraph", "sub": "ada", "iat": NOW}), ENDLESS),
    "expired": (hs256({**LOCAL, "iat": NOW - 100, "exp": NOW - 3}), EXPIRED),
    "expired, by the provider": (signed({**PROVIDED, "exp": 1}), EXPIRED),
    "expired and forged": (hs256({**LOCAL, "exp": 1}, None, b"x" * 32), INVALID),
    "not yet": (hs256({**LOCAL, "nbf": NOW + 61}), NOT_YET),
    "issued in the future": (hs256({**LOCAL, "iat": NOW + 61}), NOT_YET),
    "nbf as text": (hs256({**LOCAL, "nbf": "0"}), INVALID),
    "no subject": (hs256({"iss": "meshgraph", "exp": NOW + 60}), INVALID),
    "blank subject": (hs256({**LOCAL, "sub": " "}), INVALID),
    "subject as number": (hs256({**LOCAL, "sub": 1}), INVALID),
    "subject with NUL": (hs256({**LOCAL, "sub": "ada\0"}), INVALID),
    "subject with a lone surrogate": (hs256({**LOCAL, "sub": "ada\ud800"}), INVALID),
    "subject too long": (hs256({**LOCAL, "sub": "a" * 256}), INVALID),
    "local, another issuer": (hs256({**LOCAL, "iss": "https://idp"}), INVALID),
    "local, no issuer": (hs256({"sub": "ada", "exp": NOW + 60}), INVALID),
    "another issuer": (signed({**PROVIDED, "iss": "https://evil"}), INVALID),
    "our issuer, the provider's key": (signed({**PROVIDED, "iss": "meshgraph"}), INVALID),
    "issuer in a list": (signed({**PROVIDED, "iss": ["https://idp"]}), INVALID),
    "another audience": (signed({**PROVIDED, "aud": "grap"}), INVALID),
    "audience within": (signed({**PROVIDED, "aud": "graph2"}), INVALID),
    "no audience": (signed({k: v for k, v in PROVIDED.items() if k != "aud"}), INVALID),
    "200 KB": (hs256({**LOCAL, "pad": "x" * 200_000}), INVALID),
    "just over 4 KB": (hs256({**LOCAL, "pad": "x" * 3000}), INVALID),
    "200 KB of base64": ("A" * 200_000, INVALID),
    "payload is a list": (hs256("[]"), INVALID),
    "payload is deep": (hs256('{"sub":' + "[" * 2500), INVALID),
    "header is deep": (f"{b64('[' * 2500)}.e30.AAAA", INVALID),
    "header is text": (f"{b64(json.dumps('alg'))}.e30.AAAA", INVALID),
    "header is not base64": ("{}.e30.AAAA", INVALID),
    "payload with a byte order mark": (hs256("\ufeff" + json.dumps(LOCAL)), INVALID),
    "four parts": (hs256(LOCAL) + ".AAAA", INVALID),
    "five parts": (".".join(["e30"] * 5), INVALID),
    "two parts": (hs256(LOCAL).rpartition(".")[0], INVALID),
    "padded signature": (hs256(LOCAL) + "=", INVALID),
    "only dots": ("..", INVALID),
    "not ASCII": ("é.é.é", INVALID),
    "wrapped in no JSON": (b64("hello"), INVALID),
    "wrapped without token": (b64('{"refresh_token":"x"}'), INVALID),
    "wrapped number": (b64('{"access_token":1}'), INVALID),
    "wrapped deep": (b64('{"x":' + "[" * 10_000), INVALID),
    "wrapped with 16 KB of others": (wrapped(hs256(LOCAL), pad="x" * 12_288), INVALID),
    "wrapped twice": (wrapped(wrapped(hs256(LOCAL))), INVALID),
    "wrapped forgery": (wrapped(hs256(LOCAL, {"alg": "none"})), INVALID),
}


@pytest.mark.parametrize("token", ACCEPTED.values(), ids=ACCEPTED)
async def test_a_good_token_is_believed(authenticator: Authenticator, token: str) -> None:
    assert await identify(authenticator, bearing(token)) == ADA


@pytest.mark.parametrize(("token", "message"), REFUSED.values(), ids=REFUSED)
async def test_a_bad_token_is_refused(
    authenticator: Authenticator, token: str, message: str
) -> None:
    assert await refusal(authenticator, token) == message


GOOD = hs256(LOCAL)
OTHER = hs256({**LOCAL, "sub": "bob"})

#: The values of `Authorization` and of `Cookie`.
CARRIED: list[tuple[list[str], list[str], str | None]] = [
    ([], [], None),
    ([], ["session=1"], None),
    ([], ["token="], None),
    ([], [f"token={GOOD}"], "ada"),
    ([], [f'a=1; token="{GOOD}" ;b'], "ada"),
    ([], [f"token={wrapped(GOOD)}"], "ada"),
    ([], [f"token={OTHER}", f"token={GOOD}"], "ada"),
    ([], [f"xtoken={GOOD}"], None),
    ([f"Bearer {GOOD}"], [], "ada"),
    ([f"bearer {GOOD}"], [], "ada"),
    ([f"BEARER   {GOOD} "], [], "ada"),
    ([f"Bearer {GOOD}"], [f"token={OTHER}"], "ada"),
]

MISCARRIED: list[tuple[list[str], list[str], str]] = [
    ([""], [], MALFORMED),
    (["Bearer"], [], MALFORMED),
    (["Bearer "], [f"token={GOOD}"], MALFORMED),
    ([GOOD], [], MALFORMED),
    (["Basic YTpi"], [f"token={GOOD}"], MALFORMED),
    ([f"Bearer {GOOD}", f"Bearer {GOOD}"], [], MALFORMED),
    ([f"Bearer {GOOD} {GOOD}"], [], INVALID),
    (["Bearer garbage"], [f"token={GOOD}"], INVALID),
    ([], ["token=garbage"], INVALID),
    ([], ["token=\xe9"], INVALID),
    ([], [f"token={GOOD}\xe9"], INVALID),
]


def sent(values: list[str], cookies: list[str]) -> Headers:
    return [
        (b"host", b"localhost"),
        *((b"authorization", value.encode("latin-1")) for value in values),
        *((b"cookie", value.encode("latin-1")) for value in cookies),
    ]


@pytest.mark.parametrize(("values", "cookies", "subject"), CARRIED)
async def test_where_a_token_is_found(
    authenticator: Authenticator, values: list[str], cookies: list[str], subject: str | None
) -> None:
    claims = await identify(authenticator, sent(values, cookies))
    assert (claims and claims.subject) == subject


@pytest.mark.parametrize(("values", "cookies", "message"), MISCARRIED)
async def test_a_malformed_request_is_refused_not_anonymous(
    authenticator: Authenticator, values: list[str], cookies: list[str], message: str
) -> None:
    with pytest.raises(Unauthenticated) as refused:
        await identify(authenticator, sent(values, cookies))
    assert refused.value.message == message


NAMES = [
    ({"email": "ada@example.org", "name": "Ada"}, ("ada@example.org", "Ada")),
    ({"email": "", "name": "  "}, (None, None)),
    ({"email": 7, "name": ["Ada"]}, (None, None)),
    ({"email": "a\0b", "name": "A\u202eda"}, (None, None)),
]


@pytest.mark.parametrize(("claims", "expected"), NAMES)
async def test_email_and_name_are_taken_when_fit_to_store(
    authenticator: Authenticator, claims: dict[str, object], expected: tuple[str, str]
) -> None:
    found = await identify(authenticator, bearing(hs256({**LOCAL, **claims})))
    assert found is not None
    assert (found.email, found.name) == expected


SETTINGS = [
    ({"jwt_allow_no_exp": "true"}, hs256({"iss": "meshgraph", "sub": "ada"}), None),
    ({"jwt_allow_no_exp": "true"}, hs256({**LOCAL, "iat": 1, "exp": NOW - 3}), EXPIRED),
    ({}, hs256({**LOCAL, "iat": NOW - 99, "exp": NOW - 2}), None),
    ({"jwt_max_lifetime": "3600"}, GOOD, None),
    ({"jwt_max_lifetime": "3599"}, GOOD, TOO_LONG),
    ({}, signed(PROVIDED), INVALID),
    ({"jwks_url": "https://idp/keys"}, signed({"sub": "ada", "exp": NOW + 9}), None),
    ({"jwks_url": "https://idp/keys", "jwt_algorithms": "ES256"}, signed(PROVIDED, EC), None),
    ({"jwks_url": "https://idp/keys", "jwt_algorithms": "ES256"}, signed(PROVIDED), INVALID),
    ({"jwks_url": "https://idp/keys", "jwt_algorithms": "ES256"}, GOOD, INVALID),
]


@pytest.mark.parametrize(("settings", "token", "message"), SETTINGS)
async def test_settings_decide_what_is_accepted(
    configured: Any, settings: dict[str, str], token: str, message: str | None
) -> None:
    made = configured(**settings)
    if message is None:
        found = await identify(made, bearing(token))
        assert found is not None
        assert found.subject == "ada"
    else:
        assert await refusal(made, token) == message


@pytest.mark.parametrize(("after", "expected"), [(0, True), (3602, True), (3603, False)])
async def test_claims_last_until_they_expire(tmp_path: Path, after: int, expected: bool) -> None:
    time = NOW
    (tmp_path / "jwt.secret").write_bytes(SECRET)
    settings = Settings.from_environ({"MESHGRAPH_DATA_DIR": str(tmp_path)})
    made = Authenticator.from_settings(settings, clock=lambda: time)
    claims = await made.verify(GOOD)
    time = NOW + after
    assert made.lasts(claims) is expected


async def test_local_tokens_work_while_the_provider_is_down(configured: Any) -> None:
    async def down() -> bytes:
        raise FetchError("down")

    made = configured(down, jwks_url="https://idp/keys")
    assert await identify(made, bearing(GOOD)) == ADA
    with pytest.raises(Unavailable):
        await identify(made, bearing(signed(PROVIDED)))


async def test_the_first_keys_of_a_provider_are_a_new_revision(configured: Any) -> None:
    made = configured(jwks_url="https://idp/keys")
    assert made.revision() == 0
    await made.verify(GOOD)
    assert made.revision() == 0
    await made.verify(signed({**PROVIDED, "aud": "mesh"}))
    assert made.revision() == 1


async def test_tokens_are_not_logged(
    authenticator: Authenticator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await refusal(authenticator, signed(PROVIDED, kid="zzz"))
    await identify(authenticator, bearing(GOOD))
    assert GOOD not in caplog.text
    assert "zzz" not in caplog.text


async def test_an_issued_token_is_accepted(authenticator: Authenticator) -> None:
    token = issue(SECRET, subject="ada", email="ada@example.org", ttl=86_400, now=NOW)
    assert await identify(authenticator, bearing(token)) == Claims(
        "ada", "ada@example.org", None, NOW + 86_400
    )
    payload = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert payload == {
        "iss": "meshgraph",
        "sub": "ada",
        "email": "ada@example.org",
        "iat": NOW,
        "exp": NOW + 86_400,
    }


def test_a_secret_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "jwt.secret"
    umask = os.umask(0)
    try:
        secret = local_secret(path)
    finally:
        os.umask(umask)
    assert len(secret) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert local_secret(path) == secret
    assert [entry.name for entry in path.parent.iterdir()] == ["jwt.secret"]


def test_processes_that_start_together_agree_on_the_secret(tmp_path: Path) -> None:
    found: list[bytes] = []
    start = threading.Barrier(16)

    def run() -> None:
        start.wait()
        found.append(local_secret(tmp_path / "jwt.secret"))

    threads = [threading.Thread(target=run) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 16
    assert len(set(found)) == 1


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 31])
def test_a_short_secret_stops_the_service(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "jwt.secret").write_bytes(content)
    with pytest.raises(SettingsError, match="at least 32 bytes"):
        local_secret(tmp_path / "jwt.secret")


def test_an_unreadable_secret_stops_the_service(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be used: Is a directory"):
        local_secret(tmp_path)

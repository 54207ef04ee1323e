"""No token is believed that was not signed by whom the service trusts."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from joserfc.jwk import ECKey, RSAKey

from app.auth import Authenticator, issue, local_secret
from app.errors import Unauthenticated
from app.settings import Settings
from tests.forgeries import CLASSES, forged
from tests.forgeries.forger import Forger

RSA, EC = RSAKey.generate_key(2048), ECKey.generate_key("P-256")
#: As many as jwt_tool has for one token, in its modes with all attacks.
LEAST = 542


@pytest.fixture
def authenticator(tmp_path: Path) -> Authenticator:
    keys = {**RSA.as_dict(private=False), "kid": "r"}, {**EC.as_dict(private=False), "kid": "e"}
    (tmp_path / "keys.json").write_text(json.dumps({"keys": keys}))
    environ = {
        "MESHGRAPH_DATA_DIR": str(tmp_path),
        "MESHGRAPH_JWKS_FILE": str(tmp_path / "keys.json"),
    }
    return Authenticator.from_settings(Settings.from_environ(environ))


@pytest.mark.parametrize("issuer", [{"iss": "meshgraph"}, {"iss": "https://idp.example"}])
async def test_no_forgery_is_believed(
    authenticator: Authenticator, tmp_path: Path, issuer: dict[str, str]
) -> None:
    now = int(time.time())
    own = issue(local_secret(tmp_path / "jwt.secret"), subject="me")
    assert (await authenticator.verify(own)).subject == "me"
    payload = {**issuer, "sub": "admin", "iat": now, "exp": now + 600}
    tokens = forged(Forger(payload, own, RSA, EC, others=("you",)))
    assert len(set(tokens.values())) >= LEAST
    assert {name.partition(":")[0] for name in tokens} == {made.__name__ for made in CLASSES}
    believed = []
    for name, token in tokens.items():
        try:
            believed.append((name, await authenticator.verify(token)))
        except Unauthenticated:
            continue
    assert believed == []

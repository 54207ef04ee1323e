"""Tokens this service signs itself, for its own command line and for trials without a provider."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from secrets import token_bytes

from joserfc import jwt
from joserfc.jwk import OctKey

from app.settings import SettingsError

ISSUER = "meshgraph"
ALGORITHM = "HS256"
SECRET_BYTES = 32  # RFC 7518 §3.2: a key at least as long as the hash


def local_secret(path: Path) -> bytes:
    """The secret in `path`, made first if there is none.

    Safe with several processes starting at once: the file appears complete, readable by its
    owner only, and the first to make it wins. Raises SettingsError for one that cannot be used.
    """
    try:
        if not path.exists():
            _make_secret(path)
        secret = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"The secret {path} cannot be used: {error.strerror}.") from error
    if len(secret) < SECRET_BYTES:
        raise SettingsError(f"The secret in {path} must have at least {SECRET_BYTES} bytes.")
    return secret


def _make_secret(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # O_EXCL, mode 600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(token_bytes(SECRET_BYTES))
        # A link fails where the name exists and never shows a half-written file.
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        Path(draft).unlink()


def issue(
    secret: bytes,
    *,
    subject: str,
    email: str | None = None,
    ttl: int = 3600,
    now: int | None = None,
) -> str:
    """A token for `subject` that expires `ttl` seconds after `now`."""
    issued = int(time.time()) if now is None else now
    claims: dict[str, object] = {"iss": ISSUER, "sub": subject, "iat": issued, "exp": issued + ttl}
    if email is not None:
        claims["email"] = email
    key = OctKey.import_key(secret)
    return jwt.encode({"alg": ALGORITHM}, claims, key, algorithms=[ALGORITHM])

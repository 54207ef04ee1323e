"""Secrets at rest: AES-256-GCM, a fresh data key per secret, wrapped by a master key.

A sealed secret is `version · key id · nonce · wrapped data key · nonce · ciphertext`. The id of
the row it belongs to is bound in as associated data, so that it opens nowhere else.
"""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

LINE = re.compile(rb"[0-9a-fA-F]{64}")  # AES-256

VERSION = b"\x01"
_KEY_ID, _NONCE, _WRAPPED = 4, 12, 32 + 16


class SealError(ValueError):
    """A sealed secret that cannot be opened: of another row, of an unknown key, or damaged."""


@dataclass(frozen=True)
class Vault:
    """Seals with the last of its master keys, opens with any: so keys are rotated."""

    keys: tuple[tuple[bytes, bytes], ...] = field(repr=False)

    @classmethod
    def from_file(cls, path: Path) -> Vault:
        """Keys from a file, 64 hexadecimal digits a line; made, mode 600, if missing."""
        if not path.exists():
            _make(path)
        lines = path.read_bytes().split()
        if not lines or not all(LINE.fullmatch(line) for line in lines):
            raise ValueError(f"{path}: expected lines of 64 hexadecimal digits, one key each.")
        keys = [bytes.fromhex(line.decode()) for line in lines]
        return cls(tuple((_name(key), key) for key in keys))

    def seal(self, row_id: UUID, secret: bytes | str) -> bytes:
        """The secret, sealed for the row of that id."""
        plain = secret.encode() if isinstance(secret, str) else secret
        name, master = self.keys[-1]
        data_key, first, second = AESGCM.generate_key(256), os.urandom(12), os.urandom(12)
        wrapped = AESGCM(master).encrypt(first, data_key, row_id.bytes)
        sealed = AESGCM(data_key).encrypt(second, plain, row_id.bytes)
        return VERSION + name + first + wrapped + second + sealed

    def open(self, row_id: UUID, sealed: bytes) -> bytes:
        """The secret of the row of that id; raises `SealError`, which tells nothing of it."""
        rest = memoryview(sealed)[1 + _KEY_ID :]
        first, wrapped = rest[:_NONCE], rest[_NONCE : _NONCE + _WRAPPED]
        rest = rest[_NONCE + _WRAPPED :]
        master = dict(self.keys).get(sealed[1 : 1 + _KEY_ID])
        if master is None or sealed[:1] != VERSION:
            raise SealError("The secret was sealed with a key that is not here.")
        try:
            data_key = AESGCM(master).decrypt(bytes(first), bytes(wrapped), row_id.bytes)
            return AESGCM(data_key).decrypt(
                bytes(rest[:_NONCE]), bytes(rest[_NONCE:]), row_id.bytes
            )
        except (InvalidTag, ValueError):
            raise SealError("The secret does not open here.") from None


def _name(key: bytes) -> bytes:
    """Tells keys apart without telling anything of them."""
    return AESGCM(key).encrypt(bytes(_NONCE), b"key id", None)[:_KEY_ID]


def _make(path: Path) -> None:
    """Write the file aside and give it its name when it is whole: another server may be starting.

    Whoever is first wins; the others find that file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(AESGCM.generate_key(256).hex() + "\n")
            file.flush()
            os.fsync(descriptor)  # a secret sealed with a lost key is lost
        with suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink()

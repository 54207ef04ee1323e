"""A sealed secret opens for its row, with its key, and in no other way."""

from __future__ import annotations

import stat
import threading
from pathlib import Path
from uuid import UUID

import pytest

from app.vault import SealError, Vault

ROW = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
OTHER = UUID("01890a5d-ac96-774b-bcce-b302099a8058")


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return tmp_path / "data" / "vault.keys"


@pytest.fixture
def vault(keys: Path) -> Vault:
    return Vault.from_file(keys)


@pytest.mark.parametrize("secret", [b"", b"\x00\xff", "pässword", "x" * 100_000])
def test_what_was_sealed_opens(vault: Vault, secret: bytes | str) -> None:
    expected = secret.encode() if isinstance(secret, str) else secret
    assert vault.open(ROW, vault.seal(ROW, secret)) == expected


def test_a_sealed_secret_shows_nothing_and_is_never_the_same(vault: Vault) -> None:
    first, second = vault.seal(ROW, "password"), vault.seal(ROW, "password")
    assert b"password" not in first
    assert first != second


def test_a_secret_opens_for_its_own_row_only(vault: Vault) -> None:
    with pytest.raises(SealError):
        vault.open(OTHER, vault.seal(ROW, "password"))


def test_every_bit_counts(vault: Vault) -> None:
    sealed = vault.seal(ROW, "password")
    for position in range(len(sealed)):
        damaged = bytearray(sealed)
        damaged[position] ^= 1
        with pytest.raises(SealError):
            vault.open(ROW, bytes(damaged))


def test_a_part_of_a_secret_does_not_open(vault: Vault) -> None:
    sealed = vault.seal(ROW, "password")
    for length in range(len(sealed)):
        with pytest.raises(SealError):
            vault.open(ROW, sealed[:length])


def test_a_key_that_is_added_seals_and_the_old_one_still_opens(keys: Path, vault: Vault) -> None:
    before = vault.seal(ROW, "old")
    keys.write_text(keys.read_text() + "ab" * 32 + "\n")
    rotated = Vault.from_file(keys)
    after = rotated.seal(ROW, "new")
    assert (rotated.open(ROW, before), rotated.open(ROW, after)) == (b"old", b"new")
    with pytest.raises(SealError):
        vault.open(ROW, after)


def test_a_key_that_is_taken_away_opens_nothing(keys: Path, vault: Vault) -> None:
    sealed = vault.seal(ROW, "password")
    keys.write_text("ab" * 32 + "\n")
    with pytest.raises(SealError):
        Vault.from_file(keys).open(ROW, sealed)


def test_the_file_is_made_for_its_owner_only_and_then_kept(keys: Path, vault: Vault) -> None:
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    assert Vault.from_file(keys) == vault


def test_two_servers_that_start_at_once_have_the_same_key(keys: Path) -> None:
    found: list[Vault] = []
    threads = [
        threading.Thread(target=lambda: found.append(Vault.from_file(keys))) for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [found[0]] * 16
    assert list(keys.parent.iterdir()) == [keys]


@pytest.mark.parametrize("text", ["", "abc", "ab" * 31, f"{'ab' * 32}\n{'z' * 64}", "é" * 64])
def test_a_file_that_is_no_list_of_keys_is_named_but_not_quoted(keys: Path, text: str) -> None:
    keys.parent.mkdir()
    keys.write_text(text)
    with pytest.raises(ValueError, match=r"vault\.keys: expected lines of 64") as caught:
        Vault.from_file(keys)
    assert not text or text not in str(caught.value)


def test_keys_are_not_printed(keys: Path, vault: Vault) -> None:
    assert keys.read_text().strip() not in repr(vault)
    assert repr(vault.keys[0][1]) not in repr(vault)

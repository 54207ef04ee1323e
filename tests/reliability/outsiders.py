"""Programs of others that attack, in an environment of their own.

They need another version of Rich than the service, and one of them is a plugin of pytest; so they
are not installed beside it, but below it, when a gate first asks for them.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from tests.serving import ROOT

LOCK = ROOT / "requirements-attackers.lock"
FOLDER = Path(sys.prefix) / "attackers"


class Missing(Exception):
    """They could not be installed; the text says why, in a line."""


def program(name: str) -> Path:
    """The path of a program; raises `Missing` where they are not to be had."""
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    stamp = FOLDER / "lock.sha256"
    if not stamp.is_file() or stamp.read_text("ascii") != wanted:
        _install()
        stamp.write_text(wanted, "ascii")
    return FOLDER / "bin" / name


def _install() -> None:
    """Without dependencies: the lock has all, but a package `asyncio` older than Python's own."""
    pip = [str(FOLDER / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps"]
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(FOLDER)],
        [*pip, "--disable-pip-version-check", "--requirement", str(LOCK)],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["nothing was said"])[-1]
            raise Missing(f"not installed: {last[:100]}")

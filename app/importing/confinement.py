"""A confined start: run as a script, it gives up what it does not need and becomes a program.

    python -I -S confinement.py '{"parent": …, "limits": …, "reads": …, "writes": …}' [program …]

Without a program it prints the measures in force, one a line. It imports nothing of the project
and is a process of its own, since a fork of a process with threads may do little before `exec`.

Measures, each where the kernel allows it: a network namespace without interfaces; Landlock,
which closes the file system but for the folders named, and TCP; resource limits; and the end of
the program with that of its parent.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import struct
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

NETWORK_NAMESPACE, LANDLOCK = "network namespace", "Landlock"
CANNOT_START = 126  # what a shell says of a program that it cannot execute

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # clone(2)
_PARENT_DEATH_SIGNAL, _NO_NEW_PRIVILEGES = 1, 38  # prctl(2)
_CREATE, _ADD, _RESTRICT = 444, 445, 446  # system calls of landlock(7), the same on each machine
_ASK_VERSION, _PATH_BENEATH = 1, 1

_EXECUTE, _WRITE, _READ, _LIST, _TRUNCATE = 1, 2, 4, 8, 1 << 14
_FOR_FILES = _EXECUTE | _WRITE | _READ | _TRUNCATE
#: Versions of Landlock: how many rights on files each knows, and how long its rule set is:
#: the rights alone, those on TCP too, and the scopes too.
_VERSIONS = ((13, 8), (14, 8), (15, 8), (15, 16), (16, 16), (16, 24))
_BIND_AND_CONNECT, _SOCKETS_AND_SIGNALS = 3, 3


def confine(plan: dict[str, Any]) -> list[str]:
    """Give up rights, for good; the measures that are in force."""
    measures: tuple[tuple[str, Callable[[dict[str, Any]], bool]], ...] = (
        (NETWORK_NAMESPACE, _leave_the_network),
        (LANDLOCK, _close_the_files),
    )
    taken = [name for name, take in measures if sys.platform == "linux" and take(plan)]
    if sys.platform == "linux":  # after the namespace, which clears the signal
        _prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != plan["parent"]:
            sys.exit(CANNOT_START)
    for name, most in plan["limits"].items():
        with suppress(ValueError, OSError):  # lower already, or not of this system
            resource.setrlimit(getattr(resource, name), (most, most))
    for ignored in (signal.SIGXFSZ, signal.SIGPIPE):  # by Python, for itself
        signal.signal(ignored, signal.SIG_DFL)
    return taken


def _leave_the_network(plan: dict[str, Any]) -> bool:
    del plan
    return bool(ctypes.CDLL(None).unshare(_NEW_USER | _NEW_NETWORK) == 0)


def _close_the_files(plan: dict[str, Any]) -> bool:
    version = _syscall(_CREATE, None, 0, _ASK_VERSION)
    if version < 1:
        return False
    known, size = _VERSIONS[min(version, len(_VERSIONS)) - 1]
    rights = (1 << known) - 1
    handled = struct.pack("=QQQ", rights, _BIND_AND_CONNECT, _SOCKETS_AND_SIGNALS)[:size]
    rules = _syscall(_CREATE, handled, size, 0)
    _allow(rules, plan["reads"], rights & (_EXECUTE | _READ | _LIST))
    _allow(rules, plan["writes"], rights)
    _prctl(_NO_NEW_PRIVILEGES, 1)
    return _syscall(_RESTRICT, rules, 0) == 0


def _allow(rules: int, paths: Iterable[str], rights: int) -> None:
    for path in filter(os.path.exists, paths):
        allowed = rights if Path(path).is_dir() else rights & _FOR_FILES
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        _syscall(_ADD, rules, _PATH_BENEATH, struct.pack("=Qi", allowed, place), 0)
        os.close(place)


def _syscall(number: int, *arguments: bytes | int | None) -> int:
    """The answer of the system call; -1 where it failed."""
    wide = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    return int(ctypes.CDLL(None).syscall(ctypes.c_long(number), *wide))


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None).prctl(option, *map(ctypes.c_ulong, (value, 0, 0, 0)))


def main(plan: str, *command: str) -> NoReturn:
    taken = confine(json.loads(plan))
    if not command:
        sys.stdout.write("\n".join(taken))
        sys.exit()
    try:
        os.execv(command[0], command)  # noqa: S606  a program named by the operator, no shell
    except OSError as error:
        sys.stderr.write(str(error.strerror))
        sys.exit(CANNOT_START)


if __name__ == "__main__":
    main(*sys.argv[1:])

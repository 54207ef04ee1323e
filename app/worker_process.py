"""What runs in a worker process: its limits, and one piece of work at a time."""

from __future__ import annotations

import fcntl
import math
import multiprocessing
import os
import pickle
import resource
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from typing import NoReturn

from app.errors import Problem
from app.importing.refusals import Refused

LARGEST_FILE = 128 * 1024 * 1024  # the programs that render are unpacked by a worker
NICENESS = 10  # the server goes first
OUT_OF_MEMORY = 75  # the status with which a process ends that has no more


def prepare(memory_bytes: int) -> None:
    """To be done before the first work: limits of the process, and its end."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # at once, also within code that is not Python
    os.nice(NICENESS)
    for limit, value in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, LARGEST_FILE),
    ):
        _limit(limit, value)
    _end_with_the_server()


def _end_with_the_server() -> None:
    """Has the system end this process by SIGIO when the server's end of a pipe between them closes.

    That its parent has died (`PR_SET_PDEATHSIG`) tells nothing: the parent is the fork server,
    which lives as long as its workers.
    """
    server = multiprocessing.parent_process()
    assert server is not None
    fcntl.fcntl(server.sentinel, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(server.sentinel, fcntl.F_GETFL)
    fcntl.fcntl(server.sentinel, fcntl.F_SETFL, flags | os.O_ASYNC)
    if not server.is_alive():  # the pipe had closed before
        os._exit(0)


def _limit(limit: int, value: int) -> None:
    """The soft limit, as far as the hard one of the process allows."""
    _, most = resource.getrlimit(limit)
    allowed = value if most == resource.RLIM_INFINITY else min(value, most)
    resource.setrlimit(limit, (allowed, most))


def work(seconds: float, function: Callable[..., object], args: Sequence[object]) -> bytes:
    """Whether the function returned, and what it returned or raised, pickled.

    The limit of processor time is for the case that the server cannot see to the deadline.
    """
    _limit(resource.RLIMIT_CPU, math.ceil(time.process_time() + seconds) + 1)
    try:
        return pickle.dumps((True, function(*args)))
    except MemoryError:
        _give_up()
    except BaseException as error:  # noqa: BLE001 - also a SystemExit must not end the server
        return _told(error)


def _give_up() -> NoReturn:
    """What is left of a process without memory is not relied on."""
    time.sleep(0.1)  # Pebble must have heard that the work began, to know whose end it is
    os._exit(OUT_OF_MEMORY)


def _told(error: BaseException) -> bytes:
    """An exception as it is, if it can travel; with its traceback, if it is a bug."""
    text = "".join(traceback.format_exception(error))
    if not isinstance(error, Refused | Problem):
        error.add_note(text)
    try:
        pickled = pickle.dumps((False, error))
        pickle.loads(pickled)  # noqa: S301 - just written
    except Exception:  # noqa: BLE001 - whatever an exception class does when it is pickled
        pickled = b""
    if pickled and isinstance(error, Exception):
        return pickled
    return pickle.dumps((False, RuntimeError(text)))

"""Telling whoever started the process how it is: sd_notify(3), if there is somebody to tell."""

from __future__ import annotations

import os
import socket
from contextlib import suppress

VARIABLE = "NOTIFY_SOCKET"


def notify(state: str) -> None:
    """Send a state such as `READY=1`. That nobody listens is no reason not to serve."""
    address = os.environ.get(VARIABLE)
    if not address:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
        door.sendto(state.encode(), "\0" + address[1:] if address[0] == "@" else address)

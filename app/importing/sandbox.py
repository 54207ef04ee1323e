"""A run of a program on content that is not trusted.

It sees a folder with the files given, an empty home and nothing else of the environment; it is
ended at its deadline and with this process. What the kernel allows of the rest, `measures` says;
the proxy variables point nowhere and there is no PATH in any case.
"""

from __future__ import annotations

import json
import math
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from app.importing import confinement
from app.importing.executables import Tools
from app.importing.refusals import TooLarge, Unreadable, Unsafe, Unsupported

#: What a program that is not static loads, and the devices it may write to.
SYSTEM, DEVICES = ("/usr", "/lib", "/lib64", "/bin"), ("/dev/null",)
NOWHERE = "http://127.0.0.1:9"  # the discard port, where nobody listens

PROCESSORS = 2
REASON_CHARACTERS, _COMPLAINT_BYTES = 1000, 64 * 1024
#: What follows `Error:`, up to Helm's hint; or the error in a line of klog, which is quoted.
_REASON = re.compile(
    r'^error: (.*?)(?:\n\nUse --debug|\Z)|^E\d{4} [^\n]* err="([^\n]*)"$',
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
#: How the run-time of Go ends without memory.
_SPENT = re.compile(r"^fatal error: .*memory", re.MULTILINE)
_MIB = 1024 * 1024


@dataclass(frozen=True)
class Outcome:
    """How a run ended: its exit status, what it wrote, and what it complained of, without paths."""

    status: int
    output: bytes
    complaint: str

    @property
    def reason(self) -> str:
        """What the program says after `Error:`, without warnings and hints, of bounded length."""
        found = _REASON.search(self.complaint)
        said = (found[1] or found[2].replace('\\"', '"')) if found else self.complaint
        return said.strip()[:REASON_CHARACTERS]


def measures() -> frozenset[str]:
    """Which of `confinement`'s measures are in force here."""
    with tempfile.TemporaryDirectory() as folder:
        command = _command(Path(folder), (), {})
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603  our own script
    return frozenset(done.stdout.splitlines())


def run(
    program: Path, arguments: Sequence[str], files: Mapping[str, bytes], tools: Tools
) -> Outcome:
    """The outcome of the program, run in a new folder that holds the files.

    Raises `Unsafe` if a file's name leads out of the folder, `Unreadable` if the files cannot
    be side by side, `TooLarge` if the run goes over a limit, `Unsupported` if it cannot start.
    """
    with tempfile.TemporaryDirectory(prefix="meshgraph-", ignore_cleanup_errors=True) as folder:
        place = Path(folder).resolve()
        _write(place / "content", files)
        (place / "home").mkdir()
        status = _status(_command(place, (str(program), *arguments), _limits(tools)), place, tools)
        return _outcome(status, place, tools)


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir()
    for name, content in files.items():
        check_name(name)
        target = folder / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        except OSError:
            raise Unreadable(f"{name!r} cannot be beside the other files.") from None


def check_name(name: str) -> None:
    """Raises `Unsafe` unless the name is a relative POSIX path that stays where it starts."""
    parts = PurePosixPath(name).parts
    proper = name.isprintable() and "\\" not in name and "/".join(parts) == name
    if not proper or not parts or parts[0] == "/" or ".." in parts:
        raise Unsafe(f"{name!r} is not a path inside the archive.")


def _command(place: Path, program: Sequence[str], limits: Mapping[str, int]) -> list[str]:
    plan = {
        "parent": os.getpid(),
        "limits": limits,
        "reads": [*SYSTEM, *program[:1]],
        "writes": [*DEVICES, str(place)],
    }
    return [sys.executable, "-I", "-S", confinement.__file__, json.dumps(plan), *program]


def _limits(tools: Tools) -> dict[str, int]:
    return {
        "RLIMIT_CPU": math.ceil(tools.seconds) * PROCESSORS,
        "RLIMIT_FSIZE": tools.output_bytes + 1,
        "RLIMIT_AS": resource.RLIM_INFINITY,  # not that of the process which starts this
        "RLIMIT_DATA": tools.memory_bytes,  # not of addresses: Go reserves far more than it uses
        "RLIMIT_CORE": 0,
        "RLIMIT_NOFILE": 256,
    }


def _environment(place: Path, tools: Tools) -> dict[str, str]:
    """A home, no proxy that answers, and how the run-time of Go is to live within the limits."""
    home = str(place / "home")
    proxies = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY")
    go = {
        "GOMAXPROCS": str(PROCESSORS),
        "GOMEMLIMIT": str(tools.memory_bytes),
        "GOTRACEBACK": "none",
    }
    return {"HOME": home, "TMPDIR": home} | dict.fromkeys(proxies, NOWHERE) | go


def _status(command: Sequence[str], place: Path, tools: Tools) -> int:
    with (place / "output").open("wb") as output, (place / "complaint").open("wb") as complaint:
        process = subprocess.Popen(  # noqa: S603  a program named by the operator, no shell
            command,
            cwd=place / "content",
            env=_environment(place, tools),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=complaint,
            start_new_session=True,
        )
        try:
            return process.wait(tools.seconds)
        except subprocess.TimeoutExpired:
            raise TooLarge(f"It takes more than {tools.seconds:g} seconds to render.") from None
        finally:
            if process.returncode is None:  # its number is still its own
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _outcome(status: int, place: Path, tools: Tools) -> Outcome:
    output = (place / "output").read_bytes()
    complaint = (place / "complaint").read_bytes()[-_COMPLAINT_BYTES:].decode(errors="replace")
    if len(output) > tools.output_bytes:
        raise TooLarge(f"It renders to more than {tools.output_bytes // _MIB} MiB.")
    if status and _SPENT.search(complaint):
        raise TooLarge(f"It takes more than {tools.memory_bytes // _MIB} MiB of memory to render.")
    if status == confinement.CANNOT_START:
        raise Unsupported("The program that renders this cannot be started here.")
    if status < 0:
        raise TooLarge(f"Rendering was ended by the system ({signal.Signals(-status).name}).")
    return Outcome(status, output, _without_paths(complaint, place))


def _without_paths(complaint: str, place: Path) -> str:
    for folder in (place / "content", place):
        complaint = complaint.replace(f"{folder}/", "").replace(str(folder), "the archive")
    return complaint

"""wrk: a list of requests in turn over some connections for some seconds."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.workloads import Request

SCRIPT = """
local listed = {}
init = function(args)
%s
end
local turn = 0
request = function()
  turn = turn %% #listed + 1
  return listed[turn]
end
done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\\nRESULT {"requests": %%d, "microseconds": %%d, "bytes": %%d, "failed": %%d, '
    .. '"status": %%d, "p50": %%f, "p99": %%f}\\n',
    summary.requests, summary.duration, summary.bytes,
    errors.connect + errors.read + errors.write + errors.timeout, errors.status,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
"""


class LoadFailed(RuntimeError):
    """There were answers that were not right, or no answers: such a run measures nothing."""


@dataclass(frozen=True)
class Result:
    """Requests per second, and latencies in milliseconds."""

    requests: int
    rate: float
    p50: float
    p99: float


def program() -> str:
    """The path of wrk; raises `LoadFailed` when it is not installed."""
    found = shutil.which("wrk")
    if found is None:
        raise LoadFailed("wrk is not installed: the package is called wrk.")
    return found


def write_script(path: Path, requests: Sequence[Request], headers: Mapping[str, str]) -> None:
    """A Lua script for wrk that sends the requests in turn."""
    table = ", ".join(f"[ {_lua(name)} ] = {_lua(value)}" for name, value in headers.items())
    lines = [f"  local headers = {{{table}}}"]
    for request in requests:
        body = "nil" if request.body is None else _lua(request.body)
        arguments = f"{_lua(request.method)}, {_lua(request.path)}, headers, {body}"
        lines.append(f"  listed[#listed + 1] = wrk.format({arguments})")
    path.write_text(SCRIPT % "\n".join(lines), "utf-8")


def _lua(text: str) -> str:
    assert "]==]" not in text
    return f"[==[{text}]==]"


def load(url: str, script: Path, *, connections: int, seconds: float, least_bytes: float) -> Result:
    """Run wrk with one thread; raises `LoadFailed` for an answer that failed or was not 2xx.

    wrk does not look into bodies, so their mean size must be at least `least_bytes`: an answer
    with errors instead of data is shorter.
    """
    command = [
        program(), "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "--timeout", "10s",
        "-s", str(script), url,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    line = next((each for each in done.stdout.splitlines() if each.startswith("RESULT ")), None)
    if done.returncode or line is None:
        raise LoadFailed(f"wrk failed: {done.stdout[-500:]}{done.stderr[-500:]}")
    found = json.loads(line.removeprefix("RESULT "))
    if not found["requests"]:
        raise LoadFailed(f"{url} {script.stem}: no answer in {seconds:.0f} s: give it more time.")
    if found["failed"] or found["status"]:
        raise LoadFailed(f"{url} {script.stem}: {line}")
    if found["bytes"] / found["requests"] < least_bytes:
        raise LoadFailed(f"{url} {script.stem}: answers under {least_bytes:.0f} bytes: {line}")
    rate = found["requests"] / (found["microseconds"] / 1e6)
    return Result(found["requests"], rate, found["p50"], found["p99"])

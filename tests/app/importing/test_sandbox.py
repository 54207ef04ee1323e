"""A program sees its files and nothing else, and ends at its limits."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from app.importing.confinement import LANDLOCK, NETWORK_NAMESPACE
from app.importing.executables import Tools
from app.importing.refusals import TooLarge, Unreadable, Unsafe, Unsupported
from app.importing.sandbox import Outcome, measures, run

SHELL = Path("/bin/sh").resolve()
LIMITS = Tools(None, None, Path("unused"), seconds=5, output_bytes=1024**2)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="paths of Linux")


def shell(script: str, files: Mapping[str, bytes] | None = None, tools: Tools = LIMITS) -> Outcome:
    return run(SHELL, ["-c", script], files or {}, tools)


def test_a_program_has_its_files() -> None:
    files = {"a": b"1", "b/c": b"2"}
    assert shell("read a <a; read c <b/c; echo $a $c", files).output == b"1 2\n"


def test_a_program_has_an_empty_home_and_no_input() -> None:
    script = 'cd $HOME && set -- * .[a-z]*; echo "$@"; read line || echo no input; echo "$PATH"'
    outcome = shell(script, tools=LIMITS)
    assert outcome.output.splitlines()[:2] == [b"* .[a-z]*", b"no input"]


def test_a_program_has_nothing_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "shown")
    names = {line.partition(b"=")[0] for line in shell("export -p").output.splitlines()}
    assert names >= {b"export HOME", b"export HTTPS_PROXY"}
    assert b"export SECRET" not in names
    assert b"export PATH" not in names


@pytest.mark.parametrize(
    "name", ["..", "../a", "a/..", "a/../b", "/a", "a//b", "a/", "./a", "a\nb"]
)
def test_a_file_stays_in_its_folder(name: str) -> None:
    with pytest.raises(Unsafe, match="not a path inside the archive"):
        shell("exit", {name: b""})


@pytest.mark.parametrize("names", [("a", "a/b"), ("a/b", "a"), ("a" * 300,)])
def test_files_that_cannot_be_side_by_side_are_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(Unreadable, match="cannot be beside the other files"):
        shell("exit", dict.fromkeys(names, b""))


def test_the_status_and_complaint_of_a_program_are_told() -> None:
    outcome = shell("echo warning: x >&2; echo Error: in $PWD/a: no >&2; exit 3")
    assert (outcome.status, outcome.reason) == (3, "in a: no")
    assert "/" not in outcome.complaint


def test_the_error_of_a_log_line_is_the_reason() -> None:
    line = 'E1125 10:16:23.353946   16701 run.go:72] "command failed" err="field \\"a\\": no"'
    assert Outcome(1, b"", f"W1125 warning\n{line}\n").reason == 'field "a": no'


def test_a_complaint_that_is_long_is_cut() -> None:
    script = 'echo "Error: first"; i=0; while [ $i -lt 400 ]; do echo line; i=$((i+1)); done'
    reason = shell(f"{{ {script}; }} >&2; exit 1").reason
    assert reason.startswith("first\nline\n")
    assert len(reason) == 1000


@pytest.mark.parametrize(
    ("script", "limits", "said"),
    [
        ("while :; do :; done", replace(LIMITS, seconds=0.5), "more than 0.5 seconds"),
        ("trap '' TERM; /bin/sleep 9 & wait", replace(LIMITS, seconds=0.5), "more than 0.5 sec"),
        ("while :; do echo xxxxxxxxxxxxxxxxxxx; done", LIMITS, "more than 1 MiB"),
        ("while :; do echo xxxxxxxxxxxxxxxxxxx >&2; done", LIMITS, "ended by the system"),
        ("kill -9 $$", LIMITS, "ended by the system .SIGKILL"),
    ],
)
def test_a_program_ends_at_its_limits(script: str, limits: Tools, said: str) -> None:
    started = time.monotonic()
    with pytest.raises(TooLarge, match=said):
        shell(script, tools=limits)
    assert time.monotonic() - started < 4


def test_what_cannot_be_started_is_told(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("not a program")
    (tmp_path / "text").chmod(0o700)
    with pytest.raises(Unsupported, match="cannot be started here"):
        run(tmp_path / "text", [], {}, LIMITS)


def test_a_program_has_a_network_of_its_own() -> None:
    if NETWORK_NAMESPACE not in measures():
        pytest.skip("the kernel allows no network namespace here")
    inside = shell("/usr/bin/readlink /proc/self/ns/net").output.decode().strip()
    assert inside.startswith("net:[")
    assert inside != str(Path("/proc/self/ns/net").readlink())


def test_a_program_reads_and_writes_nothing_else(tmp_path: Path) -> None:
    if LANDLOCK not in measures():
        pytest.skip("the kernel has no Landlock here")
    (tmp_path / "a").write_text("secret")
    outcome = shell(
        f"read a <{tmp_path}/a; echo $a; echo b >{tmp_path}/b; echo c >c; read c <c; echo $c"
    )
    assert outcome.output == b"\nc\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a"]

"""Programs come from the setting, else PATH, else the extra, and are unpacked whole."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from app.importing import executables
from app.importing.executables import Tools, find, unpacked
from app.importing.refusals import Unsupported


def program(folder: Path, name: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("#!/bin/sh\n")
    (folder / name).chmod(0o700)
    return folder / name


@pytest.fixture
def no_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executables, "PACKAGE", "no-such-distribution")


@pytest.fixture
def extra(tmp_path: Path) -> Path:
    """A cache with Helm in it; skipped without the extra."""
    found = unpacked("helm", tmp_path / "cache")
    if found is None:
        pytest.skip(f"{executables.EXTRA} is not installed, or not for this machine")
    return found


def test_a_setting_wins_over_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    helm, named = program(tmp_path / "path", "helm"), program(tmp_path / "named", "helm-3")
    assert find(None, None, tmp_path).path("helm") == helm
    assert find(named, None, tmp_path).path("helm") == named


@pytest.mark.parametrize("name", ["absent", "plain"])
def test_a_setting_must_name_an_executable(tmp_path: Path, name: str) -> None:
    (tmp_path / "plain").write_text("")
    with pytest.raises(ValueError, match=rf"^MESHGRAPH_KUBECTL: .*{name} is not an executable"):
        find(None, tmp_path / name, tmp_path)


@pytest.mark.usefixtures("no_extra")
@pytest.mark.parametrize("name", ["helm", "kubectl"])
def test_a_program_that_is_nowhere_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("PATH", "")
    tools = find(None, None, tmp_path)
    with pytest.raises(
        Unsupported, match=rf"MESHGRAPH_{name.upper()} or install meshgraph\[helm\]"
    ):
        tools.path(name)


def test_tools_travel_between_processes(tmp_path: Path) -> None:
    tools = Tools(tmp_path / "helm", None, tmp_path, seconds=3)
    assert pickle.loads(pickle.dumps(tools)) == tools


def test_the_extra_is_unpacked_once_for_its_owner_alone(extra: Path) -> None:
    assert extra.stat().st_mode & 0o777 == 0o700
    written = extra.stat().st_mtime_ns
    assert unpacked.__wrapped__("helm", extra.parent) == extra
    assert extra.stat().st_mtime_ns == written
    assert [path.name for path in extra.parent.iterdir()] == [extra.name]


def test_a_damaged_executable_is_unpacked_again(extra: Path) -> None:
    whole = extra.stat().st_size
    with extra.open("r+b") as file:
        file.truncate(1000)
    assert unpacked.__wrapped__("helm", extra.parent) == extra
    assert extra.stat().st_size == whole


@pytest.mark.usefixtures("extra")
def test_processes_that_unpack_at_once_make_one_file(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from app.importing.executables import unpacked\n"
        "print(unpacked('helm', Path(sys.argv[1])))"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "shared")]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    first, second = (process.communicate(timeout=60)[0].strip() for process in both)
    assert first == second
    assert [str(path) for path in (tmp_path / "shared").iterdir()] == [first]
    shown = subprocess.run([first, "version"], capture_output=True, check=True, text=True)
    assert "v3." in shown.stdout

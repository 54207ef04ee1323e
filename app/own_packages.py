"""Our top-level packages, told from others of the same name before any of them is used.

`schema`, `resolvers` and `app` are names that others use too: there is a library `schema` on
PyPI. Import this module before `schema`: it ends the program when Python would take another.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("app", "resolvers", "rest_compat", "schema")


def strangers(packages: Iterable[str] = PACKAGES, root: Path = ROOT) -> dict[str, str]:
    """The packages that are not those in `root`, each with where Python finds it instead."""
    found = {name: _origin(name) for name in packages}
    return {
        name: origin
        for name, origin in found.items()
        if Path(origin).resolve() != root / name / "__init__.py"
    }


def _origin(name: str) -> str:
    spec = find_spec(name)
    return spec.origin or "a folder without __init__.py" if spec is not None else "nowhere"


def refuse_strangers(packages: Iterable[str] = PACKAGES, root: Path = ROOT) -> None:
    """Ends the program, with what to do, if a package of ours would not be imported."""
    if found := strangers(packages, root):
        where = "; ".join(f"{name!r} is found at {origin}" for name, origin in found.items())
        raise SystemExit(
            f"meshgraph: {where}, but its own is in {root}. Run it from there, or in a virtual "
            f"environment of its own without another package called {' or '.join(found)}."
        )


refuse_strangers()

"""Imports run one way, and inside functions there are none."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = ("app", "resolvers", "schema", "rest_compat")

#: What the modules of a layer may import of the project. The roots, which put all together,
#: may import anything.
MAY_IMPORT = {
    "app": ("app",),
    "resolvers": ("app", "resolvers"),
    "schema": ("app", "resolvers", "schema"),
    "rest_compat": ("app.errors", "rest_compat"),
}
COMPOSITION_ROOTS = {
    "app/main.py",
    *(path.relative_to(ROOT).as_posix() for path in (ROOT / "app/assembly").glob("*.py")),
    "app/cli.py",
    "app/cli_imports.py",
    "app/cli_moving.py",
    "app/cli_documents.py",
    "app/cli_serving.py",
    "app/__main__.py",
}
#: Libraries that a layer must not know.
MUST_NOT_IMPORT = {
    "schema": ("starlette",),
    "resolvers": ("starlette", "schema"),
    "rest_compat": ("sqlalchemy", "strawberry"),
}


#: Packages of algorithms, which know neither the store nor the graph nor HTTP.
PURE = ("app/evaluation/", "app/importing/", "app/registry/")
IMPURE = ("sqlalchemy", "strawberry", "starlette", "httpx2", "app.db")


def modules() -> Iterator[tuple[str, str, ast.Module]]:
    for layer in LAYERS:
        for path in sorted((ROOT / layer).rglob("*.py")):
            yield layer, path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8"))


MODULES = list(modules())
EACH_MODULE = pytest.mark.parametrize(
    ("layer", "path", "tree"), MODULES, ids=[path for _, path, _ in MODULES]
)


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == each or name.startswith(each + ".") for each in packages)


@EACH_MODULE
def test_a_module_imports_only_what_its_layer_may(layer: str, path: str, tree: ast.Module) -> None:
    if path in COMPOSITION_ROOTS:
        return
    own = [name for name in imported(tree) if name.split(".")[0] in LAYERS]
    assert [name for name in own if not within(name, MAY_IMPORT[layer])] == []
    foreign = MUST_NOT_IMPORT.get(layer, ())
    assert [name for name in imported(tree) if within(name, foreign)] == []


@EACH_MODULE
def test_algorithms_are_pure(layer: str, path: str, tree: ast.Module) -> None:
    del layer
    if path.startswith(PURE):
        assert [name for name in imported(tree) if within(name, IMPURE)] == []


@EACH_MODULE
def test_no_function_imports(layer: str, path: str, tree: ast.Module) -> None:
    del layer
    inside = [
        f"{path}:{node.lineno}"
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert inside == []


@EACH_MODULE
def test_functions_are_short(layer: str, path: str, tree: ast.Module) -> None:
    del layer
    if "/migrations/" in path:
        return
    long = [
        f"{path}:{node.lineno} {node.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > 40
    ]
    assert long == []

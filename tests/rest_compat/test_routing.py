"""The tree of paths finds what one regular expression after the other would."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import Match, NoMatchFound, Route
from starlette.types import Receive, Scope, Send

from rest_compat.endpoints import ENDPOINTS
from rest_compat.facade import by_path
from rest_compat.routing import PathTable, parameters_of


class Named:
    """An application that is known by its path."""

    def __init__(self, path: str, *methods: str) -> None:
        self.path = path
        self.methods = methods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...


METHODS = by_path(ENDPOINTS)
PATHS = list(METHODS)
TABLE = PathTable({path: Named(path, *METHODS[path]) for path in PATHS})
ROUTES = [Route(path, Named(path), methods=list(METHODS[path])) for path in PATHS]


def http(path: str, method: str = "GET", **more: Any) -> Scope:
    return {"type": "http", "method": method, "path": path, **more}


def found(table: PathTable, path: str, **more: Any) -> tuple[str, dict[str, str]] | None:
    match, child = table.matches(http(path, **more))
    return (child["endpoint"].path, child["path_params"]) if match is Match.FULL else None


def expected(path: str, method: str) -> tuple[str, dict[str, str]] | None:
    """The first route for the method; else the first that is only for others."""
    tried = [(route, *route.matches(http(path, method))) for route in ROUTES]
    for wanted in (Match.FULL, Match.PARTIAL):
        for route, match, child in tried:
            if match is wanted:
                return route.path, child["path_params"]
    return None


SEGMENTS = sorted({segment for path in PATHS for segment in path.split("/")})
NAMES = st.sampled_from([*SEGMENTS, "x", "", "é", "by-domain "])


@st.composite
def paths(draw: st.DrawFn) -> str:
    """A documented path with its parameters filled in; or one that is a few segments off."""
    segments = draw(st.sampled_from(PATHS)).split("/")
    filled = [draw(NAMES) if "{" in segment else segment for segment in segments]
    if draw(st.booleans()):
        place = draw(st.integers(1, len(filled)))
        filled[place : place + draw(st.integers(0, 1))] = draw(st.lists(NAMES, max_size=2))
    return "/".join(filled)


@given(paths(), st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH"]))
def test_the_tree_finds_what_the_first_matching_path_is(path: str, method: str) -> None:
    assert found(TABLE, path, method=method) == expected(path, method)


@pytest.mark.parametrize("path", PATHS)
def test_every_path_is_found(path: str) -> None:
    parameters = {name: f"value of {name}" for name in parameters_of(path)}
    filled = path.format(**parameters)
    assert found(TABLE, filled) == (path, parameters)


def test_a_table_may_be_mounted() -> None:
    table = PathTable({"/a/{id}": Named("/a/{id}", "GET")})
    assert found(table, "/below/a/1", root_path="/below") == ("/a/{id}", {"id": "1"})


def test_other_protocols_match_nothing() -> None:
    assert TABLE.matches({"type": "websocket", "path": PATHS[0]}) == (Match.NONE, {})


def test_the_paths_have_no_names() -> None:
    with pytest.raises(NoMatchFound):
        TABLE.url_path_for("getOrgs")

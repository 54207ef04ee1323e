"""Which of the documented paths a request is for: a tree of their segments."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from starlette.datastructures import URLPath
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import ASGIApp, Receive, Scope, Send

_PARAMETER: Final = re.compile(r"{(\w+)}")


def parameters_of(path: str) -> frozenset[str]:
    """The names of the parameters of a path."""
    return frozenset(_PARAMETER.findall(path))


def covering(path: str, others: Iterable[str]) -> list[str]:
    """Those of the other paths that can stand for this one, itself included."""
    segments = path.split("/")
    return [
        other
        for other in others
        if len(parts := other.split("/")) == len(segments)
        and all(
            part == segment or _PARAMETER.fullmatch(part)
            for part, segment in zip(parts, segments, strict=True)
        )
    ]


class Routed(Protocol):
    """An ASGI application for some methods."""

    @property
    def methods(self) -> Collection[str]: ...
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...


@dataclass(frozen=True)
class Leaf:
    """The application of a path, its methods, and the place of each parameter in the path."""

    app: ASGIApp
    methods: Collection[str]
    parameters: tuple[tuple[str, int], ...]


@dataclass
class Node:
    """What may come after the same first segments; a literal goes before a parameter."""

    literals: dict[str, Node] = field(default_factory=dict)
    parameter: Node | None = None
    leaf: Leaf | None = None

    def add(self, path: str, app: ASGIApp, methods: Collection[str]) -> None:
        """Let the path lead to the application; `{name}` stands for any one segment."""
        node, segments = self, path.split("/")
        parameters = []
        for place, segment in enumerate(segments):
            if (found := _PARAMETER.fullmatch(segment)) is None:
                node = node.literals.setdefault(segment, Node())
            else:
                parameters.append((found[1], place))
                node.parameter = node = node.parameter or Node()
        node.leaf = Leaf(app, methods, tuple(parameters))

    def find(self, segments: list[str], method: str | None, place: int = 0) -> Leaf | None:
        """The first leaf that has the method; for None, the first of all."""
        if place == len(segments):
            fits = self.leaf is not None and (method is None or method in self.leaf.methods)
            return self.leaf if fits else None
        literal = self.literals.get(segments[place])
        found = literal.find(segments, method, place + 1) if literal else None
        if found is None and self.parameter is not None and segments[place]:
            found = self.parameter.find(segments, method, place + 1)
        return found


class PathTable(BaseRoute):
    """One route for many paths, which costs the same however many there are.

    A literal without the method leaves the request to a parameter in its place: there
    may be a user called `keys`.
    """

    def __init__(self, apps: Mapping[str, Routed]) -> None:
        self._root = Node()
        for path, app in apps.items():
            self._root.add(path, app, app.methods)

    def find(self, scope: Scope) -> bool:
        """Whether there is such a path; the scope has its endpoint and parameters then."""
        match, found = self.matches(scope)
        scope.update(found)
        return match is Match.FULL

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http":
            return Match.NONE, {}
        path: str = scope["path"]
        segments = path.removeprefix(scope.get("root_path", "")).split("/")
        leaf = self._root.find(segments, scope["method"]) or self._root.find(segments, None)
        if leaf is None:
            return Match.NONE, {}
        parameters = {name: segments[place] for name, place in leaf.parameters}
        return Match.FULL, {"endpoint": leaf.app, "path_params": parameters}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.handle(scope, receive, send)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await scope["endpoint"](scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """The paths have no names."""
        raise NoMatchFound(name, path_params)

"""What the caller of a mutation gets of its result: attributes of rows that are at hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import GraphQLEnumType

from resolvers.answers import Alone, Column, Constant, Inside, Listed, PagePart
from resolvers.plan.generated import Code
from resolvers.plan.reading import Attribute, Node, Typename, Unplannable

#: The parts of a page that are plain without reading it.
PARTS = {"items", "totalCount", "page", "pageSize"}


class Payload:
    """Writes source of an object. A list under a new row, on which nothing hangs yet, is empty."""

    def __init__(self) -> None:
        self.code = Code()
        self.needs_new = False

    def object(self, nodes: tuple[Node, ...], at: str) -> str:
        """Source of an object with these fields, of the row or payload that `at` refers to."""
        members = (f"{node.name!r}: {self.value(node, at)}" for node in nodes)
        return f"{{{', '.join(members)}}}"

    def value(self, node: Node, at: str) -> str:
        match node.answer:
            case Typename():
                return repr(node.type.name)
            case Constant(value=value):
                return repr(value)
            case Attribute(name=name):
                return self.object(node.below, f"{at}.{name}") if node.kinds else f"{at}.{name}"
            case Column(attribute=attribute):
                return self._column(node, f"{at}.{attribute}")
            case Inside(attribute=attribute, key=key):
                return f"{at}.{attribute}.get({key!r})"
            case Listed() | Alone():
                return self._page(node, at)
        raise Unplannable(node.path, "it is read from the store")

    def _column(self, node: Node, value: str) -> str:
        if isinstance(node.type, GraphQLEnumType):
            names = {member.value: name for name, member in node.type.values.items()}
            return f"{self.code.constant(names)}[{value}]"
        return value

    def _page(self, node: Node, at: str) -> str:
        members = (f"{each.name!r}: {self._part(node, each, at)}" for each in node.below)
        return f"{{{', '.join(members)}}}"

    def _part(self, page: Node, part: Node, at: str) -> str:
        if isinstance(part.answer, Typename):
            return repr(part.type.name)
        if isinstance(part.answer, PagePart) and part.answer.name in PARTS:
            return self._of_one(part, at) if page.ask is None else self._of_none(page, part)
        raise Unplannable(part.path, "it is read from the store")

    def _of_one(self, part: Node, at: str) -> str:
        written = {"totalCount": "1", "page": "0", "pageSize": "1"}
        return written.get(part.answer.name) or f"[{self.object(part.below, at)}]"

    def _of_none(self, page: Node, part: Node) -> str:
        self.needs_new = True
        assert page.ask is not None
        window = page.ask.window
        size = 1 if window.every else window.limit
        written: Mapping[str, Any] = {
            "items": "[]", "totalCount": 0, "page": window.page, "pageSize": size,
        }  # fmt: skip
        return str(written[part.answer.name])

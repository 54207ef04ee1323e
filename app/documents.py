"""Valid documents that are remembered, and the operations in them."""

from __future__ import annotations

import hashlib
from collections import OrderedDict

from graphql import DocumentNode, FieldNode, OperationDefinitionNode, OperationType

from app.errors import BadInput
from app.figures import OTHER

LONGEST_LABEL = 100  # characters

ASK_FOR_STREAM = (
    "A subscription has many results: accept text/event-stream, or use a WebSocket with the "
    "subprotocol graphql-transport-ws."
)


class NotAQuery(BadInput):
    """An operation with effects where only queries may be sent, such as in a URL."""


class NotOneResult(BadInput):
    """A subscription where one result is asked for."""


class Documents:
    """The valid documents used last, by the hash of their text."""

    def __init__(self, characters: int) -> None:
        self._room = characters
        self._held: OrderedDict[bytes, tuple[int, DocumentNode]] = OrderedDict()

    def get(self, source: str) -> DocumentNode | None:
        key = _key(source)
        if (held := self._held.get(key)) is None:
            return None
        self._held.move_to_end(key)
        return held[1]

    def add(self, source: str, document: DocumentNode) -> None:
        """Keep a document that is not held, in place of as many of the oldest as it needs."""
        self._held[_key(source)] = len(source), document
        self._room -= len(source)
        while self._room < 0:
            _, (size, _) = self._held.popitem(last=False)
            self._room += size


def _key(source: str) -> bytes:
    # A lone surrogate has no UTF-8; a document that holds one is refused, but is looked up first.
    return hashlib.sha256(source.encode("utf-8", "surrogatepass")).digest()


def chosen(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """GraphQL §6.1 GetOperation."""
    operations = [
        node for node in document.definitions if isinstance(node, OperationDefinitionNode)
    ]
    if name is None and len(operations) != 1:
        raise BadInput("operationName: the document has several operations; name one of them.")
    for operation in operations:
        if name is None or (operation.name and operation.name.value == name):
            return operation
    raise BadInput("operationName: the document has no operation of that name.")


def label(operation: OperationDefinitionNode, trusted: str | None) -> str:
    """What a valid operation is counted under: a name that not just any caller can make up.

    Of a document of the name `trusted` that is its own name; of others the field they ask for.
    """
    if trusted is not None:
        return (operation.name.value if operation.name else trusted)[:LONGEST_LABEL]
    asked = operation.selection_set.selections
    only = asked[0] if len(asked) == 1 else None
    return only.name.value if isinstance(only, FieldNode) else OTHER


def check_kind(operation: OperationDefinitionNode, *, queries_only: bool) -> None:
    if operation.operation is OperationType.SUBSCRIPTION:
        raise NotOneResult(ASK_FOR_STREAM)
    if queries_only and operation.operation is not OperationType.QUERY:
        raise NotAQuery("Only queries can be sent with GET; send this operation with POST.")

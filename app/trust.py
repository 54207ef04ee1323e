"""Which documents are executed, and how a request may name one instead of sending its text.

Persisted documents: appendix A of GraphQL over HTTP. Automatic persisted queries: the protocol of
Apollo's clients, `extensions.persistedQuery`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import ClassVar

import structlog

from app.errors import TOKENLESS, BadInput, Code, Unauthenticated
from app.library import PREFIX, Document, digest
from app.parameters import Parameters

OFF, LOG, ENFORCE = "off", "log", "enforce"

#: Documents that are not trusted of which the log tells; each of them once.
MOST_TOLD = 1_000

log = structlog.get_logger()


class DocumentNotFound(BadInput):
    """A `documentId` that is not that of any document here."""

    code: ClassVar[Code] = Code.DOCUMENT_NOT_FOUND


class DocumentNotTrusted(BadInput):
    """A text that is not that of a trusted document, where only those are executed."""

    code: ClassVar[Code] = Code.DOCUMENT_NOT_TRUSTED


class PersistedQueryNotFound(BadInput):
    """A hash whose text has not been sent yet, or was forgotten; clients know this message."""

    code: ClassVar[Code] = Code.PERSISTED_QUERY_NOT_FOUND


class PersistedQueryNotSupported(BadInput):
    """A hash of no trusted document, where no others are executed; clients know this message."""

    code: ClassVar[Code] = Code.PERSISTED_QUERY_NOT_SUPPORTED


class Persisted:
    """The texts that callers persisted last, by their hashes, as far as there is room."""

    def __init__(self, characters: int) -> None:
        self._room = characters
        self._texts: OrderedDict[str, str] = OrderedDict()

    def get(self, hash_: str) -> str | None:
        if hash_ in self._texts:
            self._texts.move_to_end(hash_)
        return self._texts.get(hash_)

    def add(self, hash_: str, text: str) -> None:
        if hash_ in self._texts:
            return
        self._texts[hash_] = text
        self._room -= len(text)
        while self._room < 0:
            self._room += len(self._texts.popitem(last=False)[1])


class Trust:
    """Finds the text that a request is about, and refuses what may not be executed.

    Other texts than those of the trusted `documents` are executed and persisted with `off` and
    `log`, which tells of them, and refused with `enforce`. What callers persist who have not
    proven who they are is found by such callers only, and the other way round.

    Unless the graph is `shown` to them, those callers are given nothing but public documents: all
    else is one refusal, before it is read, which tells nothing of what is in the graph.
    """

    def __init__(
        self,
        mode: str = OFF,
        documents: Iterable[Document] = (),
        characters: int = 250_000,
        *,
        shown: bool = True,
    ) -> None:
        self.shown = shown
        self._mode = mode
        self._trusted: dict[str, Document] = {}
        for document in documents:
            self._trusted.setdefault(document.name, document)
            self._trusted.setdefault(document.id, document)
        self._persisted = {known: Persisted(characters) for known in (False, True)}
        self._told: set[str] = set()

    def source(self, parameters: Parameters, *, known: bool) -> str:
        """The text to be executed for a caller, `known` or anonymous.

        Raises `BadInput` with a code of its own for what is not to be found or not trusted, and
        `Unauthenticated` for what an anonymous caller may not ask. What is the same for all whom
        the graph is shown to is noted in the memo of the parameters, as is the name of a trusted
        document.
        """
        if not (known or self.shown):
            return self._public(parameters)
        if parameters.memo.source is not None:
            return parameters.memo.source
        if parameters.document_id is not None:
            return self._by_id(parameters, parameters.document_id)
        if parameters.query is None:
            return self._by_hash(parameters, known=known)
        return self._by_text(parameters, parameters.query, known=known)

    def _public(self, parameters: Parameters) -> str:
        name = parameters.document_id
        if name is None:
            text = parameters.query
            name = PREFIX + (parameters.sha256 or "" if text is None else digest(text))
        found = self._trusted.get(name)
        if found is None or not found.public:
            raise Unauthenticated(TOKENLESS)
        return _noted(parameters, found)

    def _by_id(self, parameters: Parameters, document_id: str) -> str:
        found = self._trusted.get(document_id)
        if found is None:
            raise DocumentNotFound("documentId: there is no document of that id here.")
        return _noted(parameters, found)

    def _by_hash(self, parameters: Parameters, *, known: bool) -> str:
        assert parameters.sha256 is not None
        if (found := self._trusted.get(PREFIX + parameters.sha256)) is not None:
            return _noted(parameters, found)
        if self._mode == ENFORCE:
            raise PersistedQueryNotSupported("PersistedQueryNotSupported")
        text = self._persisted[known].get(parameters.sha256)
        if text is None:
            raise PersistedQueryNotFound("PersistedQueryNotFound")
        self._tell(parameters.sha256)
        return text

    def _by_text(self, parameters: Parameters, text: str, *, known: bool) -> str:
        found = digest(text)
        if parameters.sha256 not in (None, found):
            raise BadInput("extensions.persistedQuery: sha256Hash is not that of the query.")
        if (document := self._trusted.get(PREFIX + found)) is not None:
            return _noted(parameters, document)
        if self._mode == ENFORCE:
            raise DocumentNotTrusted("query: only trusted documents are executed here.")
        self._tell(found)
        if parameters.sha256 is None:
            parameters.memo.source = text
        else:
            self._persisted[known].add(found, text)
        return text

    def _tell(self, hash_: str) -> None:
        if self._mode != LOG or hash_ in self._told or len(self._told) >= MOST_TOLD:
            return
        self._told.add(hash_)
        last = {"last": True} if len(self._told) == MOST_TOLD else {}
        log.warning("document_not_trusted", document=PREFIX + hash_, **last)


def _noted(parameters: Parameters, document: Document) -> str:
    memo = parameters.memo
    memo.source, memo.trusted = document.text, document.name
    return document.text


def is_known(context: object) -> bool:
    """Whether the caller of a context has proven who they are."""
    return getattr(getattr(context, "viewer", None), "user_id", None) is not None

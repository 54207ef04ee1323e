"""Trusted documents: the operations of the REST API, and the files of the operator."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

#: Appendix A of GraphQL over HTTP: SHA256 Hex Document Identifier.
PREFIX = "sha256:"
#: A custom document identifier, which has no colon.
FIT_NAME = re.compile(r"[A-Za-z0-9._~-]{1,100}")

#: What keeps a document from being executed; nothing at all for a good one.
Judge = Callable[[str], Sequence[str]]


def digest(text: str) -> str:
    """The SHA-256 of a text, in lower-case hexadecimal digits."""
    # A lone surrogate has no UTF-8; a document that holds one is refused, but is looked up first.
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Document:
    """A text that callers may ask for by its name or by its id; all callers, if it is `public`."""

    name: str
    text: str
    public: bool = False

    @property
    def id(self) -> str:
        return PREFIX + digest(self.text)


@dataclass(frozen=True)
class Library:
    """What is trusted, and a sentence for each file that is not."""

    documents: tuple[Document, ...]
    problems: tuple[str, ...] = ()


def collect(
    own: Mapping[str, str],
    folder: Path | None,
    judge: Judge,
    is_public: Callable[[str], bool] = lambda _: False,
) -> Library:
    """Our own documents by their names, and those of a folder by the names of their files.

    The text of a file is trusted with and without the white space at its end, which editors add
    and clients leave out. `is_public` is asked of texts without flaws.
    """
    documents = [Document(name, text, is_public(text)) for name, text in own.items()]
    problems: list[str] = []
    for file in _files(folder, problems):
        flaws, texts = _read(file, own, judge)
        problems += [f"{file}: {flaw}" for flaw in flaws]
        documents += [Document(file.stem, text, is_public(text)) for text in texts]
    return Library(tuple(documents), tuple(problems))


def _files(folder: Path | None, problems: list[str]) -> Iterator[Path]:
    if folder is None:
        return
    if not folder.is_dir():
        problems.append(f"{folder}: there is no such folder.")
        return
    yield from sorted(folder.glob("*.graphql"))


def _read(file: Path, own: Mapping[str, str], judge: Judge) -> tuple[list[str], list[str]]:
    """What is wrong with a file; if nothing is, its texts."""
    if FIT_NAME.fullmatch(file.stem) is None:
        return ["the name may have letters, digits and - . _ ~, up to 100 of them."], []
    if file.stem in own:
        return ["this is the name of a document of the service."], []
    try:
        text = file.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return [f"it cannot be read: {type(error).__name__}."], []
    if flaws := judge(text):
        return list(flaws), []
    return [], list(dict.fromkeys((text.rstrip(), text)))

"""The page of the explorer, and its assets, as they were built; nothing of another host."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

BUILT: Final = Path(__file__).parent / "built"
ASSETS: Final = "/explorer/assets/{name}"

#: Monaco sets styles from scripts: without `'unsafe-inline'` its text is not to be seen.
POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)

#: Headers of the page, which names the assets of one build: so it is asked for each time.
PAGE_HEADERS: Final = (
    (b"cache-control", b"no-cache"),
    (b"content-security-policy", POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"vary", b"accept"),
)

#: Content codings, the smallest first, with the endings of the copies that the build makes.
CODINGS: Final = (("br", ".br"), ("gzip", ".gz"))

MEDIA: Final[Mapping[str, str]] = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
}

#: The name of an asset has its hash in it, so that what it holds never changes.
ASSET_HEADERS: Final = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": POLICY,
    "Vary": "Accept-Encoding",
}

_CONFIGURATION: Final = re.compile(r'(<script type="application/json" id="configuration">)\{\}')

_NOT_BUILT: Final = b"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Meshgraph explorer</title>
<style>
body { margin: 12vh auto; max-width: 36rem; padding: 0 1.5rem }
body { font: 1rem/1.6 system-ui, sans-serif }
code { font-family: ui-monospace, monospace }
</style>
<h1>The explorer is not built</h1>
<p>GraphiQL is built from the sources of the project: run <code>make explorer</code> in its folder,
and load this page again. That needs a package registry of npm, once, and Node.js 20.19 or newer,
which is installed from PyPI where there is none.</p>
<p>GraphQL is answered here all the same: send a POST with
<code>Content-Type: application/json</code> to this address.</p>
</html>
"""


@dataclass(frozen=True)
class Explorer:
    """What was built, in `folder`; the page is told where the other `addresses` are."""

    folder: Path = BUILT
    addresses: Mapping[str, str] = field(default_factory=dict)

    def page(self) -> bytes:
        """The page; until there is a build, one that says so, and what to do."""
        try:
            page = (self.folder / "index.html").read_text("utf-8")
        except FileNotFoundError:
            return _NOT_BUILT
        configuration = json.dumps({"version": version("meshgraph"), **self.addresses})
        # No text may end the element that it is in.
        escaped = configuration.replace("<", r"\u003c")
        return _CONFIGURATION.sub(lambda tag: tag[1] + escaped, page).encode()

    async def asset(self, request: Request) -> Response:
        """A file of the build, compressed if the client takes that."""
        name = request.path_params["name"]
        media = MEDIA.get(Path(name).suffix)
        path = self.folder / "assets" / name
        if media is None or not path.is_file():
            return PlainTextResponse("There is no such file.", 404)
        coding, ending = _coding(request.headers.get("accept-encoding", ""), path)
        headers = {**ASSET_HEADERS, **({"Content-Encoding": coding} if coding else {})}
        return FileResponse(f"{path}{ending}", headers=headers, media_type=media)


def _coding(accepted: str, path: Path) -> tuple[str, str]:
    """The coding to send a file in, and the ending of that copy; nothing for the file itself."""
    parts = (part.partition(";") for part in accepted.lower().split(","))
    taken = {name.strip() for name, _, quality in parts if not re.search(r"q=0(\.0*)?$", quality)}
    for coding, ending in CODINGS:
        if coding in taken and Path(f"{path}{ending}").is_file():
            return coding, ending
    return "", ""

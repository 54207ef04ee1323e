"""The REST API described: an OpenAPI document, and Swagger UI to read it in and to try it.

The files of Swagger UI are those in the package `drf-spectacular-sidecar`, of which nothing is
imported. No request of the page leaves the host.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from app.middleware import header

PACKAGE: Final = "drf-spectacular-sidecar"
FOLDER: Final = "drf_spectacular_sidecar/static/drf_spectacular_sidecar/swagger-ui-dist"
DOCUMENT: Final = "/openapi.json"
PAGE: Final = "/docs"

#: The files of the page, and what they are.
MEDIA: Final[Mapping[str, str]] = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}
POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
FRESH: Final = {"Cache-Control": "no-cache"}
PAGE_HEADERS: Final = {
    **FRESH,
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
}
#: The version is in the address, so that another one has another.
FILE_HEADERS: Final = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Vary": "Accept-Encoding",
}

HTML: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Meshgraph: the REST API</title>
<link rel="icon" href="/docs/favicon-32x32.png?{version}">
<link rel="stylesheet" href="/docs/swagger-ui.css?{version}">
<link rel="stylesheet" href="/docs/page.css">
<script src="/docs/swagger-ui-bundle.js?{version}" defer></script>
<script src="/docs/start.js" defer></script>
</head>
<body>
<main id="page"></main>
<noscript>This page needs JavaScript. The document is <a href="/openapi.json">here</a>.</noscript>
</body>
</html>
"""

MISSING: Final = f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Meshgraph: the REST API</title></head>
<body>
<h1>The page is not installed</h1>
<p>It needs the files of Swagger UI, which are in a package of their own:</p>
<pre>pip install --no-deps {PACKAGE}</pre>
<p>Then start the service again; <code>make install</code> does the same.
The document itself is at <a href="{DOCUMENT}">{DOCUMENT}</a>.</p>
</body>
</html>
"""

#: No validator is asked, as that is somewhere else; a token is gone when the page is closed.
SCRIPT: Final = """\
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const shade = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", shade);
shade();
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#page",
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "none",
  filter: true,
  persistAuthorization: false,
  validatorUrl: null,
});
"""


#: Swagger UI leaves the names of headers dark on dark.
STYLE: Final = """\
body { margin: 0; }
html.dark-mode .swagger-ui .headers td { color: inherit; }
"""

#: The files of the page that are its own.
OWN: Final[Mapping[str, tuple[str, str]]] = {
    "start.js": ("text/javascript", SCRIPT),
    "page.css": ("text/css", STYLE),
}


@dataclass(frozen=True)
class Files:
    """A folder of static files, of a version."""

    folder: Path
    version: str

    @cache  # noqa: B019 - there is one, as long as the process
    def read(self, name: str, *, zipped: bool) -> bytes:
        data = (self.folder / name).read_bytes()
        return gzip.compress(data) if zipped else data


def installed() -> Files | None:
    """The files of Swagger UI, where they are installed."""
    try:
        found = distribution(PACKAGE)
    except PackageNotFoundError:
        return None
    folder = Path(str(found.locate_file(FOLDER)))
    return Files(folder, found.version) if all((folder / name).exists() for name in MEDIA) else None


def routes(document: Callable[[], bytes], files: Files | None) -> list[Route]:
    """The document, made when it is first asked for, and the page with its files."""
    made = cache(document)

    async def described(_: Request) -> Response:
        return Response(
            made(), media_type="application/json", headers={"Cache-Control": "no-cache"}
        )

    async def page(_: Request) -> Response:
        if files is None:
            return HTMLResponse(MISSING, 503, PAGE_HEADERS)
        return HTMLResponse(HTML.replace("{version}", files.version), headers=PAGE_HEADERS)

    async def file(request: Request) -> Response:
        name = request.path_params["name"]
        if name in OWN:
            media, text = OWN[name]
            return Response(text, media_type=media, headers=FRESH)
        if files is None or name not in MEDIA:
            return PlainTextResponse("Not Found", 404)
        zipped = b"gzip" in (header(request.scope, b"accept-encoding") or b"")
        data = await run_in_threadpool(files.read, name, zipped=zipped)
        headers = {**FILE_HEADERS, **({"Content-Encoding": "gzip"} if zipped else {})}
        return Response(data, media_type=MEDIA[name], headers=headers)

    return [
        Route(DOCUMENT, described),
        Route(PAGE, page),
        Route(PAGE + "/{name}", file),
    ]

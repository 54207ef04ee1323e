"""The ledger of REST calls as a page of HTML, from the same list that the graph has."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from html import escape
from typing import Any, Final
from urllib.parse import urlencode

from graphql import DocumentNode, ExecutionResult, GraphQLSchema, parse, validate
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app.errors import Code, Problem
from rest_compat.endpoints import ENDPOINTS
from rest_compat.replying import problem_of

#: As `rest_compat.facade.Execute`.
Execute = Callable[[Request, DocumentNode, str, dict[str, object]], Awaitable[ExecutionResult]]

NAME: Final = "restLedger"
DOCUMENT: Final = """
query restLedger($page: Int, $order: RestCallOrder, $filter: RestCallFilter, $search: String) {
  restCalls(page: $page, pageSize: 50, orderBy: $order, filter: $filter, search: $search) {
    totalCount
    items {
      endpoint
      userId
      user { email }
      client
      calls
      errors
      lastUsedAt
    }
  }
}
"""
PAGE_SIZE: Final = 50
LAST_PAGE: Final = 1_000

#: Heading of a column → the order that a click on it asks for.
COLUMNS: Final[Mapping[str, tuple[str, str] | None]] = {
    "Endpoint": ("ENDPOINT", "ASC"),
    "Caller": None,
    "Client": ("CLIENT", "ASC"),
    "Calls": ("CALLS", "DESC"),
    "Errors": ("ERRORS", "DESC"),
    "Last used": ("LAST_USED_AT", "DESC"),
}
ORDERS: Final = dict(filter(None, COLUMNS.values()))

STATUSES: Final[Mapping[str, int]] = {
    Code.UNAUTHENTICATED: 401,
    Code.FORBIDDEN: 403,
    Code.BAD_USER_INPUT: 400,
    Code.UNAVAILABLE: 503,
}
SIGN_IN: Final = (
    "This page reads the cookie <code>token</code>, as the REST API does, or the header "
    "<code>Authorization: Bearer …</code>. It shows the ledger to those who hold the permission "
    "key “View Events” everywhere, such as an admin: "
    "<code>curl -H “Authorization: Bearer $(meshgraph token EMAIL)” …/rest-ledger</code>."
)

STYLE: Final = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent);
  padding: .35rem .6rem; text-align: left; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
form { display: flex; flex-wrap: wrap; gap: .6rem; margin: 1rem 0; align-items: end; }
label { display: grid; font-size: .85rem; }
"""
_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS: Final = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
}


def ledger_page(
    schema: GraphQLSchema, execute: Execute
) -> Callable[[Request], Awaitable[Response]]:
    """The page; raises ValueError if the schema does not allow its document."""
    document = parse(DOCUMENT)
    if errors := validate(schema, document):
        raise ValueError("\n\n".join(map(str, errors)))

    async def page(request: Request) -> Response:
        asked = _asked(request.query_params)
        try:
            result = await execute(request, document, NAME, _variables(asked))
            if result.errors or result.data is None:
                raise problem_of((result.errors or [])[0])
        except Problem as problem:
            return _refused(problem)
        return _html(200, _table(asked, result.data["restCalls"]))

    return page


def _asked(query: Mapping[str, str]) -> dict[str, str]:
    """The parameters of the page that are given and fit; all others are left out."""
    page = query.get("page", "")
    fit = page.isascii() and page.isdigit() and len(page) <= len(str(LAST_PAGE))
    chosen = {
        "endpoint": query.get("endpoint", ""),
        "search": query.get("search", "").strip(),
        "order": query.get("order", "") if query.get("order") in ORDERS else "",
        "page": page if fit else "",
    }
    return {name: text for name, text in chosen.items() if text}


def _variables(asked: Mapping[str, str]) -> dict[str, object]:
    order = asked.get("order", "LAST_USED_AT")
    return {
        "page": int(asked.get("page", "0")),
        "order": {"field": order, "direction": ORDERS[order]},
        "filter": {"endpoint": [asked["endpoint"]]} if "endpoint" in asked else None,
        "search": asked.get("search"),
    }


def _refused(problem: Problem) -> Response:
    status = STATUSES.get(str(problem.extensions["code"]), 500)
    said = problem.message if status != 500 else "The ledger cannot be shown."  # noqa: PLR2004
    hint = f"<p>{SIGN_IN}</p>" if status in {401, 403} else ""
    return _html(status, f"<p>{escape(said)}</p>{hint}")


def _table(asked: Mapping[str, str], page: Mapping[str, Any]) -> str:
    head = "".join(_heading(asked, *each) for each in COLUMNS.items())
    rows = "".join(_row(each) for each in page["items"])
    body = f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    count = page["totalCount"]
    told = f"<p>{count} row{'' if count == 1 else 's'}. Counts are some seconds behind.</p>"
    return f"{_form(asked)}{told}{body}</div>{_pages(asked, count)}"


def _form(asked: Mapping[str, str]) -> str:
    options = "".join(
        f"<option{' selected' if name == asked.get('endpoint') else ''}>{escape(name)}</option>"
        for name in sorted(each.operation for each in ENDPOINTS)
    )
    search = escape(asked.get("search", ""))
    return (
        '<form method="get"><label>Endpoint <select name="endpoint"><option value="">all</option>'
        f'{options}</select></label><label>Search <input name="search" value="{search}"></label>'
        "<button>Show</button></form>"
    )


def _heading(asked: Mapping[str, str], title: str, order: tuple[str, str] | None) -> str:
    number = ' class="number"' if title in {"Calls", "Errors"} else ""
    if order is None:
        return f"<th{number}>{title}</th>"
    current = ' aria-sort="other"' if asked.get("order", "LAST_USED_AT") == order[0] else ""
    link = _link({**asked, "order": order[0], "page": ""}, title)
    return f"<th{number}{current}>{link}</th>"


def _row(row: Mapping[str, Any]) -> str:
    user = row["user"]["email"] if row["user"] else row["userId"] or "no valid token"
    cells = [
        ("", row["endpoint"]),
        ("", user),
        ("", row["client"] or "not named"),
        (' class="number"', f"{row['calls']:,}"),
        (' class="number"', f"{row['errors']:,}"),
        ("", str(row["lastUsedAt"])[:19].replace("T", " ") + " UTC"),
    ]
    return f"<tr>{''.join(f'<td{kind}>{escape(text)}</td>' for kind, text in cells)}</tr>"


def _pages(asked: Mapping[str, str], count: int) -> str:
    def links() -> Iterator[str]:
        page = int(asked.get("page", "0"))
        if page > 0:
            yield _link({**asked, "page": str(page - 1)}, "Previous page")
        if (page + 1) * PAGE_SIZE < count:
            yield _link({**asked, "page": str(page + 1)}, "Next page")

    return f"<p>{' · '.join(links())}</p>"


def _link(query: Mapping[str, str], text: str) -> str:
    address = urlencode({name: value for name, value in query.items() if value})
    return f'<a href="?{escape(address)}">{text}</a>'


def _html(status: int, body: str) -> Response:
    title = "Who still calls the REST API"
    return HTMLResponse(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body><h1>{title}</h1>{body}</body></html>",
        status,
        HEADERS,
    )

"""Pages, edges and orders: the shapes every list shares."""

from __future__ import annotations

from enum import Enum
from typing import Any, Generic, TypeVar

import strawberry

from resolvers import pages
from resolvers.answers import Alone, Member, PagePart, Part, Tally
from resolvers.context import Context
from resolvers.fields import REQUIRED, computed
from resolvers.listing import Ask, Listing, Window

Item = TypeVar("Item")


def _of_page(part: Part, method: str, description: str) -> Any:
    async def answer(context: Context, page: pages.Page) -> Any:
        return await getattr(page, method)(context)

    return computed(answer, description, answer=PagePart(part))


@strawberry.type(description="Where a page lies in its list (Relay).")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether items follow this page.")
    has_previous_page: bool = strawberry.field(description="Whether items precede this page.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first item.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last item.")


@strawberry.type(description="An item in its place on a page.")
class Edge(Generic[Item]):
    node: Item = strawberry.field(description="The item.")
    cursor: str = strawberry.field(description="Give this as `after` or `before` to page on.")


@strawberry.type(description="One page of a list.")
class Page(Generic[Item]):
    items: list[Item] = _of_page("items", "rows", "The items of this page.")
    edges: list[Edge[Item]] = _of_page("edges", "edges", "The items with their cursors.")
    page_info: PageInfo = _of_page("pageInfo", "info", "Whether there is more before or after.")
    total_count: int = _of_page("totalCount", "total", "How many items all pages have together.")
    page: int = computed(
        lambda _, page: page.ask.window.page,
        "The number of this page, counted from 0 (0 when paging by cursor).",
        answer=PagePart("page"),
    )
    page_size: int = _of_page("pageSize", "size", "How many items a page has at most.")


@strawberry.enum(description="Which end of the order comes first.")
class OrderDirection(Enum):
    ASC = strawberry.enum_value("ASC", description="Smallest, earliest or first letter first.")
    DESC = strawberry.enum_value("DESC", description="Largest, latest or last letter first.")


#: What lists are ordered by, where the name of the column does not say it by itself.
_BY = {
    "CREATED_AT": "when it was created",
    "UPDATED_AT": "when it was last changed",
    "DELETED_AT": "when it was deleted",
    "LAST_LOGIN_TIME": "when the user last signed in",
    "LAST_USED_AT": "when the last call was answered",
    "CALLS": "the number of calls",
    "ERRORS": "the number of errors",
    "DISPLAY_NAME": "its name for people",
    "ROLE_NAME": "name",
    "SUB_TYPE": "subtype",
    "USER_ID": "the name that the identity provider knows the user by",
    "VERSION": "version, as text",
}


def order_input(name: str, listed: Listing) -> Any:
    """The input type that orders a list by one of the columns it declares."""
    words = {key: _BY.get(key) or key.replace("_", " ").lower() for key in listed.order}
    fields = {
        key: strawberry.enum_value(key, description=f"By {text}.") for key, text in words.items()
    }
    members: Any = Enum(f"{name}Field", fields)  # type: ignore[misc]
    choice = strawberry.enum(
        members,
        description=f"What lists of `{name.removesuffix('Order')}` can be ordered by.",
    )
    body = {
        "__annotations__": {"field": choice, "direction": OrderDirection},
        "field": strawberry.field(description="The column."),
        "direction": strawberry.field(
            default=OrderDirection.ASC, description="The direction; ascending when absent."
        ),
    }
    return strawberry.input(
        type(name, (), {**body, "__module__": __name__}),
        description="An order of a list. Equal items are ordered by id, so pages never overlap.",
    )


def member(listed: Listing, description: str) -> Any:
    """The item of that id in the list under a row; null where the list does not hold it."""

    async def answer(context: Context, row: Any, **given: Any) -> Any:
        return await pages.member(context, listed, row.id, given["id"])

    argument = ("id", strawberry.ID, "The id to look up.", REQUIRED)
    return computed(answer, description, argument, answer=Member(listed))


def tally(answer: Tally, description: str) -> Any:
    """How many of all one's items have each value of a column, as a JSON object."""

    async def count(context: Context, _: Any) -> Any:
        return await pages.tally(context, answer)

    return computed(count, description, answer=answer)


def page_of_one(description: str, listed: Listing) -> Any:
    """The row itself, as the page that the REST API answers with."""

    def answer(_: Context, row: Any) -> pages.PageOfOne:
        window = Window(limit=1)
        return pages.PageOfOne(Ask(listed, window=window), row.id, row=row)

    return computed(answer, description, answer=Alone(listed))

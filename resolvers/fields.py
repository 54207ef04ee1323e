"""The ways a field can be answered. Each field of the schema is declared once, by one of these.

What is declared stays on the field, under the key `answer` of its metadata, so that more than
one executor can read it.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import strawberry
from sqlalchemy.orm import InstrumentedAttribute
from strawberry import Info
from strawberry.types import get_object_definition
from strawberry.utils.str_converters import to_camel_case

from app.db.base import Table
from app.permissions import Permission
from resolvers.answers import (
    Access,
    Answer,
    Column,
    Command,
    Computed,
    Constant,
    Inside,
    Listed,
    One,
    Public,
    Related,
    Streamed,
)
from resolvers.context import Context
from resolvers.identifiers import is_id, parse, parse_input
from resolvers.listing import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, NESTED_PAGE_SIZE, Listing
from resolvers.pages import Page, ask
from resolvers.telling import Tells

#: In place of a default: the argument must be given.
REQUIRED = inspect.Parameter.empty
Argument = tuple[str, Any, str]


def admit(context: Context, access: Access | None, organization: UUID | None = None) -> None:
    """Raise `Unauthenticated` or `Forbidden` unless the caller may ask the field."""
    if isinstance(access, Permission):
        context.viewer.require(access, organization)
    elif access is Public.SIGNED_IN:
        context.viewer.identified()


def _field(
    answer: Answer,
    resolve: Callable[..., Any] | None,
    description: str,
    arguments: Any = (),
    make: Callable[..., Any] = strawberry.field,
) -> Any:
    """A Strawberry field that carries its declaration; its type is the class's annotation."""
    metadata = {"answer": answer}
    if resolve is None:
        return strawberry.field(description=description, metadata=metadata)
    kind = inspect.Parameter.KEYWORD_ONLY
    given = [
        inspect.Parameter(
            name, kind, default=default, annotation=Annotated[type_, strawberry.argument(text)]
        )
        for name, type_, text, default in arguments
    ]
    first = [
        inspect.Parameter("root", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Any),
        inspect.Parameter("info", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Info),
    ]
    resolver = _parsing_ids(resolve, arguments) if arguments else resolve
    resolver.__signature__ = inspect.Signature([*first, *given])  # type: ignore[attr-defined]
    return make(resolver=resolver, description=description, metadata=metadata)


def _parsing_ids(resolve: Callable[..., Any], arguments: Any) -> Callable[..., Any]:
    """The resolver, given UUIDs for the ids among its arguments and inside its inputs."""
    ids = {name for name, type_, *_ in arguments if is_id(type_)}

    def values(given: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: parse(value, to_camel_case(name)) if name in ids else parse_input(value)
            for name, value in given.items()
            if value is not strawberry.UNSET
        }

    async def parsed(root: Any, info: Info, **given: Any) -> Any:
        return await resolve(root, info, **values(given))

    async def streaming(root: Any, info: Info, **given: Any) -> AsyncIterator[Any]:
        async with aclosing(resolve(root, info, **values(given))) as rows:
            async for row in rows:
                yield row

    return streaming if inspect.isasyncgenfunction(resolve) else parsed


def column(attribute: InstrumentedAttribute[Any] | str, description: str) -> Any:
    """The value of a column; one that every table has is given by its name."""
    key = attribute if isinstance(attribute, str) else attribute.key

    def resolve(root: Any, info: Info) -> Any:  # noqa: ARG001 - the signature Strawberry calls
        return getattr(root, key)

    return _field(Column(key), resolve, description)


def constant(value: str, description: str) -> Any:
    """The same value for every row."""

    def resolve(root: Any, info: Info) -> Any:  # noqa: ARG001 - the signature Strawberry calls
        return value

    return _field(Constant(value), resolve, description)


def inside(attribute: InstrumentedAttribute[Any], member: str, description: str) -> Any:
    """A member of the JSON object that a column holds; null where it has none of that name."""
    key = attribute.key

    def resolve(root: Any, info: Info) -> Any:  # noqa: ARG001 - the signature Strawberry calls
        return getattr(root, key).get(member)

    return _field(Inside(key, member), resolve, description)


def related(foreign_key: InstrumentedAttribute[Any], table: type[Table], description: str) -> Any:
    """The row that a foreign key points at; null where the viewer may not see it."""
    key = foreign_key.key

    async def resolve(root: Any, info: Info[Context, None]) -> Any:
        target = getattr(root, key)
        return None if target is None else await info.context.loaders.one(table, target)

    return _field(Related(key, table), resolve, description)


def _list_arguments(
    order: Any, filter_: Any, page_size: int, all_rows: int
) -> list[tuple[str, Any, str, Any]]:
    size = f"1 to {MAX_PAGE_SIZE}"
    every = f"Every item on one page, {all_rows} at most; it counts as that many in the limits."
    arguments = [
        ("page", int | None, "Which page, counted from 0."),
        ("page_size", int | None, f"How many items a page has: {size}."),
        ("all", bool | None, every),
        ("first", int | None, f"The first items after `after`: {size}, in place of `pageSize`."),
        ("after", str | None, "Start after this cursor."),
        ("last", int | None, f"The last items before `before`: {size}, in place of `pageSize`."),
        ("before", str | None, "End before this cursor."),
        ("search", str | None, "Text that an item contains, without regard to case."),
        ("order_by", order | None, "The order; the latest change first when absent."),
    ]
    if filter_ is not None:
        arguments.append(("filter", filter_ | None, "Conditions that all must hold."))
    defaults = {"page_size": page_size}
    return [(*each, defaults.get(each[0], strawberry.UNSET)) for each in arguments]


def listing(
    listed: Listing,
    description: str,
    *,
    order: Any,
    filter: Any = None,  # noqa: A002 - the argument's own name
    access: Access | None = None,
    organization: bool = False,
) -> Any:
    """A page of a list. A root field gives its `access`, the field of a row reads under the row.

    With `organization` the list is that of one organization, named by a required argument.
    """
    nested = access is None
    page_size = NESTED_PAGE_SIZE if nested else DEFAULT_PAGE_SIZE
    arguments = _list_arguments(order, filter, page_size, listed.all_rows)
    if organization:
        text = "The organization whose items are asked for."
        arguments.insert(0, ("organization_id", strawberry.ID, text, REQUIRED))

    async def resolve(root: Any, info: Info[Context, None], **given: Any) -> Page:
        within = given.get("organization_id")
        admit(info.context, access, within)
        question = ask(listed, given)
        if within is not None:
            question = replace(question, filters=(*question.filters, ("organization_id", within)))
        return Page(question, root.id if nested else None)

    return _field(Listed(listed, access, organization), resolve, description, arguments)


def one(table: type[Table], description: str, *, access: Access) -> Any:
    """A row by its id; null where there is none that the viewer may see."""
    text = "The id to look up."

    async def resolve(root: Any, info: Info[Context, None], **given: Any) -> Any:  # noqa: ARG001
        admit(info.context, access)
        return await info.context.loaders.one(table, given["id"])

    arguments = [("id", strawberry.ID, text, REQUIRED)]
    return _field(One(table, access), resolve, description, arguments)


def command(
    run: Callable[..., Awaitable[Any]],
    input_: Any,
    payload: Callable[[Any], Any],
    description: str,
    *,
    needs: Access,
    tells: Tells | None = None,
    lone: Callable[..., Any] | None = None,
    prepare: Callable[..., Awaitable[Any]] | None = None,
) -> Any:
    """A mutation: `run` changes the store, `payload` says what the caller gets of its result.

    `tells` makes the event of what was changed; without it `run` writes its own. What takes long
    or reaches out of the store is done by `prepare(context, input)` before, and `run` is given
    what it answers.
    """
    answer = Command(run, payload, needs, tells, lone, prepare)

    async def resolve(root: Any, info: Info[Context, None], **given: Any) -> Any:  # noqa: ARG001
        info.context.writes = True  # from here on, and not only once it has
        if not info.context.viewer.may(answer.key):
            await info.context.settled()  # the key may have been given a moment ago
        admit(info.context, needs)
        prepared = given["input"]
        if prepare is not None:
            make = partial(prepare, info.context, prepared)
            prepared = await info.context.prepared(info.path.key, make)
        return payload(await info.context.write(run, answer.key, prepared, tells))

    text = get_object_definition(input_, strict=True).description
    arguments = [("input", input_, text, REQUIRED)]
    return _field(answer, resolve, description, arguments)


def streamed(
    run: Callable[..., AsyncGenerator[Any, None]],
    description: str,
    *arguments: tuple[str, Any, str, Any],
    access: Access,
) -> Any:
    """A subscription to what `run(context, **arguments)` yields: rows of a table.

    The id of each is noted before it is given, for transports that can resume after it.
    """

    async def resolve(root: Any, info: Info[Context, None], **given: Any) -> Any:  # noqa: ARG001
        context = info.context
        admit(context, access)
        async with aclosing(run(context, **given)) as rows:
            async for row in rows:
                context.last_event_id = str(row.id)
                yield row

    return _field(Streamed(run, access), resolve, description, arguments, strawberry.subscription)


def computed(
    run: Callable[..., Any],
    description: str,
    *arguments: tuple[str, Any, str, Any],
    access: Access | None = None,
    answer: Answer | None = None,
) -> Any:
    """What `run(context, row, **arguments)` answers; it may be a coroutine function.

    `answer` says the same as data, where that can be said.
    """

    async def resolve(root: Any, info: Info[Context, None], **given: Any) -> Any:
        admit(info.context, access)
        found = run(info.context, root, **given)
        return await found if inspect.isawaitable(found) else found

    return _field(answer or Computed(run, access), resolve, description, arguments)

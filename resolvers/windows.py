"""The statements that read a list: a window of it per parent, and how many rows it has."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Select, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from app.db.arrays import any_of
from app.db.base import live
from resolvers.access import Sight, passable, visible
from resolvers.listing import Ask, Criterion, Expression, Listing, Place, matches

#: Ids of parents, or a parameter that stands for them.
Ids = list[UUID] | BindParameter[Any]


def matching(
    ask: Ask, viewer: Sight, statement: Select[*tuple[Any, ...]], parent: Expression | None = None
) -> Select[*tuple[Any, ...]]:
    """Narrow a statement over the list's table to the rows that answer the question.

    They are those of all parents. `parent` is the id of the only one whose rows are wanted, if
    that is known to the statement.
    """
    listing = ask.listing
    alive = live(listing.table)
    if not listing.lasting:
        statement = statement.where(~alive if ask.deleted else alive)
    if listing.mine is not None:
        statement = statement.where(listing.mine(viewer))
    if not listing.everyone:
        statement = statement.where(_shown(listing, viewer, parent))
    if listing.via is not None:
        for table, on in listing.via.joins:
            statement = statement.join(table, and_(on, live(table)))
            statement = statement.where(passable(table, viewer))
        statement = statement.where(*listing.via.where)
    if ask.search is not None:
        statement = statement.where(matches(ask.search, listing.search))
    return statement.where(
        *(listing.filters[name].criterion(value, viewer) for name, value in ask.filters)
    )


def _shown(listing: Listing, viewer: Sight, parent: Expression | None) -> Criterion:
    seen, via = visible(listing.table, viewer), listing.via
    if via is None:
        return seen
    if via.together is not None and viewer.home is not None:
        seen = or_(via.together(viewer.home, viewer), seen)
    return seen if parent is None or via.opens is None else or_(via.opens(parent, viewer), seen)


def _beyond(ask: Ask, place: Place, *, later: bool) -> Criterion:
    key, identity = ask.listing.order[ask.order].expression, ask.listing.table.id
    value, row = place
    if later != ask.descending:
        return or_(key > value, and_(key == value, identity > row))
    return or_(key < value, and_(key == value, identity < row))


def sort_key(ask: Ask) -> Expression:
    return ask.listing.order[ask.order].expression


def sorting(ask: Ask, key: Expression, identity: Expression) -> tuple[Expression, Expression]:
    """The order in which the window is read: from its end, if it is the last of the list."""
    if ask.descending != ask.window.backwards:
        return key.desc(), identity.desc()
    return key.asc(), identity.asc()


def bounded(
    ask: Ask, viewer: Sight, statement: Select[*tuple[Any, ...]], parent: Expression | None = None
) -> Select[*tuple[Any, ...]]:
    """Narrow a statement as `matching` does, and to the places of the question's window."""
    statement = matching(ask, viewer, statement, parent)
    if ask.window.after is not None:
        statement = statement.where(_beyond(ask, ask.window.after, later=True))
    if ask.window.before is not None:
        statement = statement.where(_beyond(ask, ask.window.before, later=False))
    return statement


def page_of(
    ask: Ask, viewer: Sight, parents: Ids | None, only: tuple[str, ...] | None = None
) -> Select[*tuple[Any, ...]]:
    """(row, sort value, parent) of one window per parent, and one row more to tell of a next page.

    Without parents the parent is absent and the window is that of the whole list. With `only`,
    the attributes of that name stand in place of the row.
    """
    listing, key, identity = ask.listing, sort_key(ask), ask.listing.table.id
    sort = sorting(ask, key, identity)
    parent = listing.via.parent if listing.via is not None and parents is not None else None
    columns: list[Expression] = [identity.label("row_id"), key.label("sort_value")]
    if parent is not None:
        number = func.row_number().over(partition_by=parent, order_by=sort)
        columns += [parent.label("parent"), number.label("number")]
    inner = bounded(ask, viewer, select(*columns).select_from(listing.table))
    return _windowed(ask, inner, sort, parent, parents, only=only)


def _windowed(
    ask: Ask,
    inner: Select[*tuple[Any, ...]],
    sort: tuple[Expression, ...],
    parent: InstrumentedAttribute[Any] | None,
    parents: Ids | None,
    *,
    only: tuple[str, ...] | None,
) -> Select[*tuple[Any, ...]]:
    table, window = ask.listing.table, ask.window
    shown = select(*(getattr(table, name) for name in only)) if only is not None else select(table)
    shown = shown.select_from(table)
    if parent is None or parents is None:
        inner = inner.order_by(*sort).limit(window.limit + 1).offset(window.start)
        inner = inner.add_columns(func.row_number().over(order_by=sort).label("number"))
        chosen = inner.subquery()
        rows = shown.add_columns(chosen.c.sort_value).join(chosen, chosen.c.row_id == table.id)
        return rows.order_by(chosen.c.number)
    chosen = inner.where(any_of(parent, parents)).subquery()
    return (
        shown.add_columns(chosen.c.sort_value, chosen.c.parent)
        .join(chosen, chosen.c.row_id == table.id)
        .where(chosen.c.number > window.start)
        .where(chosen.c.number <= window.start + window.limit + 1)
        .order_by(chosen.c.parent, chosen.c.number)
    )


def total_of(ask: Ask, viewer: Sight, parents: Ids | None) -> Select[*tuple[Any, ...]]:
    """(total, parent) of the whole list, per parent or (parent absent) altogether."""
    listing = ask.listing
    if listing.via is None or parents is None:
        return matching(ask, viewer, select(func.count()).select_from(listing.table))
    parent = listing.via.parent
    counted: Select[*tuple[Any, ...]] = select(func.count(), parent.label("parent")).select_from(
        listing.table
    )
    return matching(ask, viewer, counted).where(any_of(parent, parents)).group_by(parent)

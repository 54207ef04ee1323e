"""Objects: the fields of a row, and the rows it points at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from graphql import GraphQLEnumType
from sqlalchemy import Select, SQLColumnExpression, Uuid, bindparam

from app.db.base import Table, live
from resolvers.access import visible
from resolvers.answers import Column, Constant, Inside, Itself, Member, Related
from resolvers.listing import Ask
from resolvers.plan.generated import Code
from resolvers.plan.reading import Node, Typename, Unplannable
from resolvers.plan.scopes import Carrier, Engine, Form, Source, kind_of
from resolvers.sights import AnyViewer
from resolvers.windows import bounded

#: The scalars a kind of value can be: all others need a function to make them.
SCALARS = {
    ("ID", "uuid"),
    ("String", "text"),
    ("DateTime", "time"),
    ("JSON", "json"),
    ("Int", "number"),
}

#: Source of a field's value, of the row at hand.
Write = Callable[["Making", Node, Source, Carrier], str]


@dataclass
class Making:
    """A statement and its function while they are made.

    `spine` is the one list whose items are the rows of the driver, once there is one; `sorting` is
    then the order of the rows.
    """

    engine: Engine
    viewer: AnyViewer
    tables: Mapping[str, type[Table]]
    write: Mapping[type, Write]
    code: Code = field(default_factory=Code)
    spine: Source | None = None
    sorting: tuple[SQLColumnExpression[Any], ...] = ()
    _numbers: Iterator[int] = field(default_factory=count)

    def alias(self) -> str:
        return f"t{next(self._numbers)}"

    def source(self, table: type[Table]) -> Source:
        return Source(self.alias(), table)

    def value(self, node: Node, source: Source, carrier: Carrier) -> str:
        """Source of one field's value; raises `Unplannable`."""
        write = self.write.get(type(node.answer))
        if write is None:
            raise Unplannable(node.path, f"{type(node.answer).__name__} is interpreted here")
        return write(self, node, source, carrier)

    def object(self, nodes: tuple[Node, ...], source: Source, carrier: Carrier) -> str:
        """Source of an object with these fields."""
        members = (f"{node.name!r}: {self.value(node, source, carrier)}" for node in nodes)
        return f"{{{', '.join(members)}}}"


def typename(_making: Making, node: Node, _source: Source, _carrier: Carrier) -> str:
    return repr(node.type.name)


def constant(_making: Making, node: Node, _source: Source, _carrier: Carrier) -> str:
    assert isinstance(node.answer, Constant)
    return repr(node.answer.value)


def column(making: Making, node: Node, source: Source, carrier: Carrier) -> str:
    assert isinstance(node.answer, Column)
    kind, nullable = kind_of(source.table, node.answer.attribute)
    value = carrier.value(carrier.column(source, node.answer.attribute))
    if isinstance(node.type, GraphQLEnumType) and kind == "text" and not nullable:
        names = {member.value: name for name, member in node.type.values.items()}
        return f"{making.code.constant(names)}[{value}]"
    if (node.type.name, kind) not in SCALARS:
        raise Unplannable(node.path, f"a {kind} column is no {node.type.name}")
    return f"known({value})" if node.required and nullable else value


def inside(_making: Making, node: Node, source: Source, carrier: Carrier) -> str:
    assert isinstance(node.answer, Inside)
    member = getattr(source.table, node.answer.attribute)[node.answer.key]
    label = f"i_{node.answer.attribute}_{node.answer.key}".lower()  # it is not quoted everywhere
    found = source.named(label, member)
    return carrier.value(carrier.cell((source.alias, label), found, "json", nullable=True))


def itself(making: Making, node: Node, source: Source, carrier: Carrier) -> str:
    assert isinstance(node.answer, Itself)
    return making.object(node.below, source, carrier)


def related(making: Making, node: Node, source: Source, carrier: Carrier) -> str:
    answer = node.answer
    assert isinstance(answer, Related)
    key = source.column(answer.foreign_key)

    def narrow(rows: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
        seen = visible(answer.table, making.viewer)
        return rows.where(answer.table.id == key, live(answer.table), seen)

    return _pointed_at(making, node, answer.table, narrow, carrier)


def member(making: Making, node: Node, source: Source, carrier: Carrier) -> str:
    answer = node.answer
    assert isinstance(answer, Member)
    table, via, parent = answer.listing.table, answer.listing.via, source.id
    assert via is not None

    def narrow(rows: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
        listed = bounded(Ask(answer.listing), making.viewer, rows)
        return listed.where(via.parent == parent, table.id == bindparam(node.key, type_=Uuid()))

    return _pointed_at(making, node, table, narrow, carrier)


def _pointed_at(
    making: Making,
    node: Node,
    table: type[Table],
    narrow: Callable[[Select[*tuple[Any, ...]]], Select[*tuple[Any, ...]]],
    carrier: Carrier,
) -> str:
    """Another row, or none, as a JSON array in one cell."""
    target, inner = making.source(table), Carrier(carrier.engine, Form.ARRAY)
    place = inner.reserve()
    inner.column(target, "id")
    fields = making.object(node.below, target, inner)
    place(narrow(target.columns()).limit(1).subquery(target.alias))
    function = making.code.function("r, f", [f"return {fields}"])
    number = carrier.read(
        (target.alias,), making.alias(), inner.one_array(), "nested", nullable=False
    )
    value = f"{function}({carrier.value(number)}, f)"
    absent = "known(None)" if node.required else "None"
    return f"({absent} if {carrier.reference(number)} is None else {value})"


WRITE: Mapping[type, Write] = {
    Typename: typename,
    Constant: constant,
    Column: column,
    Inside: inside,
    Itself: itself,
    Related: related,
    Member: member,
}

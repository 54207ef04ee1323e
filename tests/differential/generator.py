"""Valid operations, drawn at random from the schema within the limits of the service."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    Undefined,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_non_null_type,
    parse,
    validate,
)

from app.errors import Problem
from app.guard import check_shape
from app.limits import Limits
from tests.differential.arguments import Place, Values
from tests.differential.executors import Operation

Composite = GraphQLObjectType | GraphQLInterfaceType

#: Columns of the same wide type say little that four of them do not say.
FIELDS_PER_SET = 5
BUDGET = 55
PAGING = ({"page", "pageSize"}, {"first", "after"}, {"last", "before"}, {"all"})
INTERFACES = ("Node", "Stored")


@dataclass
class Slot:
    """A field under its response name, and what its merged selections hold."""

    parent: str
    field: str
    arguments: str
    type: str
    inner: Scope


Scope = dict[str, Slot]


@dataclass
class Draft:
    """One operation while it is drawn."""

    budget: int
    variables: dict[str, Any] = field(default_factory=dict)
    declared: dict[str, tuple[str, str]] = field(default_factory=dict)
    fragments: dict[str, tuple[Composite, str]] = field(default_factory=dict)
    everything: bool = False
    names: int = 0

    def fresh(self, prefix: str) -> str:
        self.names += 1
        return f"{prefix}{self.names}"


class Generator:
    """Draws operations. The same seed, schema and cursors give the same ones."""

    def __init__(
        self,
        schema: GraphQLSchema,
        seed: object,
        cursors: Mapping[str, Sequence[str]],
        limits: Limits | None = None,
    ) -> None:
        self._schema = schema
        self._limits = limits or Limits()
        self._random = Random(str(seed))
        self._values = Values(self._random, cursors)

    def operation(self) -> Operation:
        """One that the schema allows and whose shape is within the limits."""
        while True:
            drawn = self._draw()
            document = parse(drawn.source)
            try:
                check_shape(document, self._limits)
            except Problem:
                continue
            tokens = len(drawn.source) < self._limits.source_length
            if tokens and not validate(self._schema, document):
                return drawn

    def _often(self, share: float) -> bool:
        return self._random.random() < share

    def _draw(self) -> Operation:
        draft = Draft(budget=self._random.randint(6, BUDGET), everything=self._often(0.08))
        root = self._schema.query_type
        assert root is not None
        count = 1 if draft.everything else self._random.choice((1, 1, 1, 2, 3))
        selections = [self._field(draft, root, {}, 0, root.fields) for _ in range(count)]
        if self._often(0.1):
            selections.append("__typename")
        variables = ", ".join(
            f"${name}: {type_}{default}" for name, (type_, default) in draft.declared.items()
        )
        head = f"query Drawn({variables})" if variables else "query Drawn"
        fragments = "".join(
            f"\nfragment {name} on {type_.name} {body}"
            for name, (type_, body) in draft.fragments.items()
        )
        return Operation(f"{head} {{ {' '.join(selections)} }}{fragments}", draft.variables)

    def _set(self, draft: Draft, type_: Composite, scope: Scope, depth: int) -> str:
        """A selection set of that type; `scope` is what it will be merged with."""
        fields = self._open(type_, depth)
        count = max(1, min(self._random.randint(1, FIELDS_PER_SET), draft.budget))
        drawn = [self._selection(draft, type_, scope, depth, fields) for _ in range(count)]
        return f"{{ {' '.join(drawn)} }}"

    def _open(self, type_: Composite, depth: int) -> dict[str, GraphQLField]:
        """The fields that the depth leaves room for: a page needs two levels more."""
        room = 9 - depth
        return {
            name: each
            for name, each in type_.fields.items()
            if is_leaf_type(get_named_type(each.type)) or room >= 3
        }

    def _selection(
        self,
        draft: Draft,
        type_: Composite,
        scope: Scope,
        depth: int,
        fields: Mapping[str, GraphQLField],
    ) -> str:
        draft.budget -= 1
        if self._often(0.08):
            return "__typename" + self._directives(draft)
        if isinstance(type_, GraphQLInterfaceType) and draft.budget > 0 and self._often(0.6):
            return self._inline(draft, type_, scope, depth)
        if draft.budget > 0 and self._often(0.07):
            return self._inline(draft, type_, scope, depth)
        if draft.budget > 0 and self._often(0.06):
            return self._spread(draft, type_, scope, depth)
        return self._field(draft, type_, scope, depth, fields)

    def _condition(self, type_: Composite) -> Composite | None:
        """A type that is that one, one of its interfaces, or one of those that implement it."""
        if isinstance(type_, GraphQLInterfaceType):
            possible = [*self._schema.get_possible_types(type_)]
            named = [each for name in INTERFACES if (each := self._schema.get_type(name))]
            chosen = self._random.choice([*possible, *possible, *named, None])
        else:
            chosen = self._random.choice([type_, None, *type_.interfaces])
        return chosen if isinstance(chosen, Composite) else None

    def _inline(self, draft: Draft, type_: Composite, scope: Scope, depth: int) -> str:
        condition = self._condition(type_)
        on = f" on {condition.name}" if condition is not None else ""
        inner = self._set(draft, condition or type_, scope, depth)
        return f"...{on}{self._directives(draft)} {inner}"

    def _spread(self, draft: Draft, type_: Composite, scope: Scope, depth: int) -> str:
        known = [name for name, (on, _) in draft.fragments.items() if on is type_]
        if known and self._often(0.6):
            return f"...{self._random.choice(known)}{self._directives(draft)}"
        condition = self._condition(type_) or type_
        body = self._set(draft, condition, scope, depth)
        name = draft.fresh("F")
        draft.fragments[name] = condition, body  # only now: a fragment must not reach itself
        return f"...{name}{self._directives(draft)}"

    def _field(
        self,
        draft: Draft,
        parent: Composite,
        scope: Scope,
        depth: int,
        fields: Mapping[str, GraphQLField],
    ) -> str:
        name = self._random.choice(self._weighted(draft, fields))
        found = fields[name]
        mergeable = [each for each, slot in scope.items() if slot.field == name]
        if mergeable and scope[mergeable[0]].parent == parent.name and self._often(0.6):
            key = self._random.choice(mergeable)
            slot = scope[key]
        else:
            key = name if name not in scope and self._often(0.85) else draft.fresh("a")
            arguments = self._arguments(draft, found)
            slot = scope.setdefault(key, Slot(parent.name, name, arguments, str(found.type), {}))
        label = name if key == name else f"{key}: {name}"
        text = f"{label}{slot.arguments}{self._directives(draft)}"
        inner = get_named_type(found.type)
        if isinstance(inner, Composite):
            text += f" {self._set(draft, inner, slot.inner, depth + 1)}"
        return text

    def _weighted(self, draft: Draft, fields: Mapping[str, GraphQLField]) -> list[str]:
        """Rows before counts, and objects only while there is room for them."""
        objects = [
            name for name, each in fields.items() if not is_leaf_type(get_named_type(each.type))
        ]
        leaves = [name for name in fields if name not in objects]
        rows = [name for name in objects if name in {"items", "edges", "node"}]
        if draft.budget <= 0 and leaves:
            return leaves
        if draft.everything and rows:
            return [*rows, *leaves]
        return [*leaves, *objects, *rows * 8]

    def _directives(self, draft: Draft) -> str:
        if not self._often(0.04):
            return ""
        name, usual = self._random.choice((("skip", False), ("include", True)))
        value = usual if self._often(0.7) else not usual
        if self._often(0.5):
            return f" @{name}(if: {json.dumps(value)})"
        return f" @{name}(if: ${self._variable(draft, 'Boolean!', value)})"

    def _arguments(self, draft: Draft, found: GraphQLField) -> str:
        chosen = self._chosen(found, everything=draft.everything)
        order: str | None = None
        drawn: list[str] = []
        for name in sorted(chosen, key=lambda each: each != "orderBy"):
            argument = found.args[name]
            place = Place(get_named_type(found.type).name, order, draft.everything)
            value = self._values.of(name, argument.type, place)
            if name == "orderBy" and value:
                order = value["field"]
            drawn.append(f"{name}: {self._text(draft, value, argument.type)}")
        return f"({', '.join(drawn)})" if drawn else ""

    def _chosen(self, found: GraphQLField, *, everything: bool) -> list[str]:
        required = {name for name, each in found.args.items() if is_non_null_type(each.type)}
        if "page" not in found.args:
            return [n for n in found.args if n in required or self._often(0.5)]
        wanted = set(self._random.choice(PAGING[:3]) if self._often(0.8) else ())
        if everything:
            wanted = {"all"}
        elif self._often(0.03):
            wanted |= set(self._random.choice(PAGING))
        wanted -= {each for each in ("after", "before", "page") if self._often(0.5)}
        wanted |= {each for each in ("search",) if self._often(0.12)}
        wanted |= {each for each in ("orderBy", "filter") if self._often(0.4)}
        return [name for name in found.args if name in wanted or name in required]

    def _text(self, draft: Draft, value: Any, type_: Any) -> str:
        """The value as a literal or, whole or in part, as variables."""
        if self._often(0.2):
            return "$" + self._variable(draft, str(type_), value)
        type_ = get_nullable_type(type_)
        if value is None or isinstance(value, bool | int):
            return json.dumps(value)
        if isinstance(type_, GraphQLEnumType):
            return str(value)
        if isinstance(type_, GraphQLList) and isinstance(value, list):
            return f"[{', '.join(self._text(draft, each, type_.of_type) for each in value)}]"
        if isinstance(type_, GraphQLInputObjectType):
            fields = (
                f"{name}: {self._text(draft, each, type_.fields[name].type)}"
                for name, each in value.items()
            )
            return f"{{{', '.join(fields)}}}"
        return json.dumps(value, ensure_ascii=self._often(0.1))

    def _variable(self, draft: Draft, type_: str, value: Any) -> str:
        """The name of a variable of that value: given, or by default, or (nullable) absent."""
        known = [n for n, (t, _) in draft.declared.items() if t == type_]
        if known and self._often(0.3):
            return self._random.choice(known)
        name = draft.fresh("v")
        default = ""
        if self._often(0.3) and value is not None:
            default = f" = {self._default(type_, value)}"
        declared = type_.removesuffix("!") if default and self._often(0.3) else type_
        draft.declared[name] = declared, default
        absent = (default or not declared.endswith("!")) and self._often(0.3)
        given = Undefined if absent else value
        if given is not Undefined:
            draft.variables[name] = given
        return name

    def _default(self, type_: str, value: Any) -> str:
        """The value as a literal without variables."""
        if isinstance(value, list):
            inner = type_.removesuffix("!").removeprefix("[").removesuffix("]")
            return f"[{', '.join(self._default(inner, each) for each in value)}]"
        named = self._schema.get_type(type_.removesuffix("!"))
        if isinstance(named, GraphQLEnumType):
            return str(value)
        if isinstance(value, dict):
            assert isinstance(named, GraphQLInputObjectType)
            fields = (
                f"{name}: {self._default(str(named.fields[name].type), each)}"
                for name, each in value.items()
            )
            return f"{{{', '.join(fields)}}}"
        return json.dumps(value)

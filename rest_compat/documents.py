"""The operations of the endpoints: parsed, validated, and measured against the schema once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast
from uuid import UUID

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    Node,
    ObjectFieldNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Source,
    Undefined,
    VariableNode,
    Visitor,
    get_named_type,
    get_nullable_type,
    is_non_null_type,
    is_required_input_field,
    parse,
    separate_operations,
    type_from_ast,
    validate,
    value_from_ast,
    visit,
)

from rest_compat.conditions import ETAG

#: The response alias of the field that is the answer.
BODY = "body"
_FOLDER = Path(__file__).parent / "operations"


@dataclass(frozen=True)
class Variable:
    """A variable of an operation; `default` is `Undefined` for one without."""

    name: str
    type: GraphQLInputType
    default: object

    @property
    def required(self) -> bool:
        return is_non_null_type(self.type) and self.default is Undefined


@dataclass(frozen=True)
class Selected:
    """A field of the response, as selected: `name` is its response name.

    `fragment` names the fragment that is all of its selection. The children of a field of an
    abstract type hold those of each concrete type, told apart by `parent`.
    """

    name: str
    field: str
    parent: str
    type: GraphQLOutputType
    fragment: str | None
    children: tuple[Selected, ...]


@dataclass(frozen=True)
class Operation:
    """One named operation. `path` leads from the result to the body; None: there is no body.

    `etag` leads to the version of the row that the body is of, beside the body or in it, of which
    it is no part; None where there is none.

    `arguments` are the names of arguments and of fields of inputs that a variable of another name
    gives, with that name. `sought` are, for each step of `path`, the variable with the id of what
    is looked up there or, if nothing is, on the way.
    """

    name: str
    document: DocumentNode
    variables: tuple[Variable, ...]
    path: tuple[str, ...] | None
    body: tuple[Selected, ...]
    arguments: Mapping[str, str]
    etag: tuple[str, ...] | None = None
    sought: tuple[str | None, ...] = ()

    def least(self) -> dict[str, object]:
        """Values for no variables but those that must be given: any that their types take."""
        return {each.name: _any_value(each.type) for each in self.variables if each.required}


#: A value of each scalar; of those that are not here a text will do.
_VALUES: Mapping[str, object] = {
    "ID": str(UUID(int=0)),
    "Boolean": False,
    "Int": 0,
    "JSON": {},
    "Bytes": b"",
}


def _any_value(type_: GraphQLInputType) -> object:
    kind = get_nullable_type(type_)
    if isinstance(kind, GraphQLList):
        return []
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    if isinstance(kind, GraphQLInputObjectType):
        fields = kind.fields.items()
        return {
            name: _any_value(each.type) for name, each in fields if is_required_input_field(each)
        }
    return _VALUES.get(str(kind), "any")


def sources(folder: Path = _FOLDER) -> DocumentNode:
    """All operation files as one document, so that a fragment may be used from any of them."""
    files = sorted(folder.glob("*.graphql"))
    parsed = [parse(Source(file.read_text("utf-8"), file.name)) for file in files]
    return DocumentNode(definitions=tuple(each for one in parsed for each in one.definitions))


def load(schema: GraphQLSchema, document: DocumentNode | None = None) -> dict[str, Operation]:
    """Every operation by its name; raises ValueError with all that the schema does not allow."""
    whole = document or sources()
    if errors := validate(schema, whole, max_errors=100):
        raise ValueError("\n\n".join(map(str, errors)))
    return {name: _operation(schema, each) for name, each in separate_operations(whole).items()}


def _operation(schema: GraphQLSchema, document: DocumentNode) -> Operation:
    fragments = {
        each.name.value: each
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }
    node = next(each for each in document.definitions if isinstance(each, OperationDefinitionNode))
    root = schema.get_root_type(node.operation)
    assert node.name is not None
    assert root is not None
    fields = tuple(_fields(schema, fragments, root, node.selection_set))
    path = _path(fields, BODY)
    return Operation(
        node.name.value,
        document,
        tuple(_variables(schema, node)),
        path,
        _at(fields, path or ()),
        _arguments(node),
        _path(fields, ETAG),
        _sought(node, path or ()),
    )


def _sought(node: OperationDefinitionNode, path: tuple[str, ...]) -> tuple[str | None, ...]:
    found: list[str | None] = []
    below: SelectionSetNode | None = node.selection_set
    for name in path:
        field = next((each for each in _plain(below) if _response_name(each) == name), None)
        ids = [
            each.value.name.value
            for each in (field.arguments or () if field else ())
            if each.name.value == "id" and isinstance(each.value, VariableNode)
        ]
        found.append(ids[0] if ids else found[-1] if found else None)
        below = field.selection_set if field else None
    return tuple(found)


def _plain(selections: SelectionSetNode | None) -> Iterator[FieldNode]:
    """The fields of a selection that are in no fragment."""
    for each in selections.selections if selections else ():
        if isinstance(each, FieldNode):
            yield each


def _response_name(node: FieldNode) -> str:
    return node.alias.value if node.alias else node.name.value


class _Given(Visitor):
    """Collects the variables that give each argument, and each field of an input."""

    def __init__(self) -> None:
        super().__init__()
        self.variables: dict[str, set[str]] = {}

    def enter(self, node: Node, *_: object) -> None:
        if not isinstance(node, ArgumentNode | ObjectFieldNode):
            return
        if isinstance(node.value, VariableNode):
            self.variables.setdefault(node.name.value, set()).add(node.value.name.value)


def _arguments(node: OperationDefinitionNode) -> dict[str, str]:
    """Without the names that stand for more than one variable."""
    given = _Given()
    visit(node, given)
    return {
        name: variable
        for name, variables in given.variables.items()
        for variable in variables
        if len(variables) == 1 and variable != name
    }


def _variables(schema: GraphQLSchema, node: OperationDefinitionNode) -> Iterator[Variable]:
    for each in node.variable_definitions or ():
        type_ = cast("GraphQLInputType", type_from_ast(schema, each.type))
        default = value_from_ast(each.default_value, type_) if each.default_value else Undefined
        yield Variable(each.variable.name.value, type_, default)


def _fields(
    schema: GraphQLSchema,
    fragments: Mapping[str, FragmentDefinitionNode],
    parent: GraphQLObjectType | GraphQLInterfaceType,
    selections: SelectionSetNode,
) -> Iterator[Selected]:
    """The fields of a selection, those of its fragments in their place."""
    for node in selections.selections:
        if isinstance(node, FieldNode):
            yield _field(schema, fragments, parent, node)
            continue
        assert isinstance(node, FragmentSpreadNode | InlineFragmentNode)
        inner = fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
        condition = inner.type_condition
        on = schema.get_type(condition.name.value) if condition else parent
        assert isinstance(on, GraphQLObjectType | GraphQLInterfaceType)
        yield from _fields(schema, fragments, on, inner.selection_set)


def _field(
    schema: GraphQLSchema,
    fragments: Mapping[str, FragmentDefinitionNode],
    parent: GraphQLObjectType | GraphQLInterfaceType,
    node: FieldNode,
) -> Selected:
    type_ = parent.fields[node.name.value].type
    selected = node.selection_set.selections if node.selection_set else ()
    inner = [each for each in selected if not _is_etag(each)]
    only = inner[0] if len(inner) == 1 else None
    children: tuple[Selected, ...] = ()
    if node.selection_set:
        # A union has no fields of its own: its selection consists of fragments, which name types.
        named = cast("GraphQLObjectType", get_named_type(type_))
        children = tuple(_fields(schema, fragments, named, node.selection_set))
    return Selected(
        _response_name(node),
        node.name.value,
        parent.name,
        type_,
        only.name.value if isinstance(only, FragmentSpreadNode) else None,
        children,
    )


def _is_etag(node: Node) -> bool:
    return isinstance(node, FieldNode) and node.alias is not None and node.alias.value == ETAG


def _path(fields: tuple[Selected, ...], name: str) -> tuple[str, ...] | None:
    """The response names that lead to the outermost field of that name."""
    if any(field.name == name for field in fields):
        return (name,)
    for field in fields:
        if (rest := _path(field.children, name)) is not None:
            return (field.name, *rest)
    return None


def _at(fields: tuple[Selected, ...], path: tuple[str, ...]) -> tuple[Selected, ...]:
    """The selected fields a path leads to: more than one where a union is on the way."""
    if not path:
        return ()
    here = tuple(field for field in fields if field.name == path[0])
    if len(path) == 1:
        return tuple(map(_without_etag, here))
    return _at(tuple(child for field in here for child in field.children), path[1:])


def _without_etag(field: Selected) -> Selected:
    return replace(field, children=tuple(each for each in field.children if each.name != ETAG))

"""What a GraphQL document may look like, judged before it is validated.

Validation of a hostile document can take longer than its execution, so nothing here may cost
more than time linear in the document: each fragment is measured once, whatever spreads it.
Documents may be invalid; what is unknown counts nothing, and validation reports it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from app.input_values import check_literals
from app.limits import Limits, refusal
from app.strict_json import printable

INTROSPECTION = {"__schema", "__type"}  # their depth is bounded by MaxIntrospectionDepthRule

Definition = OperationDefinitionNode | FragmentDefinitionNode
Fragments = Mapping[str, FragmentDefinitionNode]


@dataclass(frozen=True)
class Measure:
    """The size of a selection set with its fragments inlined as often as they are spread."""

    depth: int = 0
    aliases: int = 0
    root_fields: int = 0
    directives: int = 0
    selections: int = 0


NOTHING = Measure()
PER_OPERATION = ("depth", "aliases", "root_fields", "directives", "selections")


def check_shape(document: DocumentNode, limits: Limits) -> None:
    """Raise `LimitExceeded` or `BadInput` for a document that is not worth validating.

    Response names are not counted in a document with cycles: see `has_cycles`.
    """
    check_literals(document)
    definitions = [node for node in document.definitions if isinstance(node, Definition)]
    fragments = fragments_of(document)
    measures = _measure_all(fragments)
    for definition in definitions:
        if isinstance(definition, OperationDefinitionNode):
            _check(_measure_definition(definition, measures), limits, PER_OPERATION)
    roots = list(_roots(definitions, fragments))
    expanded = [_measure_definition(root, measures).selections for root in roots]
    _check(Measure(selections=sum(expanded)), limits, ("selections",))
    for root in roots if not has_cycles(fragments) else ():
        _check_names([root.selection_set], fragments, limits.same_name)


def fragments_of(document: DocumentNode) -> Fragments:
    return {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }


def has_cycles(fragments: Fragments) -> bool:
    """Whether a fragment spreads itself, however indirectly.

    A document with cycles must not be validated by rules that merge selection sets.
    """
    rank = {name: rank for rank, name in enumerate(_callees_first(fragments))}
    return any(
        rank[name] <= rank.get(callee, -1)
        for name, fragment in fragments.items()
        for callee in _spreads(fragment.selection_set)
    )


def _measure_all(fragments: Fragments) -> dict[str, Measure]:
    measures: dict[str, Measure] = {}
    for name in _callees_first(fragments):
        measures[name] = _measure_definition(fragments[name], measures)
    return measures


def _callees_first(fragments: Fragments) -> Iterator[str]:
    """The names, each after those it spreads. A cycle is cut where it closes."""
    seen: set[str] = set()
    for start in fragments:
        path = [(start, _spreads(fragments[start].selection_set))] if start not in seen else []
        seen.add(start)
        while path:
            name, spreads = path[-1]
            unseen = (each for each in spreads if each in fragments and each not in seen)
            callee = next(unseen, None)
            if callee is None:
                path.pop()
                yield name
            else:
                seen.add(callee)
                path.append((callee, _spreads(fragments[callee].selection_set)))


def _spreads(selection_set: SelectionSetNode) -> Iterator[str]:
    for selection in selection_set.selections:
        if isinstance(selection, FragmentSpreadNode):
            yield selection.name.value
        elif (nested := _nested(selection)) is not None:
            yield from _spreads(nested)


def _nested(selection: SelectionNode) -> SelectionSetNode | None:
    return getattr(selection, "selection_set", None)


def _measure_definition(definition: Definition, measures: Mapping[str, Measure]) -> Measure:
    variables = definition.variable_definitions or ()
    own = len(definition.directives or ()) + sum(len(each.directives or ()) for each in variables)
    return _sum([Measure(directives=own), _measure(definition.selection_set, measures)])


def _measure(selection_set: SelectionSetNode, measures: Mapping[str, Measure]) -> Measure:
    return _sum([_measure_one(each, measures) for each in selection_set.selections])


def _measure_one(selection: SelectionNode, measures: Mapping[str, Measure]) -> Measure:
    """A selection; `depth` and `root_fields` are counted from the set it stands in."""
    own = len(selection.directives or ())
    if isinstance(selection, FragmentSpreadNode):
        spread = measures.get(selection.name.value, NOTHING)
        return _sum([Measure(directives=own, selections=1), spread])
    nested = _nested(selection)
    inner = NOTHING if nested is None else _measure(nested, measures)
    if isinstance(selection, InlineFragmentNode):
        return _sum([Measure(directives=own, selections=1), inner])
    assert isinstance(selection, FieldNode)
    return Measure(
        depth=1 if selection.name.value in INTROSPECTION else inner.depth + 1,
        aliases=inner.aliases + (selection.alias is not None),
        root_fields=1,
        directives=inner.directives + own,
        selections=inner.selections + 1,
    )


def _sum(parts: Iterable[Measure]) -> Measure:
    depth = aliases = root_fields = directives = selections = 0
    for part in parts:
        depth = max(depth, part.depth)
        aliases += part.aliases
        root_fields += part.root_fields
        directives += part.directives
        selections += part.selections
    return Measure(depth, aliases, root_fields, directives, selections)


def _check(measure: Measure, limits: Limits, names: tuple[str, ...]) -> None:
    for name in names:
        found, allowed = getattr(measure, name), getattr(limits, name)
        if found > allowed:
            raise refusal(name, allowed, found)


def _roots(definitions: list[Definition], fragments: Fragments) -> Iterator[Definition]:
    """The operations, and the fragments none of them reaches: validation reads those too."""
    reached: set[int] = set()
    operations_first = sorted(definitions, key=lambda node: node.kind != "operation_definition")
    for definition in operations_first:
        if id(definition) in reached:
            continue
        yield definition
        waiting: list[Definition] = [definition]
        while waiting:
            for name in _spreads(waiting.pop().selection_set):
                fragment = fragments.get(name)
                if fragment is not None and id(fragment) not in reached:
                    reached.add(id(fragment))
                    waiting.append(fragment)


def _check_names(sets: list[SelectionSetNode], fragments: Fragments, allowed: int) -> None:
    """Refuse a response name selected too often in one place, counting merged selection sets.

    OverlappingFieldsCanBeMerged compares every two such fields, also those that meet only
    because the fields around them are merged.
    """
    groups = merged(((None, each) for each in sets), fragments)
    for name, fields in groups.items():
        if len(fields) > allowed:
            raise refusal("same_name", allowed, len(fields), printable(name))
        nested = [field.selection_set for _, field in fields if field.selection_set is not None]
        if nested:
            _check_names(nested, fragments, allowed)


Typed = tuple[str | None, SelectionSetNode]


def merged(
    sets: Iterable[Typed], fragments: Fragments
) -> dict[str, list[tuple[str | None, FieldNode]]]:
    """The fields by response name, each with the name of the type condition around it, if any.

    GraphQL §6.3.2 CollectFields, without looking at `@skip` and `@include`.
    """
    groups: dict[str, list[tuple[str | None, FieldNode]]] = defaultdict(list)
    spread: set[str] = set()
    waiting = list(sets)
    while waiting:
        condition, selection_set = waiting.pop()
        for selection in selection_set.selections:
            if isinstance(selection, FieldNode):
                name = selection.alias or selection.name
                groups[name.value].append((condition, selection))
            elif isinstance(selection, InlineFragmentNode):
                inner = selection.type_condition
                waiting.append((inner.name.value if inner else condition, selection.selection_set))
            elif isinstance(selection, FragmentSpreadNode):
                fragment = fragments.get(selection.name.value)
                if fragment is not None and selection.name.value not in spread:
                    spread.add(selection.name.value)
                    waiting.append((fragment.type_condition.name.value, fragment.selection_set))
    return groups

"""What executes operations, what they pass before, and the documents that are trusted."""

from __future__ import annotations

from graphql import GraphQLObjectType, print_ast, separate_operations
from strawberry.types import get_object_definition
from strawberry.utils.str_converters import to_camel_case

from app.admission import Admission, Rooms
from app.budgets import Budget, Budgets
from app.db.engine import Store
from app.enforcement import Mode
from app.entrance import Entrance
from app.library import Library, collect
from app.limits import Limits
from app.operations import Operations
from app.page_cost import ALL_ROWS
from app.settings import Settings, SettingsError
from app.tracing import Tracing
from app.trust import Trust
from resolvers.answers import Command, Listed
from resolvers.executor import ColumnExecutor
from resolvers.leaves import DEFINITION
from resolvers.plan.planner import Planner
from rest_compat.documents import sources
from schema import schema


def operations_of(
    settings: Settings, store: Store | None = None, traces: Tracing | None = None
) -> Operations:
    """What executes operations; without a store only for looking at documents."""
    _note_sizes()
    if store is not None and traces is not None:
        traces.watch(store)
    make = Operations if traces is None else traces.operations
    return make(
        schema._schema,  # noqa: SLF001 - Strawberry offers the graphql-core schema in no other way
        _limits(settings),
        compiler=Planner(schema, store.dialect) if store else None,
        introspection=settings.introspection,
        suggestions=settings.field_suggestions,
        executor=ColumnExecutor,
        lasting=_lasting(),
        entrance=_entrance(settings),
    )


def _limits(settings: Settings) -> Limits:
    return Limits(
        body_bytes=settings.max_body_bytes,
        source_length=settings.max_source_length,
        tokens=settings.max_tokens,
        depth=settings.max_depth,
        aliases=settings.max_aliases,
        root_fields=settings.max_root_fields,
        directives=settings.max_directives,
        nodes=settings.max_nodes,
        cost=settings.max_cost,
        query_seconds=settings.query_timeout,
        mutation_seconds=settings.mutation_timeout,
        upload_bytes=settings.max_upload_bytes,
        lasting_seconds=settings.import_timeout,
    )


def _note_sizes() -> None:
    """Tell of each list, where prices are made, how many rows it has when all are asked for."""
    for type_ in schema._schema.type_map.values():  # noqa: SLF001
        for field in type_.fields.values() if isinstance(type_, GraphQLObjectType) else ():
            declared = field.extensions.get(DEFINITION)
            if isinstance(answer := declared and declared.metadata.get("answer"), Listed):
                field.extensions[ALL_ROWS] = answer.listing.all_rows


def _lasting() -> frozenset[str]:
    """The mutations that wait for the world outside before they change anything."""
    assert schema.mutation is not None
    fields = get_object_definition(schema.mutation, strict=True).fields
    answers = {field: field.metadata.get("answer") for field in fields}
    return frozenset(
        to_camel_case(field.python_name)
        for field, answer in answers.items()
        if isinstance(answer, Command) and answer.prepare is not None
    )


def _entrance(settings: Settings) -> Entrance:
    rooms = Rooms(settings.max_reads, settings.max_writes, settings.max_per_caller)
    budget = Budget(settings.budget_size, settings.budget_restored)
    admission, mode = Mode(settings.admission), Mode(settings.budget)
    return Entrance(
        None if admission is Mode.OFF else Admission(rooms, admission),
        None if mode is Mode.OFF else Budgets(budget, mode),
    )


def library(settings: Settings) -> Library:
    """The documents that are trusted, and what is wrong with those that are not."""
    own = separate_operations(sources())
    texts = {name: print_ast(document) for name, document in own.items()}
    return collect(texts, settings.documents_dir, operations_of(settings).examination.flaws)


def trust_of(settings: Settings) -> Trust:
    found = library(settings)
    if found.problems:
        raise SettingsError(*found.problems)
    return Trust(settings.trusted_documents, found.documents)

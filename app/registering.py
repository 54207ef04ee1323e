"""Packages of the registry, written into the store: twice is once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import registry as tables
from app.db.arrays import any_of
from app.db.base import Table, live, now
from app.importing.designs import Kind, Known
from app.registry import definitions as defined

INSERT: Mapping[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
Values = dict[str, Any]


@dataclass(frozen=True)
class Registered:
    """The model's id, and how many components have another definition from now on."""

    model_id: UUID
    replaced: int


async def register(session: AsyncSession, package: defined.Package) -> Registered:
    """Store a package. What is stored already stays untouched.

    A component that the package defines anew, by the same kind and API version, takes the place
    of the one there was. The transaction is the caller's: all of a package, or nothing.
    """
    model_id = defined.model_id(package.model)
    rows = _rows(model_id, package)
    for table, values in rows.items():
        await _keep(session, table, values)
    return Registered(model_id, await _supersede(session, model_id, rows[tables.Component]))


def _rows(model_id: UUID, package: defined.Package) -> dict[type[Table], list[Values]]:
    """The rows of each table, those that are pointed at first."""
    model = package.model
    return {
        tables.Registrant: [
            {
                "id": defined.registrant_id(model.registrant),
                "name": model.registrant.name,
                "kind": model.registrant.kind,
            }
        ],
        tables.Category: [{"id": defined.category_id(model.category), "name": model.category.name}],
        tables.Model: [_model(model_id, model)],
        tables.Component: list(_each(model_id, package.components, _component)),
        tables.Relationship: list(_each(model_id, package.relationships, _relationship)),
        tables.Policy: list(_each(model_id, package.policies, _policy)),
    }


def known_of(package: defined.Package) -> dict[Kind, Known]:
    """What designs take of the components of a package, as they do once it is registered."""
    row = _model(defined.model_id(package.model), package.model)
    model = carried(row["id"], package.model.definition)
    return {
        (each.kind, each.version): Known(_component(row["id"], each)["definition"], model)
        for each in package.components
    }


def carried(model_id: UUID, definition: Mapping[str, Any]) -> dict[str, Any]:
    """The model as the components of a design carry it: without its drawings, which are large."""
    kept = {key: value for key, value in definition.items() if key != "metadata"}
    return {**kept, "id": str(model_id)}


def _model(model_id: UUID, model: defined.Model) -> Values:
    return {
        "id": model_id,
        "registrant_id": defined.registrant_id(model.registrant),
        "category_id": defined.category_id(model.category),
        "name": model.name,
        "display_name": model.display_name or model.name,
        "version": model.version,
        "sub_category": model.sub_category,
        **_entity(model),
    }


def _entity(entity: defined.Entity) -> Values:
    return {
        "description": entity.description,
        "schema_version": entity.schema_version,
        "status": entity.status,
        "definition": entity.definition,
    }


def _each(model_id: UUID, entities: Iterable[Any], values: Any) -> Iterator[Values]:
    """The rows of the entities in the order of their ids, in which two writers cannot deadlock."""
    rows = {row["id"]: row for row in (values(model_id, entity) for entity in entities)}
    for row_id in sorted(rows):
        yield {"model_id": model_id, **rows[row_id]}


def _component(model_id: UUID, component: defined.Component) -> Values:
    definition = dict(component.definition)
    if isinstance(inner := definition.get("component"), dict):
        definition["component"] = {key: inner[key] for key in inner if key != "schema"}
    return {
        "id": defined.component_id(model_id, component),
        "kind": component.kind,
        "version": component.version,
        "display_name": component.display_name or component.kind,
        "schema": component.schema,
        **_entity(component),
        "definition": definition,
    }


def _relationship(model_id: UUID, relationship: defined.Relationship) -> Values:
    return {
        "id": defined.relationship_id(model_id, relationship),
        "kind": relationship.kind,
        "type": relationship.type,
        "sub_type": relationship.sub_type,
        **_entity(relationship),
    }


def _policy(model_id: UUID, policy: defined.Policy) -> Values:
    values = _entity(policy)
    del values["description"]
    return {
        "id": defined.policy_id(model_id, policy),
        "kind": policy.kind,
        "sub_type": policy.sub_type,
        **values,
    }


async def _keep(session: AsyncSession, table: type[Table], rows: list[Values]) -> None:
    """Insert the rows that are missing, and bring back those that were deleted."""
    if not rows:
        return
    insert = INSERT[session.get_bind().dialect.name]
    statement = insert(table).on_conflict_do_update(
        index_elements=["id"],
        set_={"deleted_at": None, "updated_at": now()},
        where=table.deleted_at.is_not(None),
    )
    await session.execute(statement, rows)


async def _supersede(session: AsyncSession, model_id: UUID, rows: list[Values]) -> int:
    component = tables.Component
    given = {(row["kind"], row["version"]) for row in rows}
    kept = {row["id"] for row in rows}
    found = await session.execute(
        select(component.id, component.kind, component.version).where(
            component.model_id == model_id, live(component)
        )
    )
    old = [each.id for each in found if each.id not in kept and (each.kind, each.version) in given]
    if old:
        await session.execute(
            update(component).where(any_of(component.id, old)).values(deleted_at=now())
        )
    return len(old)

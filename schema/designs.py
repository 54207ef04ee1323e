"""Designs in the graph: the type, its list, and how they come in and go out."""

from __future__ import annotations

import strawberry
from strawberry.scalars import JSON

from app.db import designs as tables
from app.db.users import User as UserRow
from app.permissions import Permission
from resolvers import designs as resolve
from resolvers.fields import column, command, computed, listing, one, related
from schema.listing import DesignFilter, DesignOrder
from schema.nodes import Stored, expected_version, row_of, version
from schema.organizations import DeletedPayload
from schema.paging import Page
from schema.scalars import Bytes
from schema.users import User

_Design = tables.Design


@strawberry.type(description="A design: which components a system has, configured and related.")
class Design(Stored):
    is_type_of = row_of(_Design)

    version: int = version()
    name: str = column(_Design.name, "Its name, 1 to 255 characters.")
    type: str = column(
        _Design.type,
        "What it was imported as: `meshery-design`, `k8s-manifest`, `helm-chart`, "
        "`docker-compose` or `k8s-kustomize`.",
    )
    visibility: str = column(_Design.visibility, "Who may see it: `private` is you alone.")
    owner_id: strawberry.ID = column(_Design.user_id, "The id of its owner.")
    owner: User | None = related(_Design.user_id, UserRow, "Its owner.")
    components_count: int = column(_Design.components_count, "How many components it has.")
    pattern_file: str = column(
        _Design.pattern_file, "The Meshery design as JSON text: export it by asking for this."
    )
    design: JSON = computed(lambda _, row: resolve.as_value(row), "The Meshery design as a value.")
    yaml: str = computed(resolve.as_yaml, "The Meshery design as YAML.")
    source: Bytes | None = computed(
        resolve.source_of, "The file it was imported from, byte for byte, in base64."
    )
    source_name: str = column(_Design.source_name, "The name of that file.")
    source_url: str | None = column(
        _Design.source_url,
        "The address it came from, if any, without its query: a token may be in that.",
    )
    unmatched: JSON = column(
        _Design.unmatched,
        "The objects whose kind the registry did not know: a list of `{kind, apiVersion, name}`. "
        "They are components of a generic model.",
    )


@strawberry.input(description="A design to bring in: a file with its name, or an address.")
class ImportDesignInput:
    file: Bytes | None = strawberry.field(
        default=None,
        description="A Kubernetes manifest, Helm chart, Compose file, Kustomize archive or "
        "Meshery design.",
    )
    file_name: str | None = strawberry.field(
        default=None, description="The name of the file: its extension says how to open it."
    )
    url: str | None = strawberry.field(
        default=None, description="The address of such a file, on the public internet."
    )
    name: str | None = strawberry.field(
        default=None, description="What to call the design; the name it has itself when absent."
    )


@strawberry.input(description="Which design to delete.")
class DeleteDesignInput:
    design_id: strawberry.ID = strawberry.field(description="Which design.")
    expected_version: int | None = expected_version()


@strawberry.type(description="The imported design.")
class ImportDesignPayload:
    design: Design = strawberry.field(description="The design.")
    message: str = strawberry.field(description="What was imported, in a sentence.")
    warnings: list[str] = strawberry.field(
        description="What was read otherwise than its author may think."
    )


@strawberry.type
class DesignQuery:
    design: Design | None = one(_Design, "A design of yours.", access=Permission.VIEW_DESIGNS)
    designs: Page[Design] = listing(
        resolve.DESIGNS,
        "Your designs.",
        order=DesignOrder,
        filter=DesignFilter,
        access=Permission.VIEW_DESIGNS,
    )


@strawberry.type
class DesignMutation:
    import_design: ImportDesignPayload = command(
        resolve.create,
        ImportDesignInput,
        lambda stored: ImportDesignPayload(
            design=stored.row, message=stored.message, warnings=list(stored.warnings)
        ),
        "Bring a design in, from a file or from an address. Larger files go through a multipart "
        "request.",
        needs=Permission.IMPORT_DESIGN,
        prepare=resolve.prepare,
    )
    delete_design: DeletedPayload = command(
        resolve.remove,
        DeleteDesignInput,
        lambda row: DeletedPayload(deleted_id=row.id),
        "Delete a design of yours.",
        needs=Permission.DELETE_DESIGN,
    )

"""Registrations in the graph: how packages come into the registry."""

from __future__ import annotations

from enum import Enum
from typing import Any

import strawberry

from app.permissions import Permission
from app.registry.definitions import Package, model_id
from app.registry.summary import Trouble
from resolvers import registrations as resolve
from resolvers.fields import command
from schema.registry import Model
from schema.scalars import Bytes


@strawberry.enum(description="How a package comes in.")
class UploadType(Enum):
    FILE = strawberry.enum_value("file", description="A file: `fileName` and `modelFile`.")
    URL_IMPORT = strawberry.enum_value("urlImport", description="A file at an address: `url`.")
    CSV = strawberry.enum_value(
        "csv", description="Three sheets: `modelCsv`, `componentCsv` and `relationshipCsv`."
    )
    URL = strawberry.enum_value(
        "url",
        description="Made of the custom resource definitions of a project: `model` and `url`.",
    )


def _text(description: str) -> str | None:
    text: str | None = strawberry.field(default=None, description=description)
    return text


def _bytes(description: str) -> Bytes | None:
    content: Bytes | None = strawberry.field(default=None, description=description)
    return content


@strawberry.input(description="What a model is like that is made of a project's definitions.")
class ModelSourceInput:
    model: str = strawberry.field(description="Its name, which becomes lower case.")
    model_display_name: str | None = _text("Its name for people; made of its name when absent.")
    registrant: str | None = _text("Where the project is: `github` (when absent) or `artifacthub`.")
    category: str | None = _text("Its category; `Uncategorized` when absent.")
    sub_category: str | None = _text("The part of its category; `Uncategorized` when absent.")
    shape: str | None = _text("The shape its components are drawn in; `Circle` when absent.")
    primary_color: str | None = _text("The colour they are drawn in, such as `#00B39F`.")
    secondary_color: str | None = _text("The colour beside it.")
    svg_color: str | None = _text("Its icon, as SVG without scripts.")
    svg_white: str | None = _text("Its icon in white.")
    svg_complete: str | None = _text("Its icon with all details.")
    is_annotation: bool | None = strawberry.field(
        default=None, description="Whether its components only decorate designs."
    )
    publish_to_registry: bool | None = strawberry.field(
        default=None, description="False (when absent) leaves the model out of the registry."
    )


@strawberry.input(description="A package, by the members that its method of upload requires.")
class ImportBody:
    file_name: str | None = _text("The name of the file.")
    model_file: Bytes | None = _bytes(
        "A package of a model: tar, tar.gz, tgz, zip, OCI image, or one JSON or YAML file."
    )
    url: str | None = _text(
        "The address of such a file; for a model made of a project "
        "`git://github.com/<owner>/<repository>[/<branch>/<path>]`, an address on Artifact Hub, or "
        "that of a chart or manifest."
    )
    model_csv: Bytes | None = _bytes("The sheet of models.")
    component_csv: Bytes | None = _bytes("The sheet of components.")
    relationship_csv: Bytes | None = _bytes("The sheet of relationships.")
    model: ModelSourceInput | None = strawberry.field(
        default=None, description="What the model is like that is to be made."
    )


@strawberry.input(description="What to register.")
class RegisterModelsInput:
    upload_type: UploadType = strawberry.field(description="How the package comes in.")
    register: bool = strawberry.field(
        default=True, description="False for a dry run: all is read, and nothing stored."
    )
    import_body: ImportBody = strawberry.field(description="The package.")


@strawberry.type(description="A component of a registered package.")
class RegisteredComponent:
    kind: str = strawberry.field(description="Its kind.")
    version: str = strawberry.field(description="Its API version.")
    display_name: str = strawberry.field(description="Its name for people.")


@strawberry.type(description="A relationship of a registered package.")
class RegisteredRelationship:
    kind: str = strawberry.field(description="Its kind.")
    type: str = strawberry.field(description="Its type.")
    sub_type: str = strawberry.field(description="Its subtype.")


@strawberry.type(description="A model that was registered, or would be, and what came with it.")
class RegisteredModel:
    model: Model | None = strawberry.field(description="The model; null after a dry run.")
    name: str = strawberry.field(description="Its name.")
    version: str = strawberry.field(description="Its version.")
    components: list[RegisteredComponent] = strawberry.field(description="Its components.")
    relationships: list[RegisteredRelationship] = strawberry.field(description="Its relationships.")


@strawberry.type(description="What could not be registered, for one reason.")
class RegistrationProblem:
    text: str = strawberry.field(description="The reason.")
    names: list[str] = strawberry.field(description="Files or entities, in pairs with `entities`.")
    entities: list[str] = strawberry.field(
        description="What each was: `model`, `component`, `relationship`, `policy`, `connection` "
        "or `unknown`."
    )


@strawberry.type(description="What came of a registration.")
class RegisterModelsPayload:
    message: str = strawberry.field(description="What was registered and what not, in a sentence.")
    severity: str = strawberry.field(description="`success`, `warning` or `error`.")
    models_count: int = strawberry.field(description="How many models were registered.")
    components_count: int = strawberry.field(description="How many components.")
    relationships_count: int = strawberry.field(description="How many relationships.")
    models: list[RegisteredModel] = strawberry.field(description="The models one by one.")
    empty_models: list[str] = strawberry.field(
        description="Models that had nothing to register, and were left out."
    )
    problems: list[RegistrationProblem] = strawberry.field(description="What was refused.")


def _registered(package: Package, row: Any) -> RegisteredModel:
    return RegisteredModel(
        model=row,
        name=package.model.name,
        version=package.model.version,
        components=[
            RegisteredComponent(
                kind=each.kind, version=each.version, display_name=each.display_name
            )
            for each in package.components
        ],
        relationships=[
            RegisteredRelationship(kind=each.kind, type=each.type, sub_type=each.sub_type)
            for each in package.relationships
        ],
    )


def _problem(trouble: Trouble) -> RegistrationProblem:
    return RegistrationProblem(
        text=trouble.text, names=list(trouble.names), entities=list(trouble.entities)
    )


def _payload(done: resolve.Registration) -> RegisterModelsPayload:
    summary = done.summary
    return RegisterModelsPayload(
        message=done.message,
        severity=summary.severity,
        models_count=summary.models,
        components_count=summary.components,
        relationships_count=summary.relationships,
        models=[
            _registered(each, done.rows.get(model_id(each.model))) for each in summary.packages
        ],
        empty_models=[each.name for each in summary.empty],
        problems=[_problem(each) for each in summary.troubles],
    )


@strawberry.type
class RegistrationMutation:
    register_models: RegisterModelsPayload = command(
        resolve.register,
        RegisterModelsInput,
        _payload,
        "Register models in the registry that everybody sees. What is registered already stays as "
        "it is.",
        needs=Permission.REGISTER_RESOURCE,
        prepare=resolve.prepare,
    )

"""The commands that bring content in: `meshgraph import` and `meshgraph register`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.progress import Progress

from app.assembly.holdings import open_outside
from app.away import Here
from app.cli_options import DatabaseUrl
from app.db.engine import Store
from app.importing.archives import pack_tgz
from app.importing.content import ARCHIVES
from app.permissions import Permission
from app.preparing import open_vault, user_of
from app.settings import Settings, SettingsError, settings_with
from resolvers import designs, registrations
from resolvers.context import Context
from resolvers.grants import load_viewer
from schema.designs import ImportDesignInput
from schema.registrations import ImportBody, RegisterModelsInput, UploadType
from schema.scalars import Bytes

Result = TypeVar("Result")

#: The file that makes a folder a package.
MODEL_FILES = ("model.json", "model.yaml", "model.yml")
WEB = ("http://", "https://")

User = Annotated[
    str, typer.Option("--user", envvar="MESHGRAPH_USER", help="The address of who brings it in.")
]


def import_design(
    source: Annotated[str, typer.Argument(help="A file, or the address of one.")],
    user: User,
    name: Annotated[str | None, typer.Option(help="What to call the design.")] = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Import a design: a manifest, chart, Compose file, Kustomize archive or Meshery design."""
    given = ImportDesignInput(name=name)
    if source.startswith(WEB):
        given.url = source
    else:
        path = Path(source)
        given.file, given.file_name = Bytes(path.read_bytes()), path.name

    async def work(context: Context, progress: Progress) -> designs.Stored:
        step = progress.add_task("Reading", total=2)
        prepared = await designs.prepare(context, given)
        progress.update(step, advance=1, description="Storing")
        stored = await context.write(designs.create, Permission.IMPORT_DESIGN, prepared)
        progress.update(step, advance=1)
        return stored

    stored = _run(database_url, user, Permission.IMPORT_DESIGN, work)
    typer.echo(stored.message)
    for warning in stored.warnings:
        typer.echo(f"warning: {warning}", err=True)
    for each in stored.row.unmatched:
        text = f"warning: no model defines {each['kind']} of {each['apiVersion']} ({each['name']})"
        typer.echo(text, err=True)


def register_models(
    source: Annotated[str, typer.Argument(help="A package, its address, or a folder of them.")],
    user: User,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read all, store nothing.")] = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Register models: a package, or every package in a folder."""
    packages = [_by_address(source)] if source.startswith(WEB) else list(_in(Path(source)))

    async def work(context: Context, progress: Progress) -> list[str]:
        step = progress.add_task("Registering", total=len(packages))
        messages = []
        for given in packages:
            given.register = not dry_run
            label = given.import_body.file_name or given.import_body.url or ""
            progress.update(step, description=label[-40:])
            prepared = await registrations.prepare(context, given)
            done = await context.write(
                registrations.register, Permission.REGISTER_RESOURCE, prepared
            )
            messages.append(done.message)
            progress.update(step, advance=1)
        return messages

    for message in _run(database_url, user, Permission.REGISTER_RESOURCE, work):
        typer.echo(message)


def _by_address(url: str) -> RegisterModelsInput:
    return RegisterModelsInput(upload_type=UploadType.URL_IMPORT, import_body=ImportBody(url=url))


def _of_file(name: str, content: bytes) -> RegisterModelsInput:
    body = ImportBody(file_name=name, model_file=Bytes(content))
    return RegisterModelsInput(upload_type=UploadType.FILE, import_body=body)


def _in(path: Path) -> Iterator[RegisterModelsInput]:
    """The package that a file is; those that are folders or archives anywhere in a folder."""
    if not path.is_dir():
        yield _of_file(path.name, path.read_bytes())
        return
    for each in sorted(path.rglob("*")):
        if each.name in MODEL_FILES:
            folder = each.parent
            files = (file for file in sorted(folder.rglob("*")) if file.is_file())
            tree = {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}
            yield _of_file(f"{folder.relative_to(path).as_posix()}.tgz", pack_tgz(tree))
        elif each.name.lower().endswith(ARCHIVES):
            yield _of_file(each.name, each.read_bytes())


def _run(
    database_url: str | None,
    email: str,
    permission: Permission,
    work: Callable[[Context, Progress], Awaitable[Result]],
) -> Result:
    """Do the work as the user of that address, and show how far it is, if there is a terminal."""
    settings = settings_with(MESHGRAPH_DATABASE_URL=database_url)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        return asyncio.run(_as_user(settings, email, permission, lambda it: work(it, progress)))


async def _as_user(
    settings: Settings,
    email: str,
    permission: Permission,
    work: Callable[[Context], Awaitable[Result]],
) -> Result:
    store, outside = Store.open(settings.database_url), open_outside(settings, Here())
    try:
        async with store.reading() as session:
            user = await user_of(session, email)
            if user is None:
                raise SettingsError(f"There is no user with the address {email}.")
            viewer = await load_viewer(session, user.id)
        viewer.require(permission)
        context = Context(store, open_vault(settings), viewer, None, outside)
        try:
            return await work(context)
        finally:
            await context.close()
    finally:
        await outside.close()
        await store.close()

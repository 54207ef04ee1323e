"""What a database needs before it can serve: tables, permission keys and, on request, the demo."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from importlib.resources import files
from typing import TypeVar
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.catalogue import load_catalogue
from app.db import migrations
from app.db.arrays import any_of
from app.db.base import live, now
from app.db.connecting import engine_of
from app.db.engine import Store
from app.db.events import Event, put_restored_first
from app.db.idempotency import prune
from app.db.keys import Key, Role
from app.db.registry import Model
from app.db.users import User, UserRole
from app.demo import is_empty, load_demo
from app.permissions import Permission
from app.registering import register
from app.registry.definitions import model_id
from app.registry.kubernetes import core_model, core_package
from app.settings import Settings, SettingsError
from app.vault import Vault

Answer = TypeVar("Answer")

#: Loading the demo into a database far away takes longer than a request may.
SECONDS = 60.0
#: How many rows are deleted with one statement, so that others can write in between.
AT_ONCE = 1_000


def migrate(url: str) -> None:
    """Bring the tables up to date; raises `StoreInUse` while a server has the SQLite file."""
    asyncio.run(_claim(url))
    migrations.upgrade(url)
    asyncio.run(_with_store(url, lambda store: store.write(put_restored_first, timeout=SECONDS)))


async def _claim(url: str) -> None:
    await Store.open(url).close()


def seed(settings: Settings, *, demo: bool) -> bool:
    """Store the permission keys and the built-in kinds if missing, and the demo if asked for.

    False if the demo was asked for and left out, because the database has users already.
    """
    return asyncio.run(
        _with_store(settings.database_url, lambda store: _seed(store, settings, demo))
    )


async def _seed(store: Store, settings: Settings, demo: bool) -> bool:  # noqa: FBT001 - see `seed`
    async with store.reading() as session:
        missing, empty = await missing_keys(session), await is_empty(session)
        known = await session.get(Model, model_id(core_model()))
    if demo and empty:
        vault = open_vault(settings)
        await store.write(lambda session: load_demo(session, vault), timeout=SECONDS)
    elif missing:
        text = files("app").joinpath("permission_keys.csv").read_text("utf-8")
        await store.write(lambda session: load_catalogue(session, text), timeout=SECONDS)
    if known is None:
        await store.write(lambda session: register(session, core_package()), timeout=SECONDS)
    return empty or not demo


def load_keys(url: str, csv_text: str) -> int:
    """Store the keys of a file; returns how many it has."""

    async def load(store: Store) -> int:
        return await store.write(lambda session: load_catalogue(session, csv_text), timeout=SECONDS)

    return asyncio.run(_with_store(url, load))


def prune_events(url: str, days: int) -> int:
    """Delete for good the events that are older; returns how many. Few go in one transaction."""
    before = now() - timedelta(days=days)
    return asyncio.run(
        _with_store(url, lambda store: _all(store, lambda session: _prune(session, before)))
    )


def prune_keys(url: str) -> int:
    """Delete the idempotency keys that have expired; returns how many."""
    moment = now()
    return asyncio.run(
        _with_store(url, lambda store: _all(store, lambda session: prune(session, moment, AT_ONCE)))
    )


async def _all(store: Store, some: Callable[[AsyncSession], Awaitable[int]]) -> int:
    """How many there were, deleted some at a time."""
    number = 0
    while gone := await store.write(some, timeout=SECONDS):
        number += gone
    return number


async def _prune(session: AsyncSession, before: datetime) -> int:
    old = select(Event.id).where(Event.created_at < before).limit(AT_ONCE)
    ids = list(await session.scalars(old))
    if ids:
        await session.execute(delete(Event).where(any_of(Event.id, ids)))
    return len(ids)


def grant(url: str, email: str, role_name: str) -> None:
    """Give a user a role everywhere; raises `SettingsError` when there is no such user or role."""

    async def give(session: AsyncSession) -> None:
        user = await user_of(session, email)
        role = await session.scalar(select(Role).where(Role.role_name == role_name, live(Role)))
        if user is None or role is None:
            missing = f"user with the address {email}" if user is None else f"role {role_name!r}"
            raise SettingsError(f"There is no {missing}.")
        held = (UserRole.user_id == user.id, UserRole.role_id == role.id, live(UserRole))
        if await session.scalar(select(UserRole.id).where(*held)) is None:
            session.add(UserRole(user_id=user.id, role_id=role.id))

    asyncio.run(_with_store(url, lambda store: store.write(give)))


def open_vault(settings: Settings) -> Vault:
    """The vault of the settings; raises `SettingsError` when its keys cannot be used."""
    try:
        return Vault.from_file(settings.vault_keys_file)
    except ValueError as error:
        raise SettingsError(str(error)) from error


async def _with_store(url: str, work: Callable[[Store], Awaitable[Answer]]) -> Answer:
    store = Store.open(url)
    try:
        return await work(store)
    finally:
        await store.close()


def look(url: str, work: Callable[[AsyncSession], Awaitable[Answer]]) -> Answer:
    """What `work` reads, also while a server is running on the database."""

    async def run() -> Answer:
        engine = engine_of(url, hide_parameters=True)
        try:
            async with AsyncSession(engine) as session:
                return await work(session)
        finally:
            await engine.dispose()

    return asyncio.run(run())


async def user_of(session: AsyncSession, email: str) -> User | None:
    """The live user with that address."""
    statement = select(User).where(User.email == func.lower(email), live(User))
    found: User | None = await session.scalar(statement)
    return found


async def missing_keys(session: AsyncSession) -> list[Permission]:
    """The keys that guard the graph and are not in the database."""
    ids = [UUID(permission) for permission in Permission]
    stored = set(await session.scalars(select(Key.id).where(Key.id.in_(ids), live(Key))))
    return [permission for permission in Permission if UUID(permission) not in stored]

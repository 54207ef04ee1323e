"""A subject met for the first time becomes a user, once, and never becomes another user."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.auth import Authenticator
from app.db.base import now
from app.db.engine import Store
from app.db.users import User
from app.errors import Unauthenticated
from app.local_tokens import issue, local_secret
from app.settings import Settings
from app.vault import Vault
from resolvers.identity import ADDRESS_TAKEN, UNKNOWN, Identity

Open = Callable[[], Identity]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_environ({"MESHGRAPH_DATA_DIR": str(tmp_path)})


@pytest.fixture
def identity(store: Store, settings: Settings) -> Open:
    """A process with a memory of its own."""
    vault = Vault.from_file(settings.vault_keys_file)
    return lambda: Identity(store, vault, Authenticator.from_settings(settings), provision=True)


def token(settings: Settings, subject: str, email: str) -> str:
    return issue(local_secret(settings.jwt_secret_file), subject=subject, email=email)


async def subjects(store: Store) -> list[str]:
    async with store.reading() as session:
        return sorted((await session.execute(select(User.user_id))).scalars())


async def test_first_requests_at_once_make_one_user(
    store: Store, settings: Settings, identity: Open
) -> None:
    given = token(settings, "new", "New@Example.org")
    viewers = await asyncio.gather(*(identity().viewer(given) for _ in range(8)))
    assert len({viewer.user_id for viewer in viewers}) == 1
    assert await subjects(store) == ["new"]


async def test_a_taken_address_is_refused_every_time(
    store: Store, settings: Settings, identity: Open
) -> None:
    await identity().viewer(token(settings, "first", "a@example.org"))
    for _ in range(2):
        with pytest.raises(Unauthenticated, match=ADDRESS_TAKEN):
            await identity().viewer(token(settings, "second", "A@example.org"))
    assert await subjects(store) == ["first"]


async def test_of_two_subjects_with_one_address_one_is_refused(
    store: Store, settings: Settings, identity: Open
) -> None:
    given = [token(settings, subject, "a@example.org") for subject in ("one", "two")]
    found = await asyncio.gather(
        *(identity().viewer(each) for each in given), return_exceptions=True
    )
    assert [type(each) for each in found].count(Unauthenticated) == 1, found
    assert len(await subjects(store)) == 1


async def test_the_deleted_do_not_come_back(
    store: Store, settings: Settings, identity: Open
) -> None:
    given = token(settings, "gone", "a@example.org")
    await identity().viewer(given)

    async def delete(session: AsyncSession) -> None:
        (await session.execute(select(User))).scalar_one().deleted_at = now()

    await store.write(delete)
    with pytest.raises(Unauthenticated, match=UNKNOWN):
        await identity().viewer(given)

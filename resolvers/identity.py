"""From the claims of a token to the viewer of an operation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.claims import Claims
from app.db.base import live, new_id
from app.db.engine import Store
from app.db.users import User
from app.errors import Unauthenticated
from app.vault import Vault
from resolvers.access import Viewer, load_viewer
from resolvers.context import Context

UNKNOWN = "The user of this token is not known here."


@dataclass(frozen=True)
class Identity:
    """Opens the context of an operation for whoever a token names.

    With `provision` a subject met for the first time becomes a user; without it that is
    `Unauthenticated`.
    """

    store: Store
    vault: Vault
    provision: bool = False

    @asynccontextmanager
    async def open(self, claims: Claims | None) -> AsyncIterator[Context]:
        """A context that is closed, with its snapshot, when the block ends."""
        context = Context(self.store, self.vault, await self.viewer(claims))
        try:
            yield context
        finally:
            await context.close()

    async def viewer(self, claims: Claims | None) -> Viewer:
        """What the token's user holds now; rights are never taken from the token."""
        if claims is None:
            return Viewer()
        async with self.store.reading() as session:
            user_id = await _known(session, claims.subject)
            if user_id is not None:
                return await load_viewer(session, user_id)
        if not self.provision:
            raise Unauthenticated(UNKNOWN)
        user_id = await self._provision(claims)
        async with self.store.reading() as session:
            return await load_viewer(session, user_id)

    async def _provision(self, claims: Claims) -> UUID:
        row_id = new_id()

        async def work(session: AsyncSession) -> UUID:
            known = await _known(session, claims.subject)
            if known is None:
                await _refuse_former(session, claims.subject)
                session.add(_new_user(row_id, claims))
            return known or row_id

        return await self.store.write(work)


async def _known(session: AsyncSession, subject: str) -> UUID | None:
    """The id of the live, active user with that subject."""
    statement = select(User.id).where(
        User.user_id == subject, live(User), User.status.in_(("active", "pending"))
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def _refuse_former(session: AsyncSession, subject: str) -> None:
    """Raise `Unauthenticated` for a user who was deleted or switched off: they do not come back."""
    if (await session.execute(select(User.id).where(User.user_id == subject))).first() is not None:
        raise Unauthenticated(UNKNOWN)


def _new_user(row_id: UUID, claims: Claims) -> User:
    first, _, last = (claims.name or "").partition(" ")
    return User(
        id=row_id,
        user_id=claims.subject,
        provider="oidc",
        email=(claims.email or f"{claims.subject}@users.invalid").lower(),
        first_name=first,
        last_name=last,
    )

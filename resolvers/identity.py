"""From the token of a request to the viewer of an operation."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from uuid import UUID
from weakref import WeakValueDictionary

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.auth import Authenticator
from app.broker import Broker
from app.claims import Claims
from app.db.base import new_id
from app.db.engine import Store
from app.db.users import SIGNING_IN, User
from app.errors import Problem, Unauthenticated, Unproven
from app.figures import current
from app.outside import Outside
from app.vault import Vault
from resolvers.context import Context
from resolvers.grants import find_viewer
from resolvers.once import Once
from resolvers.viewer import Viewer
from resolvers.viewers import Proven, Viewers, key_of

UNKNOWN = "The user of this token is not known here."
ADDRESS_TAKEN = "The address of this token is that of another user here."

ANYBODY = Viewer()

Judge = Callable[[Unproven], Problem]

#: Seconds for which a token that was proven good, and the rights of its user, need no new proof.
#: Changes of rights by this service count at once; this is for those made behind its back.
LONGEST_TRUST = 5.0


@dataclass(frozen=True)
class Identity:
    """Tells for whom an operation is executed, and opens its context.

    With `provision` a subject met for the first time becomes a user; without it that is
    `Unauthenticated`. A credential is what `app.auth.credential` finds in a request. Idempotency
    keys count for as long as `keys_last`.
    """

    store: Store
    vault: Vault
    authenticator: Authenticator
    provision: bool = False
    outside: Outside | None = None
    broker: Broker | None = None
    clock: Callable[[], float] = time.monotonic
    keys_last: timedelta = timedelta(hours=24)
    _viewers: Viewers = field(default_factory=Viewers)
    _turns: WeakValueDictionary[bytes, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    def open(
        self,
        credential: str | None,
        *,
        settled: bool = True,
        key: str | None = None,
        judge: Judge | None = None,
    ) -> Opening:
        """A context that is closed, with its snapshot, when the block ends.

        Its viewer has the rights of its snapshot. Without `settled` nothing is read until
        something is asked, so that an operation that only writes needs no snapshot. `key` is the
        text of the header with an idempotency key. `judge` says what is raised for a credential
        that proves nothing.
        """
        return Opening(self, credential, settled=settled, key=key, judge=judge)

    async def context(self, credential: str | None) -> Context:
        """A context whose snapshot has not been opened, for who will close it."""
        if credential is None:
            return Context(self.store, self.vault, ANYBODY, None, self.outside, self.broker)
        proven = self._proven(credential) or await self._prove(credential)
        reload = partial(self._reload, credential, proven)
        still = partial(self._still, credential, proven)
        return Context(
            self.store, self.vault, proven.viewer, reload, self.outside, self.broker, still
        )

    def cached(self, credential: str | None) -> Viewer | None:
        """The viewer, where that needs no reading; None where it does.

        The token is good. The rights are those of `generation`: a statement that relies on
        them has to compare it with `current_generation()`, but for an anonymous caller.
        """
        if credential is None:
            return Viewer()
        proven = self._proven(credential)
        return None if proven is None else proven.viewer

    async def viewer(self, credential: str | None) -> Viewer:
        """The viewer, as `cached` or read now; rights are never taken from the token."""
        return Viewer() if credential is None else (await self._prove(credential)).viewer

    def forget(self, credential: str) -> None:
        """Have the viewer read anew next time."""
        self._viewers.forget(key_of(credential))

    def _proven(self, credential: str) -> Proven | None:
        proven = self._viewers.get(key_of(credential))
        if (
            proven is None
            or self.clock() - proven.since >= LONGEST_TRUST
            or proven.revision != self.authenticator.revision()
            or not self.authenticator.lasts(proven.claims)
        ):
            return None
        return proven

    async def _prove(self, credential: str) -> Proven:
        """As kept, or proven now: once, however many requests bring the token together."""
        proven = self._proven(credential)
        if proven is not None:
            return proven
        key = key_of(credential)
        async with self._turns.setdefault(key, asyncio.Lock()):
            proven = self._proven(credential)
            if proven is None:
                proven = await self._prove_anew(credential)
                self._viewers.put(key, proven)
        return proven

    async def _prove_anew(self, credential: str) -> Proven:
        since = self.clock()
        claims = await self.authenticator.verify(credential)
        revision = self.authenticator.revision()
        return Proven(claims, await self._load(claims), since, revision)

    async def _reload(self, credential: str, proven: Proven, session: AsyncSession) -> Viewer:
        """What the user holds by now. The token's proof grows no younger by it."""
        viewer = await find_viewer(session, proven.claims.subject)
        if viewer is None:
            self.forget(credential)
            raise Unauthenticated(UNKNOWN)
        self._viewers.put(key_of(credential), replace(proven, viewer=viewer))
        return viewer

    async def _still(self, credential: str, proven: Proven) -> None:
        """Raise `Unauthenticated` if the token has expired, or its key is not trusted any more."""
        known = proven.revision == self.authenticator.revision()
        if not known or not self.authenticator.lasts(proven.claims):
            await self.authenticator.verify(credential)

    async def _load(self, claims: Claims) -> Viewer:
        viewer = await self._find(claims.subject)
        if viewer is None and self.provision:
            await self._provision(claims)
            viewer = await self._find(claims.subject)
        if viewer is None:
            raise Unauthenticated(UNKNOWN)
        return viewer

    async def _find(self, subject: str) -> Viewer | None:
        return await self.store.read(lambda session: find_viewer(session, subject))

    async def _provision(self, claims: Claims) -> None:
        row_id = new_id()

        async def work(session: AsyncSession) -> None:
            user = _new_user(row_id, claims)
            if not await _is_there(session, user):
                session.add(user)

        await self.store.write(work)


class Opening:
    """The block of an operation, as `Identity.open` has it.

    By hand: what contextlib makes of a generator takes as long as the rest of it.
    """

    __slots__ = ("_context", "_credential", "_identity", "_judge", "_key", "_settled")

    def __init__(
        self,
        identity: Identity,
        credential: str | None,
        *,
        settled: bool,
        key: str | None,
        judge: Judge | None,
    ) -> None:
        self._identity = identity
        self._credential = credential
        self._settled = settled
        self._key = key
        self._judge = judge

    async def __aenter__(self) -> Context:
        try:
            context = self._context = await self._identity.context(self._credential)
        except Unproven as refusal:
            if self._judge is None:
                raise
            raise self._judge(refusal) from None
        current().user = context.viewer.user_id
        if self._key is not None:
            context.once = Once(context, self._key, self._identity.keys_last)
        if self._settled:
            try:
                await context.settled()
            except BaseException:
                await context.close()
                raise
        return context

    async def __aexit__(self, *_: object) -> None:
        await self._context.close()


async def _is_there(session: AsyncSession, user: User) -> bool:
    """Whether the user has been added in the meantime; raises `Unauthenticated` if none may be.

    One who was deleted or switched off does not come back, and a token of another subject with
    the address of a user does not become that user. One statement tells: between two, another
    request could add the user.
    """
    alike = select(User).where(or_(User.user_id == user.user_id, User.email == user.email))
    rows = list((await session.execute(alike)).scalars())
    same = [row for row in rows if row.user_id == user.user_id]
    if any(row.deleted_at is None and row.status in SIGNING_IN for row in same):
        return True
    if rows:
        raise Unauthenticated(UNKNOWN if same else ADDRESS_TAKEN)
    return False


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

"""The permission catalogue: a CSV of keys becomes roles, keychains, keys and who holds what.

The file has the columns `id,function,category,subcategory,keychain,roles` and may have
`description`; `roles` separates names with `|`. A role of the stored model is given keychains,
never single keys, and a keychain of the file holds keys of different roles. So each keychain of
the file becomes one stored keychain per set of roles, named `Team Management (admin,
organization admin, team admin)`: the name says who holds it and does not depend on what else a
file contains. A keychain without a name takes the key's category; spellings that differ in case
are one keychain.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from io import StringIO
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.base import Table, live, new_id, now
from app.db.keys import Key, Keychain, KeychainKey, Role, RoleKeychain

#: The owner of what is shipped rather than made by a user.
SHIPPED = UUID(int=0)

#: Every role, and what it is for.
ROLES = {
    "admin": "Runs the whole service, in every organization.",
    "meshmap": "Works with the visual designer.",
    "curator": "Looks after the public catalogue of designs.",
    "team admin": "Runs teams and says who is in them.",
    "workspace admin": "Runs environments and connections.",
    "workspace manager": "Runs environments and connections, like a workspace admin.",
    "organization admin": "Runs an organization.",
    "user": "Belongs to an organization.",
}

#: What the column `roles` calls them. The last two have no stored role: one is a caller without
#: a token, the other does billing, which is not here.
SPELLED: Mapping[str, tuple[str, ...]] = {
    "User": ("user",),
    "Team Admin": ("team admin",),
    "Workspace Admin": ("workspace admin", "workspace manager"),
    "Org Admin": ("organization admin",),
    "Provider Admin": ("admin",),
    "Anonymous": (),
    "Org Billing Manager": (),
}

COLUMNS = ("id", "function", "category", "subcategory", "keychain", "roles")

Row = TypeVar("Row", bound=Table)
Pair = tuple[UUID, UUID]


class CatalogueError(ValueError):
    """A file that is no catalogue; the message says in which line and why."""


@dataclass(frozen=True)
class Entry:
    """One key of the file, with its role names as stored."""

    id: UUID
    function: str
    category: str
    subcategory: str
    description: str | None
    theme: str
    roles: frozenset[str]

    @property
    def keychain(self) -> str:
        """The name of the stored keychain that holds the key."""
        return f"{self.theme} ({', '.join(sorted(self.roles)) or 'no role'})"


def read_catalogue(csv_text: str) -> list[Entry]:
    """The keys of a file in their order; raises `CatalogueError` for the first that is wrong."""
    reader = csv.DictReader(StringIO(csv_text.removeprefix("\ufeff")), strict=True)
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise CatalogueError(f"line 1: no column {', '.join(missing)}")
    entries: dict[UUID, Entry] = {}
    try:
        for row in reader:
            _enter(_entry(row), entries)
    except (ValueError, csv.Error) as error:
        raise CatalogueError(f"line {reader.line_num}: {error}") from error
    return list(entries.values())


def _enter(entry: Entry, entries: dict[UUID, Entry]) -> None:
    if entries.setdefault(entry.id, entry) is not entry:
        raise ValueError(f"the key {entry.id} occurs twice")


def _entry(row: Mapping[str, str | None]) -> Entry:
    if any(row[name] is None for name in COLUMNS):
        raise ValueError("too few columns")
    text = {name: (value or "").strip() for name, value in row.items() if isinstance(value, str)}
    if not text["function"]:
        raise ValueError("a key without a function")
    return Entry(
        id=_uuid(text["id"]),
        function=text["function"],
        category=text["category"],
        subcategory=text["subcategory"],
        description=text.get("description"),
        theme=text["keychain"] or text["category"],
        roles=_roles(text["roles"]),
    )


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise ValueError(f"{text!r} is no UUID") from None


def _roles(text: str) -> frozenset[str]:
    named = [name.strip() for name in text.split("|") if name.strip()]
    unknown = [name for name in named if name not in SPELLED]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is no role; there are {', '.join(SPELLED)}")
    return frozenset(role for name in named for role in SPELLED[name])


async def load_catalogue(session: AsyncSession, csv_text: str) -> int:
    """Store the keys of the file and who holds them; returns how many keys it has.

    Running it again changes nothing. Keys that the file leaves out stay as they are, and so do
    keychains that somebody made: `owner` tells those from the shipped ones.
    """
    entries = read_catalogue(csv_text)
    roles = await _store_roles(session)
    await _store_keys(session, entries)
    keychains = await _store_keychains(session, entries)
    await session.flush()
    await _give_keys(session, entries, keychains)
    await _give_keychains(session, entries, keychains, roles)
    await session.flush()
    return len(entries)


async def _store_roles(session: AsyncSession) -> dict[str, UUID]:
    stored = {role.role_name: role for role in await session.scalars(select(Role))}
    for name, description in ROLES.items():
        role = stored.get(name) or _added(session, Role(id=new_id(), role_name=name))
        _set(role, description=description, deleted_at=None)
        stored[name] = role
    return {name: role.id for name, role in stored.items()}


async def _store_keys(session: AsyncSession, entries: Iterable[Entry]) -> None:
    stored = {key.id: key for key in await session.scalars(select(Key))}
    for entry in entries:
        key = stored.get(entry.id) or _added(session, Key(id=entry.id, owner=SHIPPED))
        _set(
            key,
            function=entry.function,
            category=entry.category,
            subcategory=entry.subcategory,
            deleted_at=None,
        )
        # A file without descriptions must not wipe those that are stored.
        _set(key, description=entry.description or key.description or "")


async def _store_keychains(session: AsyncSession, entries: Collection[Entry]) -> dict[str, UUID]:
    """The ids of the keychains of the entries, by folded name."""
    statement = select(Keychain).where(Keychain.owner == SHIPPED)
    stored = {each.name.casefold(): each for each in await session.scalars(statement)}
    # Of several spellings the one in capitals sorts first, whatever the order of the file.
    for name in sorted({entry.keychain for entry in entries}):
        keychain = stored.get(name.casefold())
        if keychain is None:
            keychain = _added(session, Keychain(id=new_id(), name=name, owner=SHIPPED))
        _set(keychain, deleted_at=None)
        stored[name.casefold()] = keychain
    return {name: keychain.id for name, keychain in stored.items()}


async def _give_keys(
    session: AsyncSession, entries: Collection[Entry], keychains: Mapping[str, UUID]
) -> None:
    """Each key of the file is in its keychain, and in no other of the shipped ones."""
    wanted = {(keychains[entry.keychain.casefold()], entry.id) for entry in entries}
    keys, shipped = {entry.id for entry in entries}, set(keychains.values())
    stored = {
        (each.keychain_id, each.key_id): each
        for each in await session.scalars(select(KeychainKey).where(live(KeychainKey)))
        if each.key_id in keys and each.keychain_id in shipped
    }
    _end(stored, wanted)
    for keychain, key in sorted(wanted - stored.keys()):
        session.add(KeychainKey(keychain_id=keychain, key_id=key))


async def _give_keychains(
    session: AsyncSession,
    entries: Collection[Entry],
    keychains: Mapping[str, UUID],
    roles: Mapping[str, UUID],
) -> None:
    """Each keychain of the file is held by the roles in its name, and by no other."""
    ids = {entry: keychains[entry.keychain.casefold()] for entry in entries}
    wanted = {(roles[role], ids[entry]) for entry in entries for role in entry.roles}
    touched = set(ids.values())
    stored = {
        (each.role_id, each.keychain_id): each
        for each in await session.scalars(select(RoleKeychain).where(live(RoleKeychain)))
        if each.keychain_id in touched
    }
    _end(stored, wanted)
    for role, keychain in sorted(wanted - stored.keys()):
        session.add(RoleKeychain(role_id=role, keychain_id=keychain))


def _end(stored: Mapping[Pair, KeychainKey | RoleKeychain], wanted: Collection[Pair]) -> None:
    for pair in stored.keys() - wanted:
        stored[pair].deleted_at = now()


def _added(session: AsyncSession, row: Row) -> Row:
    session.add(row)
    return row


def _set(row: Table, **values: object) -> None:
    """Assign only what differs, so that `updated_at` moves only when something changed."""
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)

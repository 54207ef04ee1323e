"""What keeps the service from running well, and how to mend it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

import asyncpg
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from app.auth import local_secret
from app.db import migrations
from app.errors import Unavailable
from app.jwks import Jwks, from_file, from_url
from app.local_tokens import ALGORITHM
from app.preparing import look, missing_keys, open_vault
from app.settings import PREFIX, Settings, SettingsError, declared

OPTIONS = {"MESHGRAPH_USER"}  # variables that are options of commands
PRIVATE = 0o077  # permission bits that nobody but the owner of a secret should have


class Finding(NamedTuple):
    """Something that is wrong; `remedy` is what to do about it."""

    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.problem} {self.remedy}"


#: Looks at one thing that the settings are about.
Check = Callable[[Settings], Iterator[Finding]]


def check(environ: Mapping[str, str], *others: Check) -> list[Finding]:
    """Everything that is wrong with the settings of `environ` or, if they are right, elsewhere.

    `others` look at what is not of this layer, after all else.
    """
    unknown = list(_unknown(environ))
    try:
        settings = Settings.from_environ(environ)
    except SettingsError as error:
        return [*(Finding(each, "Change it or unset it.") for each in error.problems), *unknown]
    return [*unknown, *(found for look_at in (*CHECKS, *others) for found in look_at(settings))]


def _unknown(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Variables that look like settings and are none: nobody reads them."""
    known = {row.variable.removeprefix(PREFIX): row.variable for _, row in declared()}
    for name in sorted(environ.keys() - set(known.values()) - OPTIONS):
        if not name.startswith(PREFIX):
            continue
        close = get_close_matches(name.removeprefix(PREFIX), known, 1)
        remedy = f"Is {known[close[0]]} meant?" if close else "Unset it."
        yield Finding(f"{name} is no setting, and has no effect.", remedy)


def _workers(settings: Settings) -> Iterator[Finding]:
    if settings.workers > 1 and sqlite_file(settings.database_url) is not None:
        yield Finding(
            "A SQLite file serves one process only.",
            "Set MESHGRAPH_WORKERS to 1, or MESHGRAPH_DATABASE_URL to a PostgreSQL database.",
        )


def _vault(settings: Settings) -> Iterator[Finding]:
    path = settings.vault_keys_file
    if not path.exists():
        return  # made when first needed
    yield from _readable_by_others(path)
    try:
        open_vault(settings)
    except (SettingsError, OSError) as error:
        yield Finding(
            f"The master keys cannot be used: {error}",
            "Restore the file from a backup: without it no stored credential can be opened.",
        )


def _token_secret(settings: Settings) -> Iterator[Finding]:
    path = settings.jwt_secret_file
    if ALGORITHM not in settings.jwt_algorithms or not path.exists():
        return
    yield from _readable_by_others(path)
    try:
        local_secret(path)
    except SettingsError as error:
        yield Finding(str(error), "Delete the file: a new one is made, and old tokens end.")


def _readable_by_others(path: Path) -> Iterator[Finding]:
    if path.stat().st_mode & PRIVATE:
        yield Finding(f"{path} can be read by others.", f"Run `chmod 600 {path}`.")


def _key_set(settings: Settings) -> Iterator[Finding]:
    if settings.jwks_url is not None:
        fetch, place = from_url(settings.jwks_url), "MESHGRAPH_JWKS_URL"
    elif settings.jwks_file is not None:
        fetch, place = from_file(settings.jwks_file), "MESHGRAPH_JWKS_FILE"
    else:
        return
    try:
        asyncio.run(Jwks(fetch).find(None, "RS256"))
    except Unavailable:
        yield Finding(
            f"{place} gives no key set with a key that can be used.",
            "It must be a JSON object with `keys`, at least one of them RSA or P-256.",
        )


def _database(settings: Settings) -> Iterator[Finding]:
    """Only the first of its findings, as the others follow from it."""
    file = sqlite_file(settings.database_url)
    if file is not None and not file.exists():
        yield Finding(f"There is no database {file} yet.", "Run `meshgraph migrate`.")
        return
    try:
        if lacking := migrations.pending(settings.database_url):
            names = ", ".join(lacking)
            yield Finding(f"The database lacks the migrations {names}.", "Run `meshgraph migrate`.")
        elif missing := look(settings.database_url, missing_keys):
            yield Finding(
                f"The database lacks {len(missing)} permission keys that the graph asks for.",
                "Run `meshgraph seed`.",
            )
    except (SQLAlchemyError, OSError, asyncpg.PostgresError) as error:
        yield Finding(
            f"The database cannot be used: {reason(error)}",
            "Look at MESHGRAPH_DATABASE_URL, and whether the server runs.",
        )


def reason(error: Exception) -> str:
    """The first line of what the driver says, as a sentence; no address, no statement."""
    said = str(getattr(error, "orig", None) or error).strip() or type(error).__name__
    return said.splitlines()[0].rstrip(".") + "."


def sqlite_file(url: str) -> Path | None:
    """The file of a SQLite database, None for another database."""
    parsed = make_url(url)
    return Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" else None


#: In the order in which they are best mended.
CHECKS: tuple[Check, ...] = (
    _workers,
    _vault,
    _token_secret,
    _key_set,
    _database,
)

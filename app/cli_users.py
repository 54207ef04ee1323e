"""The commands about a user: `meshgraph token` and `meshgraph grant`."""

from __future__ import annotations

from typing import Annotated

import typer

from app import preparing
from app.auth import issue, local_secret
from app.cli_options import DatabaseUrl
from app.db.users import SIGNING_IN
from app.local_tokens import ALGORITHM
from app.settings import Settings, SettingsError, settings_with

HOUR = 3600


def token(
    email: Annotated[str, typer.Argument(help="The address of the user.")],
    ttl: Annotated[int, typer.Option(min=1, help="Seconds until it expires.")] = HOUR,
) -> None:
    """Print a token for a user, signed with the local secret."""
    typer.echo(token_of(settings_with(), email, ttl))


def token_of(settings: Settings, email: str, ttl: int) -> str:
    """A token for the user with that address; raises `SettingsError` for one that would not do."""
    if ALGORITHM not in settings.jwt_algorithms:
        raise SettingsError(f"MESHGRAPH_JWT_ALGORITHMS leaves out {ALGORITHM}: no local tokens.")
    if ttl > settings.jwt_max_lifetime:
        raise SettingsError(
            f"--ttl may be {settings.jwt_max_lifetime} at most (MESHGRAPH_JWT_MAX_LIFETIME)."
        )
    user = preparing.look(settings.database_url, lambda session: preparing.user_of(session, email))
    if user is None:
        raise SettingsError(f"There is no user with the address {email}.")
    if user.status not in SIGNING_IN:
        raise SettingsError(f"The user {email} is {user.status} and may not sign in.")
    secret = local_secret(settings.jwt_secret_file)
    return issue(secret, subject=user.user_id, email=user.email, ttl=ttl)


def grant(
    email: Annotated[str, typer.Argument(help="The address of the user.")],
    role: Annotated[str, typer.Argument(help="Such as `admin`.")],
    database_url: DatabaseUrl = None,
) -> None:
    """Give a user a role everywhere: so the first administrator comes to be."""
    settings = settings_with(MESHGRAPH_DATABASE_URL=database_url)
    preparing.grant(settings.database_url, email, role)

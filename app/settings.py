"""The settings of the service, read from the environment and checked together.

Each is declared once, in `app.service_settings` or `app.limit_settings`. The environment is read
in one place, `Settings.from_environ`, and the table in the README is `settings_table()`.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from app.limit_settings import LimitSettings
from app.service_settings import ServiceSettings
from app.setting_kinds import Setting

PREFIX = "MESHGRAPH_"
#: Beginnings of variables that are read at start, and not again.
READ_ONCE = (PREFIX, "OTEL_")


class SettingsError(ValueError):
    """Settings the service cannot start with; `problems` has one sentence for each."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, kw_only=True)
class Settings(LimitSettings, ServiceSettings):
    """The settings of one running service, already checked."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """The settings that `environ` asks for; a blank variable counts as unset.

        Raises SettingsError with every problem found, not only the first. Messages name
        variables and what is allowed, never values: some of those are passwords.
        """
        values: dict[str, Any] = {}
        problems: list[str] = []
        for name, row in declared():
            try:
                values[name] = _value(row, environ, values.get("data_dir"))
            except ValueError:
                problems.append(f"{row.variable} must be {row.kind.allowed}.")
        problems += _contradictions(values)
        if problems:
            raise SettingsError(*problems)
        return cls(**values)


def settings_with(**variables: object) -> Settings:
    """The settings of the environment, with the given variables in place of theirs.

    They go into the environment itself, as worker processes read their settings from there.
    """
    given = {name: str(value) for name, value in variables.items() if value is not None}
    settings = Settings.from_environ({**os.environ, **given})
    os.environ.update(given)
    return settings


def keep_from_children(environ: MutableMapping[str, str]) -> None:
    """Take out what has been read by now, the password of the database among it.

    Processes that are started later, such as those that read what callers send, do not inherit it.
    """
    for name in [name for name in environ if name.startswith(READ_ONCE)]:
        del environ[name]


def declared() -> Iterator[tuple[str, Setting]]:
    """Each field of `Settings` with its declaration, `data_dir` first."""
    for each in dataclasses.fields(Settings):
        row: Setting = each.metadata["setting"]
        variable = row.variable or PREFIX + each.name.upper()
        yield each.name, dataclasses.replace(row, variable=variable)


def settings_table() -> str:
    """All settings as a Markdown table."""
    lines = ["| Variable | Default | Allowed | Meaning |", "| --- | --- | --- | --- |"]
    for _, row in declared():
        default = f"`{row.default.format(data_dir='<data_dir>')}`" if row.default else "none"
        lines.append(f"| `{row.variable}` | {default} | {row.kind.allowed} | {row.meaning} |")
    return "\n".join(lines) + "\n"


def _value(row: Setting, environ: Mapping[str, str], data_dir: Path | None) -> object:
    text = environ.get(row.variable, "").strip()
    if text:
        return row.kind.read(text)
    return None if row.default is None else row.kind.read(row.default.format(data_dir=data_dir))


def _contradictions(values: Mapping[str, Any]) -> list[str]:
    """What is wrong between settings that are each right."""
    if not {"jwks_url", "jwks_file", "jwt_algorithms"} <= values.keys():
        return []
    url, file = values["jwks_url"], values["jwks_file"]
    if url and file:
        return [f"Set {PREFIX}JWKS_URL or {PREFIX}JWKS_FILE, not both."]
    if not url and not file and "HS256" not in values["jwt_algorithms"]:
        return [
            f"{PREFIX}JWT_ALGORITHMS without HS256 needs {PREFIX}JWKS_URL or {PREFIX}JWKS_FILE."
        ]
    return []

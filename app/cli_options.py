"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

DatabaseUrl = Annotated[
    str | None, typer.Option("--database-url", help="Instead of MESHGRAPH_DATABASE_URL.")
]

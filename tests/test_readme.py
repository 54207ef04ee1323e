"""What the README lists is what there is."""

from __future__ import annotations

import re
from pathlib import Path

import typer

from app.cli import cli
from app.settings import settings_table
from rest_compat.endpoints import ENDPOINTS
from rest_compat.values import SPELLINGS

README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")


def test_every_setting_is_in_the_table() -> None:
    assert settings_table() in README


def test_every_command_is_in_the_table() -> None:
    group = typer.main.get_command(cli)
    names = set(getattr(group, "commands"))  # noqa: B009 - Click's group, by Typer's wide type
    shown = set(re.findall(r"`(?:meshgraph )?([a-z-]+)", README.split("## The command line")[1]))
    assert names <= shown


def test_the_number_of_endpoints() -> None:
    assert f"all {len(ENDPOINTS)} documented endpoints" in README


def test_every_accepted_spelling_is_named() -> None:
    spellings = {spelling for spellings in SPELLINGS.values() for spelling in spellings}
    assert spellings <= set(re.findall(r"`(\w+)`", README))

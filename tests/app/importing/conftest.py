"""The programs that render, unpacked once where they are not installed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.importing.executables import Tools, find, unpacked
from app.importing.refusals import Unsupported


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Tools:
    """Helm and kubectl, of the extra if it is there; without, those of PATH or a skip."""
    cache = tmp_path_factory.mktemp("tools")
    found = find(None, None, cache)
    try:
        return replace(
            found,
            helm=unpacked("helm", cache) or found.path("helm"),
            kubectl=unpacked("kubectl", cache) or found.path("kubectl"),
        )
    except Unsupported as error:
        pytest.skip(error.message)

"""The programs that render, unpacked once where they are not installed."""

from __future__ import annotations

import pytest

from app.importing.executables import Tools, find
from app.importing.refusals import Unsupported


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Tools:
    """Helm and kubectl; the tests that need them are skipped where either is missing."""
    found = find(None, None, tmp_path_factory.mktemp("tools"))
    try:
        found.path("helm")
        found.path("kubectl")
    except Unsupported as error:
        pytest.skip(error.message)
    return found

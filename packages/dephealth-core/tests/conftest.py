"""What holds for all tests of the core."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from ._distributions import Distributions

# An example that takes long on a loaded machine is no failure.
settings.register_profile("core", deadline=None)
settings.load_profile("core")


@pytest.fixture
def distributions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Distributions]:
    """A folder for distributions with plugins, on the path while the test runs."""
    prefix = f"plugin_{tmp_path.name.replace('-', '_')}"
    monkeypatch.syspath_prepend(tmp_path)
    yield Distributions(tmp_path, prefix)
    for name in [name for name in sys.modules if name.startswith(prefix)]:
        del sys.modules[name]

"""What the tests of the wheels share."""

from __future__ import annotations

from pathlib import Path

import pytest

from environment import Environment


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """An empty environment."""
    return Environment(tmp_path / "environment")

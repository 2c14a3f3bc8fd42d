"""What the README shows, run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_example(capsys: pytest.CaptureFixture[str]) -> None:
    """The example prints an exposition."""
    (block,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    namespace: dict[str, Any] = {}
    exec(block, namespace)
    assert "# TYPE app_dependency_health gauge" in capsys.readouterr().out

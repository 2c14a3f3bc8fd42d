"""The plugin, which every run of pytest imports."""

from __future__ import annotations

import subprocess
import sys

import pytest

import dephealth_testing


def test_import_is_light() -> None:
    """Importing the plugin brings neither asyncio nor a certificate library along."""
    ours = "import dephealth_testing.plugin, sys; print(*sys.modules)"
    bare = "import pytest, sys; print(*sys.modules)"
    with_plugin, without = (
        set(subprocess.check_output([sys.executable, "-c", code], text=True).split())
        for code in (ours, bare)
    )

    assert {name.partition(".")[0] for name in with_plugin - without} == {"dephealth_testing"}


@pytest.mark.parametrize("name", dephealth_testing.__all__)
def test_public_names_exist(name: str) -> None:
    """What the package offers is there."""
    assert getattr(dephealth_testing, name).__doc__


def test_unknown_name() -> None:
    """A name that the package does not have is the usual error."""
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        dephealth_testing.Nothing  # noqa: B018

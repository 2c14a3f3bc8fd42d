"""Names of a package that are imported when first asked for."""

from __future__ import annotations

import sys
from importlib import import_module

import pytest

from dephealth import lazy_exports

from ._distributions import Distributions

PACKAGE = """
from dephealth import lazy_exports

def __getattr__(name):
    return lazy_exports(__name__, name, {"Driver": "._driver"})
"""


@pytest.fixture
def package(distributions: Distributions) -> str:
    """A package whose `Driver` is imported when asked for."""
    folder = distributions.folder / distributions.module("lazy")
    folder.mkdir()
    (folder / "__init__.py").write_text(PACKAGE)
    (folder / "_driver.py").write_text("class Driver: pass\n")
    return folder.name


def test_name_is_imported_when_asked_for(package: str) -> None:
    """The module of a name is imported by the first access, and found at once later."""
    module = import_module(package)
    assert f"{package}._driver" not in sys.modules
    driver = module.Driver
    assert sys.modules[f"{package}._driver"].Driver is driver
    assert vars(module)["Driver"] is driver


def test_other_name_is_unknown(package: str) -> None:
    """A name that is not exported is an AttributeError, and imports nothing."""
    module = import_module(package)
    with pytest.raises(AttributeError, match=rf"^module '{package}' has no attribute 'Other'$"):
        _ = module.Other
    assert f"{package}._driver" not in sys.modules


def test_broken_module_is_told(package: str) -> None:
    """A name that the named module does not have is told with that module."""
    import_module(package)
    with pytest.raises(AttributeError, match=rf"'{package}._driver' has no attribute 'Other'"):
        lazy_exports(package, "Other", {"Other": "._driver"})

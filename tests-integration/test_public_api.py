"""What each package offers is what it is known to offer."""

from __future__ import annotations

from pathlib import Path

import pytest

from public_api import PACKAGES, PAGES, page


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_public_api_is_the_known_one(package: Path) -> None:
    """No public name or signature changes unseen; `./dev api` writes the page anew."""
    known = PAGES / f"{package.name}.txt"
    assert page(package) == (known.read_text() if known.exists() else "")


def test_no_page_is_left_over() -> None:
    """There is a page for each package, and no other one."""
    assert {path.stem for path in PAGES.iterdir()} == {path.name for path in PACKAGES}


def test_a_change_is_seen(tmp_path: Path) -> None:
    """A keyword that a function gets, and an option that a private base gets, change the page."""
    package = tmp_path / "dephealth-x"
    folder = package / "src" / "dephealth_x"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text('from ._x import X, check\n__all__ = ["X", "check"]\n')
    source = """
class _Base:
    size: int = 1
class X(_Base):
    def run(self, {more}): pass
    def _private(self): pass
def check(name: str, **options: Unpack[Options]) -> None: pass
class Options(TypedDict):
    url: str
"""
    (folder / "_x.py").write_text(source.replace("{more}", ""))
    before = page(package)
    (folder / "_x.py").write_text(source.replace("{more}", "*, often: bool=False"))
    after = page(package)
    assert before.splitlines() == [
        "# dephealth_x",
        "",
        "class X(_Base)",
        "    def run(self)",
        "    size: int = 1",
        "def check(name: str, **options: Unpack[Options]) -> None",
        "class Options(TypedDict)",
        "    url: str",
    ]
    assert set(after.splitlines()) - set(before.splitlines()) == {
        "    def run(self, *, often: bool=False)"
    }

"""A release, up to the upload, in a copy of the repository."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest

from environment import PACKAGES, ROOT
from release import ReleaseError, set_version, upload_order

NOT_COPIED = shutil.ignore_patterns(".*", "dist", "__pycache__", "*.egg-info")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what is released."""
    copied = tmp_path / "copy"
    shutil.copytree(ROOT, copied, ignore=NOT_COPIED)
    changes = copied / "CHANGELOG.md"
    changes.write_text("# Changes\n\n## Unreleased\n\n- something\n\n## 0.0.1 - long ago\n")
    return copied


def _versions(root: Path) -> set[str]:
    found = [tomllib.loads(path.read_text()) for path in root.glob("packages/*/pyproject.toml")]
    return {each["project"]["version"] for each in found}


@pytest.mark.parametrize("version", ["7.0.0", "7.1.2"])
def test_version_is_set_everywhere(copy: Path, version: str) -> None:
    """After a version was set, the repository's own tests find it wherever it must be."""
    set_version(version, copy)
    assert _versions(copy) == {version}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    subprocess.run(
        [*command, "tests-integration/test_repository.py", "-k", "version or extra"],
        cwd=copy,
        check=True,
        capture_output=True,
    )
    assert f"## Unreleased\n\n## {version} - " in (copy / "CHANGELOG.md").read_text()


def test_what_is_built_has_the_version(copy: Path, tmp_path: Path) -> None:
    """What is built then has the version, and asks for its series."""
    set_version("7.1.2", copy)
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(
        command, cwd=copy / "packages" / "dephealth-fastapi", check=True, capture_output=True
    )
    with ZipFile(tmp_path / "dephealth_fastapi-7.1.2-py3-none-any.whl") as archive:
        metadata = Parser().parsestr(
            archive.read("dephealth_fastapi-7.1.2.dist-info/METADATA").decode()
        )
    required = [each for each in metadata.get_all("Requires-Dist", []) if "dephealth" in each]
    assert required == ["dephealth-core<7.2,>=7.1", "dephealth-web<7.2,>=7.1"]


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("7.0", "'7.0' is no version"),
        ("", "'' is no version"),
        ("7.0.0rc1", "is no version"),
        ("0.0.1", r"0\.0\.1 does not come after"),
    ],
)
def test_impossible_version_changes_nothing(copy: Path, version: str, message: str) -> None:
    """What is no version, or comes before the current one, is refused, and nothing is written."""
    before = _versions(copy)
    with pytest.raises(ReleaseError, match=message):
        set_version(version, copy)
    assert _versions(copy) == before


def test_nothing_to_release(copy: Path) -> None:
    """Without a change there is no release."""
    (copy / "CHANGELOG.md").write_text("# Changes\n\n## Unreleased\n\n## 0.0.1 - long ago\n- x\n")
    with pytest.raises(ReleaseError, match="nothing under"):
        set_version("7.0.0", copy)


def test_what_others_need_is_uploaded_first() -> None:
    """All that was built is listed, and no package before one that it asks for."""
    names = [path.name.split("-")[0].replace("_", "-") for path in upload_order(ROOT / "dist")]
    assert len(names) == 2 * len(PACKAGES)
    for package in PACKAGES:
        project = tomllib.loads((package / "pyproject.toml").read_text())["project"]
        for required in project["dependencies"]:
            needed = required.split(">=")[0].split("[")[0]
            if needed in names:
                last = len(names) - 1 - names[::-1].index(needed)
                assert last < names.index(package.name), f"{package.name} before {needed}"

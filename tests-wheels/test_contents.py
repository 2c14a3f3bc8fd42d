"""What is in the wheels and sdists."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from email.parser import Parser
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import pytest

from environment import DIST, PACKAGES, ROOT, wheel

every_package = pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)


def _contents(built: Path) -> dict[str, str]:
    """The files of a wheel, each with the hash of what is in it."""
    with ZipFile(built) as archive:
        return {name: sha256(archive.read(name)).hexdigest() for name in archive.namelist()}


def _built(source: Path, into: Path) -> Path:
    """Build a wheel with the backend that is installed here; nothing is fetched."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(into)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (built,) = into.glob("*.whl")
    return built


def test_nothing_else_is_there() -> None:
    """The folder has one wheel and one sdist of each package."""
    assert len(list(DIST.glob("*.whl"))) == len(list(DIST.glob("*.tar.gz"))) == len(PACKAGES)
    assert len(list(DIST.iterdir())) == 2 * len(PACKAGES)


@every_package
def test_wheel_is_what_the_sources_make(package: Path, tmp_path: Path) -> None:
    """The wheel has what the sources of now make, byte by byte."""
    assert _contents(_built(package, tmp_path)) == _contents(wheel(package.name))


@every_package
def test_sdist_makes_the_same_wheel(package: Path, tmp_path: Path) -> None:
    """The sdist makes the same wheel."""
    (sdist,) = DIST.glob(f"{package.name.replace('-', '_')}-*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    assert _contents(_built(source, tmp_path / "wheel")) == _contents(wheel(package.name))


@every_package
def test_wheel_is_complete(package: Path) -> None:
    """Licence, typing marker and README are in; tests are not."""
    built = wheel(package.name)
    with ZipFile(built) as archive:
        names = archive.namelist()
        (folder,) = {name.split("/")[0] for name in names if ".dist-info/" in name}
        metadata = Parser().parsestr(archive.read(f"{folder}/METADATA").decode())
        licence = archive.read(f"{folder}/licenses/LICENSE")
    assert licence == (ROOT / "LICENSE").read_bytes()
    assert [name for name in names if name.endswith("/py.typed")]
    assert str(metadata.get_payload()).strip() == (package / "README.md").read_text().strip()
    assert (metadata["License-Expression"], metadata["Requires-Python"]) == ("Apache-2.0", ">=3.11")
    assert not [name for name in names if name.startswith("tests")]

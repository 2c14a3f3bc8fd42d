"""What is installed is found as `importlib.metadata` finds it, mostly without it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterable
from importlib.machinery import PathFinder
from importlib.metadata import DistributionFinder, distributions, version
from importlib.metadata import entry_points as standard
from pathlib import Path
from typing import Any

import pytest

from dephealth._distributions import EntryPoint, entry_points, installed_version

GROUPS = ("dephealth", "dephealth.exporters", "console_scripts", "gui_scripts", "pytest11")
EVERYTHING = DistributionFinder.Context()
POINTS = "[dephealth]\nhere = acme.plugin"


def told(points: Iterable[EntryPoint]) -> list[tuple[str, str, str, str, str]]:
    return sorted(
        (
            point.group,
            point.name,
            point.value,
            point.dist.name,
            str(point.dist.read_text("METADATA")),
        )
        for point in points
        if point.dist is not None
    )


def names() -> list[str]:
    return [point.dist.name for point in entry_points("dephealth") if point.dist is not None]


def here(group: str = "dephealth") -> list[str]:
    return [point.value for point in entry_points(group) if point.name == "here"]


def info(folder: Path, name: str, points: str = POINTS) -> Path:
    """The metadata of a distribution in *folder*."""
    made = folder / name
    made.mkdir(parents=True)
    (made / "entry_points.txt").write_bytes(points.encode("latin-1"))
    return made


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, the first of the path."""
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_installed_are_found_as_the_standard_library_does() -> None:
    """All entry points of this environment are the same, with their distributions and metadata."""
    expected = told(point for group in GROUPS for point in standard(group=group))
    assert told(entry_points(*GROUPS)) == expected
    assert len(expected) > len(GROUPS)


def test_versions_are_those_of_the_standard_library() -> None:
    """The version of each distribution of this environment is the same."""
    names = {found.name.replace("_", "-").replace(".", "-").lower() for found in distributions()}
    assert {name: installed_version(name) for name in names} == {
        name: version(name) for name in names
    }
    assert installed_version("acme") is None


def test_standard_library_is_not_imported() -> None:
    """Finding a plugin and loading it does without the module that takes long to import."""
    code = (
        "import sys; from dephealth.api import DependencyHealth, tcp_check;"
        "DependencyHealth('shop', 'web', exporters=[]); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = done.stdout.split()
    assert "dephealth_tcp" in loaded
    assert "importlib.metadata" not in loaded


@pytest.mark.parametrize(
    "name",
    ["acme-1.0.dist-info", "ACME.shop-1.0.Dist-Info", "acme-1.0-py3.12.egg-info", "acme.egg-info"],
)
def test_folder_of_any_kind(path: Path, name: str) -> None:
    """The metadata is a folder of today's tools or of older ones."""
    info(path, name)
    assert here() == ["acme.plugin"]


@pytest.mark.parametrize(
    "text",
    [
        "[dephealth]\nhere=acme.plugin",
        "# comment\n\n[other]\nhere = x\n\n  [dephealth]  \r\n here\t = acme.plugin \r\n",
        "[dephealth]\n; comment\n# here = x\nhere = acme.plugin\n[dephealth.exporters]\nhere = x",
        "\xff[other]\nhere = \xff\n[dephealth]\nhere = acme.plugin",
    ],
)
def test_ways_to_write_it(path: Path, text: str) -> None:
    """Spaces, comments and other groups do not matter, nor what is no UTF-8."""
    info(path, "acme-1.0.dist-info", text)
    assert here() == ["acme.plugin"]


def test_what_is_no_folder(path: Path) -> None:
    """A file in place of the metadata, and folders of the path that do not exist, bring nothing."""
    (path / "acme-1.0.egg-info").write_text("Name: acme")
    sys.path.insert(0, str(path / "nowhere"))  # the fixture takes it away again
    assert here() == []


def test_first_on_the_path_counts(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two distributions of one name the first is taken, however it is written."""
    info(path, "Acme_Shop-1.0.dist-info")
    info(path / "first", "acme.shop-2.0.dist-info", "")
    monkeypatch.syspath_prepend(path / "first")
    assert here() == []
    assert installed_version("acme-shop") == "2.0"


def test_current_folder(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty entry of the path is the current folder."""
    info(path / "work", "acme-1.0.dist-info")
    monkeypatch.chdir(path / "work")
    sys.path.insert(0, "")
    assert here() == ["acme.plugin"]


def test_in_an_archive(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an archive is on the path, the standard library looks into it."""
    with zipfile.ZipFile(path / "all.zip", "w") as archive:
        archive.writestr("acme-1.0.dist-info/METADATA", "Name: acme\nVersion: 1.0\n")
        archive.writestr("acme-1.0.dist-info/entry_points.txt", POINTS)
    monkeypatch.syspath_prepend(path / "all.zip")
    assert here() == ["acme.plugin"]
    assert installed_version("acme") == "1.0"
    assert installed_version("acme-other") is None


def test_in_an_egg(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an egg is on the path, the standard library looks into it."""
    egg = path / "acme-1.0-py3.12.egg"
    (info(egg, "EGG-INFO") / "PKG-INFO").write_text("Name: acme\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(egg)
    assert here() == ["acme.plugin"]


def test_finder_of_another(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a finder of its own brings distributions, the standard library asks it."""

    class Finder(DistributionFinder):
        def find_distributions(
            self, context: DistributionFinder.Context = EVERYTHING
        ) -> Iterable[Any]:
            hidden = DistributionFinder.Context(name=context.name, path=[str(path / "hidden")])
            return PathFinder.find_distributions(hidden)

        def find_spec(self, *_: object) -> None:
            """It finds no modules."""

    made = info(path / "hidden", "acme-1.0.dist-info")
    (made / "METADATA").write_text("Name: acme\nVersion: 1.0\n")
    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    assert here() == ["acme.plugin"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("os.path", "module"),
        ("os : path [extra]", "module"),
        ("os:path.join", "function"),
        ("os: path.join[a,b]", "function"),
    ],
)
def test_loaded(path: Path, value: str, expected: str) -> None:
    """What is loaded is the module that is named, or the object in it."""
    info(path, "acme-1.0.dist-info", f"[dephealth]\nhere = {value}")
    (point,) = (point for point in entry_points("dephealth") if point.name == "here")
    assert type(point.load()).__name__ == expected


def test_name_of_a_distribution(path: Path) -> None:
    """A distribution is named as in its metadata, or as its folder is called."""
    made = info(path, "acme_shop-1.0.dist-info")
    assert "acme_shop" in names()
    (made / "METADATA").write_text("Metadata-Version: 2.1\nname: Acme-Shop\n\nName: none\n")
    assert "Acme-Shop" in names()

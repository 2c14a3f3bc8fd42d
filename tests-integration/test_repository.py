"""Every package looks like every other package."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = sorted(path.parent for path in ROOT.glob("packages/*/pyproject.toml"))
CHECKERS = [path for path in PACKAGES if (path / "tests" / "test_contract.py").exists()]
HEADINGS = ["## Install", "## Use", "## Options", "## What it reports"]
METADATA = {
    "name",
    "version",
    "description",
    "readme",
    "license",
    "license-files",
    "requires-python",
}
VERSION = tomllib.loads((ROOT / "packages/dephealth-core/pyproject.toml").read_text())["project"][
    "version"
]
SERIES = ".".join(VERSION.split(".")[:2])
NEXT_SERIES = f"{VERSION.split('.')[0]}.{int(VERSION.split('.')[1]) + 1}"

every_package = pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
every_checker = pytest.mark.parametrize("package", CHECKERS, ids=lambda path: path.name)


def _project(package: Path) -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((package / "pyproject.toml").read_text())["project"]
    return project


def _import_name(package: Path) -> str:
    return "dephealth" if package.name == "dephealth-core" else package.name.replace("-", "_")


def _sources(package: Path) -> list[Path]:
    return sorted((package / "src").rglob("*.py"))


def _imported(path: Path) -> list[str]:
    """The modules of ours that a file imports by their full names."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    plain = [each.name for node in nodes if isinstance(node, ast.Import) for each in node.names]
    named = [
        f"{node.module}.{each.name}"
        for node in nodes
        if isinstance(node, ast.ImportFrom) and not node.level
        for each in node.names
    ]
    return [module for module in [*plain, *named] if module.startswith("dephealth")]


def _is_private(module: str) -> bool:
    return any(re.match("_(?!_)", part) for part in module.split("."))


@every_package
def test_metadata_is_complete(package: Path) -> None:
    """Each package says the same things about itself."""
    project = _project(package)
    assert project.keys() >= METADATA
    assert project["name"] == package.name
    assert project["license"] == "Apache-2.0"
    assert project["requires-python"] == ">=3.11"
    assert "Typing :: Typed" in project["classifiers"]


@every_package
def test_building_fetches_hatchling_alone(package: Path) -> None:
    """A build asks an index for the backend, and for nothing else."""
    build = tomllib.loads((package / "pyproject.toml").read_text())["build-system"]
    assert build == {"requires": ["hatchling>=1.27"], "build-backend": "hatchling.build"}


def test_version_is_that_of_the_import() -> None:
    """`dephealth.__version__` is the version that the metadata has."""
    source = ROOT / "packages/dephealth-core/src/dephealth/__init__.py"
    assert f'\n__version__ = "{VERSION}"\n' in source.read_text()


@every_package
def test_version_is_the_one(package: Path) -> None:
    """All packages have one version number, and ask each other for its series."""
    project = _project(package)
    assert project["version"] == VERSION
    asked = project.get("dependencies", []) + [
        item for extra in project.get("optional-dependencies", {}).values() for item in extra
    ]
    for requirement in asked:
        if requirement.startswith("dephealth-"):
            assert re.fullmatch(rf"dephealth-[a-z]+>={SERIES},<{NEXT_SERIES}", requirement)


@every_package
def test_files_are_where_they_are_everywhere(package: Path) -> None:
    """Licence, typing marker, README with its headings, tests."""
    assert (package / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    assert (package / "src" / _import_name(package) / "py.typed").exists()
    assert list((package / "tests").glob("test_*.py"))
    readme = (package / "README.md").read_text()
    headings = re.findall(r"^## .*", readme, re.MULTILINE)
    assert headings == HEADINGS
    assert readme.startswith(f"# {package.name}\n")


@every_checker
def test_entry_point_is_folder_is_type(package: Path) -> None:
    """The entry point has the name of the type, which is that of the folder."""
    points = _project(package)["entry-points"]["dephealth"]
    name = package.name.removeprefix("dephealth-")
    assert points == {name: f"{_import_name(package)}.plugin"}


def test_every_checker_passes_the_contract() -> None:
    """Each package with a dependency type has the contract test."""
    with_type = [path for path in PACKAGES if "dephealth" in _project(path).get("entry-points", {})]
    assert with_type == CHECKERS


def test_core_has_an_extra_for_each_package() -> None:
    """`dephealth-core[NAME]` brings dephealth-NAME, and `all` brings them all."""
    extras = _project(ROOT / "packages/dephealth-core")["optional-dependencies"]
    others = {path.name for path in PACKAGES} - {"dephealth-core", "dephealth-testing"}
    assert {f"dephealth-{name}" for name in extras if name != "all"} == others
    assert {re.split("[>=]", item)[0] for item in extras["all"]} == others


@every_package
def test_packages_use_only_what_others_offer(package: Path) -> None:
    """No package imports a private module of another one."""
    for path in _sources(package):
        for module in _imported(path):
            own = module.split(".")[0] == _import_name(package)
            assert own or not _is_private(module), f"{path}: {module}"


@every_package
def test_tests_use_only_what_authors_can(package: Path) -> None:
    """Tests import private modules of the package that they test, and of no other one."""
    for path in sorted((package / "tests").rglob("*.py")):
        for module in _imported(path):
            own = module.split(".")[0] == _import_name(package)
            assert own or not _is_private(module), f"{path}: {module}"


@every_package
def test_files_have_one_job(package: Path) -> None:
    """No source file outgrows a few screens."""
    lengths = {path.name: len(path.read_text().splitlines()) for path in _sources(package)}
    assert {name: lines for name, lines in lengths.items() if lines > 320} == {}

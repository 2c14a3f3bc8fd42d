"""Give all packages another version: ``python tools/release.py 0.2.0``.

It is one number, which stands in each package's metadata, in what packages ask of each
other, in ``dephealth.__version__`` and above the changes. RELEASING.md says what comes next.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from datetime import UTC, datetime
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parent.parent
_FORM = re.compile(r"(\d+)\.(\d+)\.(\d+)")
_VERSION = re.compile(r'^version = "(.*)"$', re.MULTILINE)
_DUNDER = re.compile(r'^__version__ = "(.*)"$', re.MULTILINE)
_SERIES = re.compile(r'(?<=")(dephealth-[a-z]+(?:\[[a-z,]+\])?)>=[\d.]+,<[\d.]+(?=")')
_UNRELEASED = "## Unreleased\n"

Version = tuple[int, int, int]


class ReleaseError(Exception):
    """The version cannot be released."""


def set_version(text: str, root: Path = ROOT) -> None:
    """Write the version *text* everywhere.

    Raises:
        ReleaseError: It is no version, not the next one, or nothing has changed.
    """
    version = _parsed(text)
    projects = sorted(root.glob("packages/*/pyproject.toml"))
    core = root / "packages" / "dephealth-core"
    current = _only(_VERSION, core / "pyproject.toml")
    if version <= _parsed(current):
        raise ReleaseError(f"{text} does not come after {current}")
    changes = _released(root / "CHANGELOG.md", text)
    series = f">={version[0]}.{version[1]},<{version[0]}.{version[1] + 1}"
    for project in projects:
        _only(_VERSION, project)
        written = _VERSION.sub(f'version = "{text}"', project.read_text())
        project.write_text(_SERIES.sub(rf"\1{series}", written))
    source = core / "src" / "dephealth" / "__init__.py"
    _only(_DUNDER, source)
    source.write_text(_DUNDER.sub(f'__version__ = "{text}"', source.read_text()))
    (root / "CHANGELOG.md").write_text(changes)


def _parsed(text: str) -> Version:
    found = _FORM.fullmatch(text)
    if found is None:
        raise ReleaseError(f"{text!r} is no version: three numbers, as 0.2.0")
    return int(found[1]), int(found[2]), int(found[3])


def _only(pattern: re.Pattern[str], path: Path) -> str:
    found = pattern.findall(path.read_text())
    if len(found) != 1:
        raise ReleaseError(f"{path} has {len(found)} versions")
    return str(found[0])


def _released(changelog: Path, version: str) -> str:
    """The changes with a heading for *version* above those that are not released."""
    before, heading, after = changelog.read_text().partition(_UNRELEASED)
    if not heading or not after.partition("\n## ")[0].strip():
        raise ReleaseError(f"{changelog.name} has nothing under {_UNRELEASED.strip()!r}")
    today = datetime.now(UTC).date()
    return f"{before}{heading}\n## {version} - {today}\n{after}"


def upload_order(dist: Path) -> list[Path]:
    """What was built, so that what is uploaded never asks for what is not there yet."""
    asked = {
        path.parent.name: _ours(tomllib.loads(path.read_text())["project"]["dependencies"])
        for path in sorted(ROOT.glob("packages/*/pyproject.toml"))
    }
    order = list(TopologicalSorter(asked).static_order())
    return sorted(
        dist.iterdir(),
        key=lambda path: (order.index(path.name.split("-")[0].replace("_", "-")), path.name),
    )


def _ours(requirements: list[str]) -> list[str]:
    names = [re.split(r"[\[<>=~! ]", requirement)[0] for requirement in requirements]
    return [name for name in names if name.startswith("dephealth-")]


def main(arguments: list[str] | None = None) -> int:
    """Do as the command line says; gives the exit code."""
    parser = argparse.ArgumentParser(description="Give all packages another version.")
    parser.add_argument("version", nargs="?", help="the new one, as 0.2.0")
    parser.add_argument("--built", action="store_true", help="say what is to be uploaded instead")
    given = parser.parse_args(arguments)
    if given.built:
        print("Nothing was uploaded. Commit, tag, then upload in this order:")
        print(*(path.relative_to(ROOT) for path in upload_order(ROOT / "dist")), sep="\n")
        return 0
    try:
        set_version(given.version or "")
    except ReleaseError as exc:
        print(exc, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The entry points of what is installed (docs/hooks.md).

Importing `importlib.metadata` takes a third of what importing all of the core does. It is asked
only where there is more than folders on the path: archives, eggs, or finders of others.
"""

from __future__ import annotations

import functools
import importlib
import re
import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any, Protocol


class Distribution(Protocol):
    """What is asked of a distribution, be it ours or one of `importlib.metadata`."""

    @property
    def name(self) -> str: ...
    def read_text(self, filename: str, /) -> str | None: ...


class EntryPoint(Protocol):
    """What is asked of an entry point, be it ours or one of `importlib.metadata`."""

    @property
    def name(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def group(self) -> str: ...
    @property
    def dist(self) -> Distribution | None: ...
    def load(self) -> Any: ...


def entry_points(*groups: str) -> list[EntryPoint]:
    """The entry points of these groups, of the distributions that come first on the path."""
    if _is_plain():
        found = (point for each in _folders() for point in _points(each))
        return [point for point in found if point.group in groups]
    from importlib.metadata import entry_points

    return [point for group in groups for point in entry_points(group=group)]


def installed_version(name: str) -> str | None:
    """The version of the distribution *name*, a normalized one; None if it is not installed."""
    if _is_plain():
        return next((each.version for each in _folders() if each.key == name), None)
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return None


class _Folder:
    """A distribution: the folder of its metadata."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # `a_name-1.0.dist-info`, or of older tools `a_name-1.0-py3.12.egg-info`.
        self._stem, self.version, *_ = [*path.stem.split("-"), ""]
        self.key = re.sub(r"[-_.]+", "-", self._stem).lower()

    @functools.cached_property
    def name(self) -> str:
        head = self.read_text("METADATA") or self.read_text("PKG-INFO") or ""
        found = re.search(r"^Name:\s*(\S+)", head, re.MULTILINE | re.IGNORECASE)
        return found[1] if found else self._stem

    def read_text(self, filename: str, /) -> str | None:
        try:
            return (self._path / filename).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None  # it has no such file, or is one itself: an egg-info may be


class _Point:
    """An entry point of a folder."""

    def __init__(self, group: str, name: str, value: str, dist: _Folder) -> None:
        self.group, self.name, self.value, self.dist = group, name, value, dist

    def load(self) -> Any:
        module, _, attributes = self.value.partition("[")[0].partition(":")
        found = importlib.import_module(module.strip())
        return functools.reduce(getattr, filter(None, attributes.strip().split(".")), found)


def _is_plain() -> bool:
    """Whether all that is installed is in folders."""
    if any(entry.endswith(".egg") or Path(entry).is_file() for entry in sys.path):
        return False
    finders = (each for each in sys.meta_path if each is not PathFinder)
    return not any(hasattr(each, "find_distributions") for each in finders)


def _folders() -> Iterator[_Folder]:
    seen = set[str]()
    for entry in sys.path:
        try:
            children = list(Path(entry).iterdir())
        except OSError:
            continue  # as imports do
        for child in children:
            if child.suffix.lower() in {".dist-info", ".egg-info"}:
                found = _Folder(child)
                if found.key not in seen:
                    seen.add(found.key)
                    yield found


def _points(distribution: _Folder) -> Iterator[_Point]:
    group = ""
    for line in map(str.strip, (distribution.read_text("entry_points.txt") or "").splitlines()):
        if line.startswith("["):
            group = line.strip("[]").strip()
        elif line and not line.startswith(("#", ";")):
            name, _, value = (part.strip() for part in line.partition("="))
            yield _Point(group, name, value, distribution)

"""Distributions that bring plugins, as folders on the path."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from importlib.metadata import EntryPoint, distributions
from pathlib import Path

from dephealth import CheckerRegistry

PLUGIN = """
from dephealth import CheckerSpec, hookimpl

def checker():
    raise AssertionError("the checker was asked for")

@hookimpl
def dephealth_checkers():
    return [CheckerSpec(type={type!r}, schemes={schemes!r}, checker=checker)]
"""


class Distributions:
    """A folder that is on the path, where distributions can be put.

    The names of their modules are `module`'s, so that none is imported twice.
    """

    def __init__(self, folder: Path, prefix: str) -> None:
        self.folder = folder
        self._prefix = prefix

    def module(self, name: str) -> str:
        return f"{self._prefix}_{name}"

    def write(self, module: str, source: str) -> str:
        """A module with that source; gives its full name."""
        path = self.folder / f"{self.module(module)}.py"
        path.write_text(textwrap.dedent(source))
        return path.stem

    def add(
        self,
        distribution: str,
        group: str = "dephealth",
        requires: Iterable[str] = (),
        **entry_points: str,
    ) -> None:
        """A distribution with entry points to the modules of these names."""
        info = self.folder / f"{distribution.replace('-', '_')}-1.0.dist-info"
        info.mkdir(exist_ok=True)
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n"
            + "".join(f"Requires-Dist: {required}\n" for required in requires)
            + "\nRequires-Dist: dephealth-core<0\n"
        )
        modules = sorted({self.module(at) for at in entry_points.values()})
        (info / "top_level.txt").write_text("\n".join(modules))
        with (info / "entry_points.txt").open("a") as file:
            file.write(f"[{group}]\n")
            file.writelines(f"{name} = {self.module(at)}\n" for name, at in entry_points.items())

    def plugin(
        self, distribution: str, type: str, schemes: Iterable[str] = (), name: str | None = None
    ) -> str:
        """A distribution with a plugin of one type; gives its module's name."""
        key = distribution.replace("-", "_")
        source = PLUGIN.format(type=type, schemes=dict.fromkeys(schemes or [type], 1))
        self.add(distribution, **{name or type: key})
        return self.write(key, source)

    def points(self) -> list[EntryPoint]:
        found = distributions(path=[str(self.folder)])
        return sorted(
            (point for found_one in found for point in found_one.entry_points),
            key=lambda point: str(point.dist and point.dist.name),
        )

    def registry(self, *disabled: str) -> CheckerRegistry:
        """A registry of what is here, and nothing else."""
        return CheckerRegistry(self.points(), disabled)

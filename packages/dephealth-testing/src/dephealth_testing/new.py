"""Make the package of a new plugin: ``python -m dephealth_testing.new NAME``."""

from __future__ import annotations

import argparse
import re
import sys
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from dephealth import Checker, CheckerSpec, ConfigurationError, __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.resources.abc import Traversable

_SUFFIX = ".txt"
"""Ends the names of the template's files: no tool takes them for what they become."""


def new_plugin(name: str, into: Path | None = None, port: int | None = None) -> Path:
    """Make the folder ``dephealth-NAME``: a plugin whose tests pass, to be changed.

    Args:
        name: The dependency type, which becomes the URL scheme too.
        into: The folder to make it in; the current one if not given.
        port: The default port; none if not given.

    Returns:
        The new folder.

    Raises:
        ConfigurationError: *name* cannot be a type and scheme, or *port* none.
        FileExistsError: The folder is there already.
    """
    CheckerSpec(type=name, schemes={name: port}, checker=lambda: Checker)  # what is wrong is raised
    words = _words(name, port)
    folder = (into or Path()) / f"dephealth-{name}"
    folder.mkdir(parents=True)
    for relative, text in _template():
        path = folder / relative.replace("MODULE", words["module"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(Template(text).substitute(words), encoding="utf-8")
    return folder


def main(arguments: Sequence[str] | None = None) -> int:
    """Do as the command line says; gives the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m dephealth_testing.new", description="Make the package of a new plugin."
    )
    parser.add_argument("name", help="dependency type and URL scheme, for example memcached")
    parser.add_argument("--into", type=Path, help="folder to make it in, instead of this one")
    parser.add_argument("--port", type=int, help="default port")
    given = parser.parse_args(arguments)
    try:
        folder = new_plugin(given.name, given.into, given.port)
    except FileExistsError as exc:
        return _failed(f"{exc.filename} is there already")
    except OSError as exc:
        return _failed(f"{exc.filename}: {exc.strerror}")
    except ConfigurationError as exc:
        return _failed(str(exc))
    print(f"{folder}: pip install -e '{folder}[test]' && pytest {folder}")  # noqa: T201
    return 0


def _failed(why: str) -> int:
    print(why, file=sys.stderr)  # noqa: T201  # a command's answer
    return 1


def _words(name: str, port: int | None) -> dict[str, str]:
    module = re.sub("[.-]", "_", name)
    major, minor = __version__.split(".")[:2]
    return {
        "name": name,
        "module": module,
        "function": name.replace("-", "_"),
        "cls": "".join(part.capitalize() for part in module.split("_")),
        "port": str(port),
        "example_port": str(port or 1234),
        "series": f">={major}.{minor},<{major}.{int(minor) + 1}",
    }


def _template() -> Iterator[tuple[str, str]]:
    """The path of each file of the template, as it will be, with its text."""
    waiting: list[tuple[str, Traversable]] = [("", files(__package__) / "_template")]
    while waiting:
        path, entry = waiting.pop()
        if entry.is_dir():
            waiting += [(f"{path}/{each.name}".lstrip("/"), each) for each in entry.iterdir()]
        else:
            yield path.removesuffix(_SUFFIX), entry.read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

"""Fresh environments, into which nothing of ours comes but what was built here."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from uv import find_uv_bin

ROOT = Path(__file__).parent.parent
DIST = ROOT / "dist"
PACKAGES = sorted(path.parent for path in ROOT.glob("packages/*/pyproject.toml"))
_FETCHED = re.compile(r"https?://\S*/dephealth[-_.]\w+", re.IGNORECASE)


def wheel(package: str) -> Path:
    """The wheel of *package* that `./dev build` made."""
    found = list(DIST.glob(f"{package.replace('-', '_')}-*.whl"))
    if len(found) != 1:
        raise AssertionError(f"{DIST} has {len(found)} wheels of {package}: ./dev build")
    return found[0]


class Environment:
    """A virtual environment in *folder*, empty at first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._constraints = folder.with_suffix(".constraints")
        self._constraints.write_text(
            "".join(f"{path.name} @ {wheel(path.name).as_uri()}\n" for path in PACKAGES)
        )
        _uv("venv", "--quiet", str(folder))

    def install(self, *requirements: str) -> None:
        """Install *requirements* from the network, and what is ours from its built wheel.

        Whoever registers one of our names must not get into a test: each of them
        is tied to a path, and uv's own log tells that none was asked for.
        """
        log = _uv(
            "pip",
            "install",
            "--verbose",
            *self._here,
            "--constraint",
            str(self._constraints),
            *requirements,
        )
        fetched = _FETCHED.search(log)
        if fetched is not None:
            raise AssertionError(f"{fetched[0]} was asked for")
        _uv("pip", "check", *self._here)

    def installed(self) -> set[str]:
        """The distributions in it."""
        listed = _uv("pip", "list", "--quiet", "--format=json", *self._here)
        return {each["name"] for each in json.loads(listed)}

    def run(
        self,
        *arguments: str,
        cwd: Path | None = None,
        env: dict[str, str] | None = None,
    ) -> str:
        """Run its Python, out of reach of this repository; gives what it writes."""
        clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        return _run(
            [str(self.folder / "bin" / "python"), *arguments],
            cwd=cwd or self.folder,
            env={**clean, **(env or {})},
        )

    @property
    def _here(self) -> tuple[str, ...]:
        return "--python", str(self.folder)


def build(source: Path, into: Path) -> Path:
    """Build the wheel of a package as its author does; gives its path."""
    _uv("build", "--wheel", "--out-dir", str(into), str(source))
    (built,) = into.glob("*.whl")
    return built


def _uv(*arguments: str) -> str:
    return _run([find_uv_bin(), *arguments])


def _run(command: Iterable[str], cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        list(command),
        cwd=cwd,
        env=env,
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode:
        raise AssertionError(f"{command} returned {done.returncode}:\n{done.stdout}")
    return done.stdout

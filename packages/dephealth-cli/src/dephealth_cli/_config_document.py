"""A configuration file as it is written, and what is wrong with it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property
from typing import Any, NamedTuple

from dephealth import ConfigurationError

from ._config_lines import Path, lines_of

_LARGEST = 1024 * 1024
_PART = r"""(?:[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')"""
_DEEP = re.compile(rf"(?<![\w.\\-]){_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{64}}", re.ASCII)
"""A key of more than 64 parts: tomllib walks all of them again at each key below."""
_AT = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


class Problem(NamedTuple):
    """One thing that is wrong: where, and what. Never quotes a value."""

    file: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(part for part in (where, self.key, self.message) if part)


class BadFileError(ConfigurationError):
    """A configuration file cannot be used; `problems` has everything that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class Document:
    """A file that was read, to which problems are noted.

    Args:
        file: Its name, as in messages.

    Raises:
        BadFileError: It cannot be read, or is not TOML.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self._problems: list[Problem] = []
        self._text = _read(file)
        try:
            self.content: Mapping[str, Any] = tomllib.loads(self._text)
        except RecursionError:
            raise BadFileError([Problem(file, 0, "", "is nested too deeply")]) from None
        except ValueError as exc:
            raise BadFileError([_syntax_problem(file, self._text, str(exc))]) from None

    def wrong(self, path: Path, message: str) -> None:
        """Note that what stands at *path* is wrong."""
        places = (self._lines.get(path[:length]) for length in range(len(path), 0, -1))
        line = next((place for place in places if place), 1)
        key = ".".join(map(_written, path))
        self._problems.append(Problem(self.file, line, key, message))

    def unknown(self, path: Path, known: Sequence[str]) -> None:
        """Note that nobody knows the key at *path*."""
        near = get_close_matches(path[-1], known, 1)
        advice = f"; did you mean {near[0]!r}?" if near else f" (known: {', '.join(known)})"
        self.wrong(path, f"unknown key{advice}")

    def table(self, path: Path) -> Mapping[str, Any]:
        """The table at *path*; an empty one if it is not there, or is none."""
        found: Any = self.content
        for key in path:
            found = found.get(key, {})
        if isinstance(found, dict):
            return found
        self.wrong(path, "must be a table")
        return {}

    @property
    def problem_count(self) -> int:
        """How many problems there are so far."""
        return len(self._problems)

    def check(self) -> None:
        """Raise `BadFileError` if a problem was noted."""
        if self._problems:
            raise BadFileError(sorted(self._problems, key=lambda problem: problem.line))

    @cached_property
    def _lines(self) -> Mapping[Path, int]:
        return lines_of(self._text)


def _read(file: str) -> str:
    def refused(message: str, line: int = 0) -> BadFileError:
        return BadFileError([Problem(file, line, "", message)])

    try:
        with open(file, "rb") as opened:  # noqa: PTH123  # pathlib is slow to import
            content = opened.read(_LARGEST + 1)
    except (OSError, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "no path"
        raise refused(f"cannot be read: {reason}") from exc
    if len(content) > _LARGEST:
        raise refused(f"is larger than {_LARGEST} bytes")
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as exc:
        raise refused("is not UTF-8", content.count(b"\n", 0, exc.start) + 1) from None
    if deep := _DEEP.search(text):
        raise refused("more than 64 parts with dots between", text.count("\n", 0, deep.start()) + 1)
    return text


def _syntax_problem(file: str, text: str, message: str) -> Problem:
    found = _AT.search(message)
    line = int(found[1]) if found and found[1] else text.count("\n") + 1
    return Problem(file, line if found else 0, "", f"is not TOML: {_AT.sub('', message)}")


def _written(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else repr(key)

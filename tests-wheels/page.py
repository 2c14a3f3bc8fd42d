"""The page about writing a plugin, as the files and commands that it is made of."""

from __future__ import annotations

import re

from environment import ROOT

PAGE = ROOT / "docs" / "writing-a-plugin.md"

_BLOCK = re.compile(r"([^\n]*)\n\n```(python|sh)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_PATH = re.compile(r"`((?:src|tests)/\S+\.py)`[^`]*:$")


def files() -> dict[str, str]:
    """The Python files that the page shows, by the path that stands before each."""
    named = ((_PATH.search(before), code) for before, language, code in _blocks("python"))
    return {found[1]: code for found, code in named if found is not None}


def program() -> str:
    """The program that uses the plugin: the block of Python that is no file of it."""
    shown = set(files().values())
    (code,) = (code for _, _, code in _blocks("python") if code not in shown)
    return code


def commands() -> list[str]:
    """The lines of shell, in their order."""
    return [line for _, _, code in _blocks("sh") for line in code.splitlines()]


def lines(code: str) -> int:
    """How many lines somebody writes: empty ones do not count."""
    return sum(bool(line.strip()) for line in code.splitlines())


def _blocks(language: str) -> list[tuple[str, str, str]]:
    return [found for found in _BLOCK.findall(PAGE.read_text()) if found[1] == language]

"""What is printed, and where it cannot be."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from typing import NamedTuple

import click

_BROKEN_PIPE = 141
"""The exit code of a program that a closed pipe has ended."""


class Rows(NamedTuple):
    """A table: its headings, and of each row the cells and whether that is good (None: unknown)."""

    headings: Sequence[str]
    rows: Sequence[tuple[Sequence[str], bool | None]]


def emit(text: str) -> None:
    """Print *text* and a line's end to stdout at once.

    Raises:
        click.exceptions.Exit: Nobody reads it any more.
        click.ClickException: It cannot be written.
    """
    if sys.stdout is None:
        return
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except OSError as exc:
        # Nothing more is written there, not even at the end of the interpreter.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if exc.errno == errno.EPIPE:
            raise click.exceptions.Exit(_BROKEN_PIPE) from exc
        raise click.ClickException(f"the output cannot be written: {exc.strerror}") from exc


def on_terminal() -> bool:
    """Whether a person looks at stdout."""
    return sys.stdout is not None and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def one_line(text: str) -> str:
    """*text* in one line, without what moves a terminal's cursor: servers write it."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def columns(rows: Sequence[Sequence[str]]) -> str:
    """*rows* with their cells below each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )

"""The command on a terminal of its own."""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from ._command import BOUND, COMMAND, environment


class Terminal:
    """A process that has a terminal of 40 lines and 160 columns, and what it shows."""

    def __init__(self, *arguments: str, **variables: str) -> None:
        self._own, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 160, 0, 0))
        variables = {"TERM": "xterm-256color", "COLUMNS": "", **variables}
        env = environment(variables)
        for name in ("NO_COLOR", "FORCE_COLOR"):
            if name not in variables:
                env.pop(name, None)
        self.process = subprocess.Popen(
            [*COMMAND, *arguments],
            env=env,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self.screen = ""

    def read(self) -> bool:
        """Wait for more on the screen; False at the end."""
        try:
            more = os.read(self._own, 65536)
        except OSError as exc:  # what Linux says when nobody has the terminal any more
            if exc.errno != errno.EIO:
                raise
            more = b""
        self.screen += more.decode(errors="replace")
        return bool(more)

    def press(self, keys: str) -> None:
        """Type *keys*."""
        os.write(self._own, keys.encode())

    def wait(self) -> int:
        """Read to the end; gives the exit code."""
        while self.read():
            pass
        return self.process.wait(BOUND)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait(BOUND)
        os.close(self._own)


def on_terminal(*arguments: str, **variables: str) -> tuple[int, str]:
    """The exit code of a command, and all that its terminal showed."""
    with Terminal(*arguments, **variables) as terminal:
        return terminal.wait(), terminal.screen


@contextmanager
def terminal(*arguments: str, **variables: str) -> Iterator[Terminal]:
    """A command on a terminal."""
    with Terminal(*arguments, **variables) as running:
        yield running

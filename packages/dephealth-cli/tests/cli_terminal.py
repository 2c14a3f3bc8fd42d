"""The command on a terminal of its own."""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from types import TracebackType
from typing import Self

from cli_command import BOUND, COMMAND, environment


class Terminal:
    """A process that has a terminal of 40 lines and 160 columns, and what it shows."""

    def __init__(self, *arguments: str, **variables: str) -> None:
        self.own, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 160, 0, 0))
        variables = {"TERM": "xterm-256color", "COLUMNS": "", **variables}
        env = environment(variables)
        for name in ("NO_COLOR", "FORCE_COLOR"):
            if name not in variables:
                env.pop(name, None)
        self.process = subprocess.Popen(
            # Which makes it the terminal that Ctrl-C is pressed on.
            ["setsid", "--ctty", *COMMAND, *arguments],
            env=env,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        self.screen = ""
        self._seen = 0

    def read(self) -> bool:
        """Wait for more on the screen; False at the end."""
        ready, _, _ = select.select([self.own], [], [], BOUND)
        assert ready, f"nothing more comes: {self.screen}"
        try:
            more = os.read(self.own, 65536)
        except OSError as exc:  # what Linux says when nobody has the terminal any more
            if exc.errno != errno.EIO:
                raise
            more = b""
        self.screen += more.decode(errors="replace")
        return bool(more)

    def read_until(self, pattern: str) -> None:
        """Wait until *pattern* is on the screen, from where the last one was found on."""
        end = time.monotonic() + BOUND
        while not (found := re.compile(pattern).search(self.screen, self._seen)):
            assert self.read(), self.screen
            assert time.monotonic() < end, f"{pattern!r} is not in {self.screen[-3000:]!r}"
        self._seen = found.end()

    def press(self, keys: str) -> None:
        """Type *keys*."""
        os.write(self.own, keys.encode())

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
        os.close(self.own)


def on_terminal(*arguments: str, **variables: str) -> tuple[int, str]:
    """The exit code of a command, and all that its terminal showed."""
    with Terminal(*arguments, **variables) as terminal:
        return terminal.wait(), terminal.screen


def attributes(terminal: Terminal) -> list[object]:
    """How a terminal treats what is typed."""
    return termios.tcgetattr(terminal.own)[:4]

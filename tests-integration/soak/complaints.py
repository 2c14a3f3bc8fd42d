"""What goes wrong in the service outside of its checks."""

from __future__ import annotations

import asyncio
import logging
import re
import sys
import threading
import traceback
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from .telling import Teller

_FULL_DISK = "/dev/full"
_UNKNOWN = re.compile(
    "the check raised|does not end|does not close|failed to close|its task has ended"
)
"""What dephealth logs when something is not as it expects."""


class Log(logging.StreamHandler[Any]):
    """The service's log, a file on a disk that may become full."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a")
        self.lost = 0
        """Lines that could not be written."""
        super().__init__(self._file)
        self.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))

    def fill(self) -> None:
        """There is no space left from now on."""
        self.stream = Path(_FULL_DISK).open("w")  # noqa: SIM115  # closed by `empty`

    def empty(self) -> None:
        """There is space again."""
        full, self.stream = self.stream, self._file
        with suppress(OSError):  # of what is still in its buffer
            full.close()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's
        """Count it."""
        self.lost += 1


class Complaints:
    """Tells of every exception that nobody was there for."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller

    def listen(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hear all of them from now on."""
        loop.set_exception_handler(self._on_loop)
        threading.excepthook = self._on_thread
        sys.unraisablehook = self._on_unraisable
        warnings.simplefilter("always", ResourceWarning)
        warnings.showwarning = self._on_warning  # documented as the way to hear them
        logging.getLogger("asyncio").addHandler(_Listener(self))
        logging.getLogger("dephealth").addHandler(_Listener(self))

    def say(self, where: str, what: object, exc: BaseException | None = None) -> None:
        """Tell of one."""
        text = "".join(traceback.format_exception(exc)) if exc is not None else ""
        self._teller.tell(complaint=f"{where}: {what}\n{text}".strip())

    def _on_loop(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        what = {key: value for key, value in context.items() if key != "exception"}
        self.say("event loop", what, context.get("exception"))

    def _on_thread(self, args: threading.ExceptHookArgs) -> None:
        self.say("thread", args.thread, args.exc_value)

    def _on_unraisable(self, args: sys.UnraisableHookArgs) -> None:
        self.say("unraisable", f"{args.err_msg} {args.object!r}", args.exc_value)

    def _on_warning(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        self.say("warning", f"{category.__name__} {message} at {filename}:{lineno}")


class _Listener(logging.Handler):
    """Complains of what asyncio logs, and of exceptions that no checker knows."""

    def __init__(self, complaints: Complaints) -> None:
        super().__init__(logging.WARNING)
        self._complaints = complaints

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        unknown = record.levelno >= logging.ERROR and _UNKNOWN.search(message)
        if record.name == "asyncio" or unknown:
            self._complaints.say(f"log of {record.name}", message)

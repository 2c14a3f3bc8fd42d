"""All that a process says, kept to be searched."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import pickle
import sys
import tempfile
import traceback
import warnings
from collections.abc import Iterator

_FORMAT = logging.Formatter("%(asctime)s %(name)s %(levelname)s %(pathname)s %(message)s")


class Heard(logging.Handler):
    """What was seen, and where: log records of all loggers at DEBUG, and whatever is added."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.texts: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep *record* as a handler would write it, and what is in it."""
        self.add(f"a line of logger {record.name}", _FORMAT.format(record))
        self.add(f"a record of logger {record.name}", repr(record.__dict__))

    def add(self, where: str, text: object) -> None:
        """Keep *text*."""
        self.texts.append((where, text if isinstance(text, str) else repr(text)))

    def add_exception(self, where: str, exc: BaseException) -> None:
        """Keep *exc* as it is printed, and what it carries, with all that it came from."""
        self.add(f"the traceback of {where}", "".join(traceback.format_exception(exc)))
        known: set[int] = set()
        waiting: list[BaseException | None] = [exc]
        while waiting:
            link = waiting.pop()
            if link is None or id(link) in known:
                continue
            known.add(id(link))
            name = f"{type(link).__name__} of {where}"
            self.add(f"the text of {name}", str(link))
            self.add(f"the repr of {name}", f"{link!r} {link.args!r} {vars(link)!r}")
            with contextlib.suppress(Exception):  # not all can be
                self.add(f"the pickle of {name}", pickle.dumps(link))
            waiting += [link.__cause__, link.__context__, *getattr(link, "exceptions", ())]


@contextlib.contextmanager
def everything_heard() -> Iterator[Heard]:
    """All loggers at DEBUG, all warnings, and what is printed, by C code too."""
    heard = Heard()
    root = logging.getLogger()
    loggers = [root, *(item for item in _loggers() if item.level)]
    before = [(logger, logger.level, logger.disabled) for logger in loggers]
    logging.disable(logging.NOTSET)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
        logger.disabled = False
    root.addHandler(heard)
    try:
        with warnings.catch_warnings(record=True) as warned, _printed() as printed:
            warnings.simplefilter("always")
            yield heard
    finally:
        root.removeHandler(heard)
        for logger, level, disabled in before:
            logger.setLevel(level)
            logger.disabled = disabled
    for warning in warned:
        heard.add("a warning", f"{warning.message!s} {warning.message!r} {warning.source!r}")
    heard.add("what was printed", printed.getvalue())


def _loggers() -> Iterator[logging.Logger]:
    for item in list(logging.root.manager.loggerDict.values()):
        if isinstance(item, logging.Logger):
            yield item


@contextlib.contextmanager
def _printed() -> Iterator[io.StringIO]:
    """What goes to the descriptors of output and errors."""
    text = io.StringIO()
    with tempfile.TemporaryFile() as file:
        saved = [(number, os.dup(number)) for number in (1, 2)]
        sys.stdout.flush()
        sys.stderr.flush()
        for number, _ in saved:
            os.dup2(file.fileno(), number)
        try:
            yield text
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for number, copy in saved:
                os.dup2(copy, number)
                os.close(copy)
            file.seek(0)
            text.write(file.read().decode(errors="replace"))

"""`python -m fuzzing.target READER …` is a process that fuzzes one reader until it fails.

All further arguments are libFuzzer's.
"""

from __future__ import annotations

import sys
from functools import partial

import atheris

from .trying import try_once

_INSTRUMENTED = ["dephealth", "tomllib", "urllib", "shlex", "ipaddress"]


def main() -> None:
    """Never returns."""
    name = sys.argv.pop(1)
    with atheris.instrument_imports(include=_INSTRUMENTED):
        from texts.readers import EXAMPLES, quietly, read

        for text in EXAMPLES[name]:
            read(name, text)  # what is imported late is imported now
    quietly()
    atheris.Setup(sys.argv, partial(try_once, partial(read, name)))
    atheris.Fuzz()


if __name__ == "__main__":
    main()

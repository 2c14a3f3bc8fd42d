"""The process of the hostile servers, from the side of the tests."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from dephealth_testing import KeyPair


@contextlib.contextmanager
def hostile_servers(pair: KeyPair) -> Iterator[Mapping[str, int]]:
    """Run them; gives the port of each by its name.

    In a process of their own: what they hold is not what the checks do.
    """
    with subprocess.Popen(
        [sys.executable, "-m", "hostile", str(pair.certificate), str(pair.key)],
        cwd=Path(__file__).parents[1],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()
            process.wait(10)

"""A Python of its own for what must not have happened yet in this one."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap


def run(code: str, **environ: str) -> str:
    """What *code* prints in a new process, to stdout and stderr; it must succeed."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr

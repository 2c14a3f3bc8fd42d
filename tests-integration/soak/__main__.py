"""Runs the endurance test; `--write` puts the result into docs/reliability.md."""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path

from . import world
from .report import section, text, with_section
from .run import LONG, soak

_PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
_TITLE = "# Reliability\n"


def main() -> int:
    """Run as long as asked for; 1 if something was not as it must be."""
    parser = argparse.ArgumentParser(prog="./dev soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=LONG, help="how long (10)")
    parser.add_argument("--seed", type=int, help="of the faults; if not given, another each time")
    parser.add_argument("--copies", type=int, help="endpoints of each kind (5, 2 under 10 minutes)")
    parser.add_argument("--write", action="store_true", help="write docs/reliability.md")
    options = parser.parse_args()
    if command := world.missing():
        parser.error(f"server programs are missing: {command}")
    seed = secrets.randbelow(10**6) if options.seed is None else options.seed
    copies = options.copies or (5 if options.minutes >= LONG else 2)
    say = partial(print, flush=True)
    say(f"seed {seed}")
    folder = Path(tempfile.mkdtemp(prefix="dephealth-soak-"))
    result = asyncio.run(soak(folder, options.minutes, seed, copies, say))
    say(text(result))
    (folder / "samples.json").write_text(json.dumps(result.quiet))
    if options.write:
        page = _PAGE.read_text() if _PAGE.exists() else _TITLE
        _PAGE.write_text(with_section(page, section(result)))
    if result.failures:
        say(f"what the service wrote, and what was read: {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Fuzzes all that reads a text from outside; `--write` puts the result into the page."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import reliability
from texts.readers import READERS

from .runs import Run, fuzz


def main() -> int:
    """Run as long as asked for; 1 if anything was found."""
    parser = argparse.ArgumentParser(prog="./dev fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="for each reader (60)")
    parser.add_argument(
        "--only", default="", metavar="TEXT", help="readers with this in their name"
    )
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="of what is worth trying again")
    parser.add_argument("--write", action="store_true", help="write docs/reliability.md")
    options = parser.parse_args()
    keep: Path = options.keep or Path(tempfile.mkdtemp(prefix="dephealth-fuzz-"))
    readers = [name for name in READERS if options.only in name]

    def run(reader: str) -> Run:
        done = fuzz(reader, options.seconds, keep / reader.replace(" ", "-"))
        found = done.finding or "nothing found"
        print(f"{reader}: {done.executions:,} texts in {done.seconds:.0f} s: {found}", flush=True)
        return done

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = list(pool.map(run, readers))
    print(f"corpora and logs: {keep}")
    for done in runs:
        cells = (f"{done.executions:,}", f"{done.seconds:.0f} s", done.finding or "none")
        reliability.FUZZING.add(done.reader, *cells)
    findings = [done for done in runs if done.finding]
    if options.write and not findings:
        reliability.write()
    return 1 if findings or not runs else 0


if __name__ == "__main__":
    sys.exit(main())

"""Runs the benchmarks; `--write` renews docs/benchmarks.md."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from .page import written
from .row import Row
from .suite import BENCHMARKS, run

_PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"


def main() -> int:
    """Run what was asked for; 1 if a bound is not kept."""
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"some of: {', '.join(BENCHMARKS)}")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        name, keywords = options.one
        print(json.dumps(asyncio.run(_one(name, json.loads(keywords)))))
        return 0
    unknown = set(options.names) - BENCHMARKS.keys()
    if unknown:
        parser.error(f"no benchmark is called {', '.join(map(repr, sorted(unknown)))}")
    rows = []
    for name in options.names or BENCHMARKS:
        for row in run(name):
            rows.append(row)
            print(_line(row), flush=True)
    if options.write:
        _PAGE.write_text(written(rows))
    return 0 if all(row.kept for row in rows) else 1


async def _one(name: str, keywords: dict[str, Any]) -> list[Row]:
    return await BENCHMARKS[name](**keywords)


def _line(row: Row) -> str:
    verdict = "ok" if row.kept else "TOO MUCH"
    measured, most = f"{row.measured:.2f} {row.unit}".strip(), f"at most {row.most:.2f}"
    return f"{row.section}: {row.what}: {measured} ({most}) {verdict} {row.beside}"


if __name__ == "__main__":
    sys.exit(main())

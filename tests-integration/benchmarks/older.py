"""The older distribution of the same name, where ./dev bench has installed it apart."""

from __future__ import annotations

import asyncio
import math
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from .measure import ratio_of
from .peers import accepting
from .row import Row

SECTION = "The older distribution, by code that runs on both"
VARIABLE = "DEPHEALTH_OLDER_PYTHON"
"""The interpreter of an environment with dephealth 0.8.2 from PyPI."""

_CODE = Path(__file__).with_name("same_code.py")


async def tcp(pairs: int = 6) -> list[Row]:
    """A TCP check of ours beside one of the older distribution, nothing if that is not here."""
    older = os.environ.get(VARIABLE)
    if not older:
        return []
    rows = []
    with accepting() as port:
        for count in (1000, 3000):
            runs = [
                (await _run(sys.executable, port, count), await _run(older, port, count))
                for _ in range(pairs)
            ]
            costs = [(ours[0], other[0]) for ours, other in runs]
            ratio = ratio_of(costs)
            missed = max(1 - healthy for _, (_, healthy) in runs)
            beside = (
                f"{ratio.low:.2f} to {ratio.high:.2f}; {ratio.ours * 1e6:.0f} µs beside "
                f"{ratio.bare * 1e6:.0f} µs"
            )
            if missed:
                beside += f", which called up to {missed:.0%} of the healthy ones unhealthy"
            what = f"{count:,} TCP endpoints every 2 s: CPU of a check beside dephealth 0.8.2"
            rows.append(Row(SECTION, what, ratio.median, math.inf, beside=beside))
    return rows


async def _run(python: str, port: int, count: int) -> tuple[float, float]:
    process = await asyncio.create_subprocess_exec(
        python, str(_CODE), str(port), str(count),
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    told, _ = await process.communicate()
    cost, healthy = map(float, told.split())
    return cost, healthy


ALL: dict[str, Callable[[], Awaitable[list[Row]]]] = {"older": tcp}

"""One run: rounds of faults until the time is over, then the end of the service."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from . import schedule
from .faults import happen
from .groups import INTERVAL, TIMEOUT
from .judge import BOUND
from .link import Link, service
from .many import counted
from .result import Result
from .rounds import Round
from .world import LINES, World, has_dns, running

LONG = 10.0
"""Minutes from which on a run is a long one: more endpoints, and many checks of each kind."""
_START_S = 60.0
_TELLING_S = 0.3
"""Seconds until what was found is told."""
_QUIET_S = 1.0
"""Seconds at the end of a round in which nothing happens."""
_LONGEST_ERROR = 4000


async def soak(
    folder: Path, minutes: float, seed: int, copies: int, say: Callable[[str], None]
) -> Result:
    """Let everything happen that `schedule` holds for *seed*, for so many minutes.

    Args:
        folder: For what the processes write.
        copies: How many endpoints each group has.
        say: Is told how it goes.
    """
    result = Result(seed, minutes)
    if not has_dns():
        result.not_run.append("a name server that stops answering: that takes root and dnsmasq")
    async with running(folder, copies) as world:
        name_server = world.dns.address if world.dns else None
        async with service(world.groups, folder, world.silent.port, name_server) as link:
            async with asyncio.timeout(_START_S):
                await link.started.wait()
            result.endpoints = sum(group.copies for group in world.groups)
            await _rounds(world, link, result, say)
            await _end(world, link, result)
        if minutes >= LONG:
            say("many checks of each kind")
            result.counted = await counted(world, say)
    # grpcio's core has no other place to tell what it lacks.
    lines = (folder / "stderr").read_text(errors="replace").splitlines()
    errors = "\n".join(line for line in lines if "Too many open files" not in line)
    if errors:
        result.failures.append(f"standard error of the service: {errors[:_LONGEST_ERROR]}")
    result.close()
    return result


async def _rounds(world: World, link: Link, result: Result, say: Callable[[str], None]) -> None:
    begun = time.monotonic()
    await asyncio.sleep(BOUND)  # the first checks
    link.forget()
    without = () if world.dns is not None else (schedule.BY_NAME,)
    for faults in schedule.rounds(result.seed, list(LINES), without):
        known = len(result.failures)
        events = await asyncio.gather(*(happen(fault, world, link) for fault in faults))
        # Every check that was under way has ended then, and one more has been made.
        await asyncio.sleep(BOUND + _TELLING_S)
        quiet = time.monotonic()
        await asyncio.sleep(_QUIET_S)
        this = Round(events, quiet, link)
        this.judge(world.groups, result)
        happened = ", ".join(f"{fault.line} {fault.kind}" for fault in faults)
        result.failures += [f"{happened}: {complaint}" for complaint in link.complaints]
        link.forget()
        busy = " (not judged: the machine is too busy)" if this.is_busy else ""
        say(f"round {result.rounds}: {happened}{busy}")
        for failure in result.failures[known:]:
            say(f"  FAILED (seed {result.seed}): {failure}")
        result.seconds = time.monotonic() - begun
        if result.seconds >= 60 * result.minutes:
            return


async def _end(world: World, link: Link, result: Result) -> None:
    """Stop the service while every server hangs."""
    for server in world.servers.values():
        await asyncio.to_thread(server.pause)
    await asyncio.sleep(INTERVAL + TIMEOUT / 2)
    try:
        result.exit_seconds = await link.stop()
    finally:
        for server in world.servers.values():
            await asyncio.to_thread(server.resume)
    result.stop_seconds = link.stop_seconds
    result.clean_seconds = link.clean - link.stopped
    result.failures += [f"at the end: {complaint}" for complaint in link.complaints]

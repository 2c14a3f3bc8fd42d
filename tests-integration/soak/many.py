"""So many good checks of every group, and so many of each way to fail."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from dephealth_testing import FaultProxy, Forward

from .faults import PROXIED, expected
from .gauges import STEADY
from .groups import Group
from .series import Held, Series
from .slopes import Slope, slope, verdict
from .world import World

GOOD, FAILED = 20_000, 3_000
"""Checks of each group, and of each group and kind of fault."""
MOST = {True: 64 * 1024, False: 512 * 1024}
"""Bytes by which 1,000 good checks, or failing ones, may let the memory grow."""
_AT_ONCE = {True: 8, False: 25}
_FEW = {"kafka": 4}
"""Good ones of it: a mock broker queues five connections, and the next is lost for a second."""
_PROCESSES = 3
_TIMEOUT, _SHORT = 5.0, 0.1
"""Seconds; the second where they go by."""
GOOD_KIND, _LOGIN = "good", "login"
_SECRETS = ("password", "bind_password", "basic_auth")
_LONGEST_ERROR = 2000


@dataclass(frozen=True)
class Counted:
    """What came of one series."""

    series: Series
    held: Held
    problems: Sequence[str]

    @property
    def is_good(self) -> bool:
        """Whether nothing was to fail."""
        return self.series.kind == GOOD_KIND

    @property
    def checks(self) -> int:
        """How many were made."""
        return sum(self.held.found.values())

    @property
    def slope(self) -> Slope:
        """Bytes in 1,000 checks."""
        return slope(self.held.memory)

    @property
    def said(self) -> str:
        """Whether the memory grows."""
        return verdict(self.slope, MOST[self.is_good])


async def counted(world: World, say: Callable[[str], None]) -> list[Counted]:
    """Run every series, a few at a time; servers and proxies must be well."""
    turns = asyncio.Semaphore(_PROCESSES)

    async def one(series: Series) -> Counted:
        async with turns:
            found = await _one(series)
        for problem in found.problems:
            say(f"  FAILED: {problem}")
        return found

    return list(await asyncio.gather(*map(one, _all(world.groups))))


def _all(groups: Sequence[Group]) -> Iterator[Series]:
    for group in groups:
        if group.way != "direct":
            continue
        few = _at_once(group, _FEW.get(group.type, _AT_ONCE[True]))
        yield Series(few, GOOD_KIND, GOOD, _TIMEOUT)
        many = _at_once(group, _AT_ONCE[False])
        for kind in PROXIED:
            statuses = expected(kind, group).statuses
            if "ok" not in statuses:
                timeout = _SHORT if "timeout" in statuses else _TIMEOUT
                yield Series(many, kind, FAILED, timeout)
        if not group.pooled and any(secret in group.options for secret in _SECRETS):
            yield Series(_with_wrong_secret(many), _LOGIN, FAILED, _TIMEOUT)


def _at_once(group: Group, copies: int) -> Group:
    single = group.type == "ldap" and group.pooled  # an ldap3.Connection is one connection
    return replace(group, copies=1 if single else copies)


def _with_wrong_secret(group: Group) -> Group:
    wrong = {
        key: ["nobody", "wrong"] if key == "basic_auth" else "wrong"
        for key in _SECRETS
        if key in group.options
    }
    return replace(group, options=group.options | wrong)


async def _one(series: Series) -> Counted:
    port = series.group.port
    async with FaultProxy(("127.0.0.1", port)) as proxy:
        if series.kind in PROXIED:
            port = proxy.port
        told = replace(series, group=replace(series.group, port=port))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-W", "default::ResourceWarning", "-m", "soak.series"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=Path(__file__).parents[1],
            env=os.environ | STEADY,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(asdict(told)).encode() + b"\n")
            await process.stdout.readline()  # READY, or its end
            # The application's own object was made while all is well.
            proxy.behave(PROXIED.get(series.kind, Forward()))
            out, errors = await process.communicate(b"\n")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    held = Held(**json.loads(out)) if process.returncode == 0 else Held(left="it has crashed")
    return judged(series, held, errors.decode(errors="replace"))


def judged(series: Series, held: Held, errors: str) -> Counted:
    """What is wrong with what came of *series*, and with what it wrote to standard error."""
    problems = []
    if errors:
        problems.append(f"standard error: {errors[:_LONGEST_ERROR]}")
    if held.left:
        problems.append(held.left)
    for wrong in sorted(set(held.found) - _statuses(series)):
        problems.append(f"{held.found[wrong]} checks came to {wrong}: {held.reasons[wrong]}")
    found = Counted(series, held, problems)
    if held.memory and found.said == "grows":
        problems.append(f"memory grows by {found.slope.middle / 1024:.1f} KB in 1,000 checks")
    return replace(
        found, problems=[f"{series.group.name}, {series.kind}: {one}" for one in problems]
    )


def _statuses(series: Series) -> frozenset[str]:
    if series.kind in PROXIED:
        return expected(series.kind, series.group).statuses
    return frozenset({"ok" if series.kind == GOOD_KIND else "auth_error"})

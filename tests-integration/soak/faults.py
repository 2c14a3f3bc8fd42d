"""What each fault does, and what the checks must come to meanwhile."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from dephealth_testing import Close, Drip, Fault, Forward, Garbage, Refuse, Reset, Silent

from . import schedule
from .groups import INTERVAL, Group
from .link import Link, lateness
from .world import LINES, World

PROXIED: dict[str, Fault] = {
    "refuse": Refuse(),
    "silent": Silent(),
    "drip": Drip(interval=1.0),
    "reset": Reset(),
    "close": Close(),
    "garbage": Garbage(close=True),
}
_STATUS = {
    "refuse": "connection_error",
    "silent": "timeout",
    "drip": "timeout",
    "reset": "connection_error",
    "close": "connection_error",
    "garbage": "error",
    "kill": "connection_error",
    "stop": "timeout",
    "descriptors": "error",
    "dns": "dns_error",
}
_KEEPS_CONNECTION = {"stop", "silent", "drip"}
"""What an open connection survives."""


@dataclass(frozen=True)
class Expected:
    """What the checks of a group must come to while a fault lasts.

    Args:
        statuses: Any of these; if `ok` is one, it need not be seen.
        patience: Seconds for which it is not seen, since there is no result.
    """

    statuses: frozenset[str]
    patience: float = 0.0


@dataclass
class Event:
    """A fault that happened; times are those of the monotonic clock.

    The fault set in between `begun` and `set_in`, and was over between `ending` and `over`.
    """

    fault: schedule.Fault
    touched: dict[str, Expected]
    begun: float = 0.0
    set_in: float = 0.0
    ending: float = 0.0
    over: float = 0.0
    reopened: dict[str, float] = field(default_factory=dict)
    """When the application had opened the connection of a group again."""
    evidence: dict[str, bool] = field(default_factory=dict)

    def returned(self, group: Group) -> float:
        """When a check of the group could pass again."""
        return self.reopened.get(group.name, self.over)


def expected(kind: str, group: Group) -> Expected:
    """What a fault means for a group that it touches."""
    if kind == "descriptors":
        statuses = {"error"} | ({"ok"} if group.pooled else set())
        return Expected(frozenset(statuses), patience=3 * INTERVAL)
    if group.type == "tcp" and kind in _TCP_IS_OK:
        return Expected(frozenset({"ok"}))
    if group.type == "tcp" and kind == "kill" and group.way == "behind":
        return Expected(frozenset({"ok"}))  # the proxy accepts
    statuses = {_STATUS[kind]}
    if kind == "garbage" and group.type in {"ldap", "postgres"} and group.pooled:
        # After ldap's first check the connection is closed; asyncpg, without TLS, takes what comes
        # for a long message that is cut.
        statuses.add("connection_error")
    if group.type == "redis" and group.pooled and statuses == {"connection_error"}:
        # The client tries again until the deadline, which may strike within an attempt.
        statuses.add("timeout")
    return Expected(frozenset(statuses))


_TCP_IS_OK = {"silent", "drip", "reset", "close", "garbage", "stop"}


def touched(fault: schedule.Fault, world: World) -> dict[str, Expected]:
    """The groups that a fault touches, each with what it must come to."""
    if fault.kind in schedule.SERVER_KINDS:
        groups = world.of_line(fault.line)
    elif fault.kind in schedule.PROXY_KINDS:
        groups = [group for group in world.of_line(fault.line) if group.way == "behind"]
    elif fault.kind == schedule.EXCLUSIVE:
        groups = world.groups
    elif fault.kind == schedule.BY_NAME:
        groups = [group for group in world.groups if group.way == "name"]
    else:
        groups = []
    return {group.name: expected(fault.kind, group) for group in groups}


async def happen(fault: schedule.Fault, world: World, link: Link) -> Event:
    """Let a fault come and go."""
    event = Event(fault, touched(fault, world))
    await asyncio.sleep(fault.offset)
    event.begun = time.monotonic()
    event.set_in = await _begin(fault, world, link)
    left = fault.hold
    while left > 0:
        await asyncio.sleep(left)
        # Time for which the loop was late counts for no check, so it does not count here.
        now = time.monotonic()
        left = fault.hold - (now - event.set_in - lateness(link.samples)(event.set_in, now))
    event.ending = time.monotonic()
    event.over = await _end(fault, world, link, event)
    if fault.kind not in _KEEPS_CONNECTION and fault.line in LINES:
        for group in world.of_line(fault.line):
            if group.type == "ldap" and group.pooled and group.name in event.touched:
                event.reopened[group.name] = (await link.ask("reopen", group.name))[0]
    return event


async def _begin(fault: schedule.Fault, world: World, link: Link) -> float:
    match fault.kind:
        case "kill":
            await asyncio.to_thread(world.servers[fault.line].kill)
        case "stop":
            await asyncio.to_thread(world.servers[fault.line].pause)
        case "dns":
            assert world.dns is not None
            await asyncio.to_thread(world.dns.fall_silent)
        case kind if kind in PROXIED:
            for type in LINES[fault.line]:
                world.proxies[type].behave(PROXIED[kind])
        case kind:
            return (await link.ask("begin", kind))[0]
    return time.monotonic()


async def _end(fault: schedule.Fault, world: World, link: Link, event: Event) -> float:
    match fault.kind:
        case "kill":
            await asyncio.to_thread(world.servers[fault.line].start)
        case "stop":
            await asyncio.to_thread(world.servers[fault.line].resume)
        case "dns":
            assert world.dns is not None
            await asyncio.to_thread(world.dns.start)
        case kind if kind in PROXIED:
            for type in LINES[fault.line]:
                world.proxies[type].behave(Forward())
        case kind:
            at, event.evidence = await link.ask("end", kind)
            return at
    return time.monotonic()

"""The result, as text for people and as a section of docs/reliability.md."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from .groups import INTERVAL, TIMEOUT
from .judge import BOUND
from .many import MOST, Counted
from .result import BOUNDS, EXIT_BOUND, LOOKUP_BOUND, STOP_BOUND, Result

HEADING = "## Endurance"
_WHAT = {
    "kill": "the server is killed, and started again",
    "stop": "the server is stopped (SIGSTOP), and goes on",
    "refuse": "connections are refused",
    "silent": "connections are accepted, and nothing is said",
    "drip": "the answer comes at one byte a second",
    "reset": "connections are accepted, then reset",
    "close": "connections are accepted, then closed",
    "garbage": "the answer is no protocol",
    "descriptors": "the service can open no more descriptors",
    "dns": "the name server stops answering",
    "executor": "the application keeps the whole default executor busy",
    "clock": "the time of day jumps by an hour, and back",
    "log": "the disk under the log is full",
    "hung": "32 blocking checks (ldap, kafka) hang",
}
_WIDTH = 120
_UNITS = {"memory": (1024, " KB")}


def section(result: Result) -> str:
    """The section of the page, from its heading to its end."""
    return "\n".join([HEADING, "", *_told(result), ""])


def text(result: Result) -> str:
    """The same for a terminal, and what failed."""
    failures = [f"FAILED (seed {result.seed}): {failure}" for failure in result.failures]
    verdict = "everything was as it must be"
    if failures:
        verdict = f"{len(failures)} things were not as they must be (seed {result.seed})"
    return "\n".join([*_told(result), "", *failures, verdict])


def with_section(page: str, new: str) -> str:
    """*page* with *new* in the place of the section of that name, or at the end."""
    old = re.compile(rf"^{HEADING}$.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    if old.search(page):
        return old.sub(lambda _: f"{new}\n", page).rstrip() + "\n"
    return f"{page.rstrip()}\n\n{new}".rstrip() + "\n"


def _told(result: Result) -> list[str]:
    faults = [_fault_row(result, kind) for kind in _WHAT if result.events[kind]]
    return [
        *_head(result),
        "",
        *_table(
            ["fault", "times", "found", "seen after, at most", "well again after, at most"], faults
        ),
        "",
        *_rules(result),
        "",
        *_table(
            ["what the service holds", "at the end", "grows in 1,000 checks", "at most", ""],
            [_slope_row(result, what) for what in BOUNDS],
        ),
        "",
        *_foot(result),
        *_many(result),
    ]


def _head(result: Result) -> list[str]:
    return _wrapped(
        f"""One object checks {result.endpoints} endpoints, each {INTERVAL:g} s with a timeout of
        {TIMEOUT:g} s: all nine checkers in all modes, directly, by names and through a proxy that
        can misbehave, on real servers; it exports to Prometheus and OpenTelemetry. Faults come at
        random: {result.rounds} rounds and {result.checks:,} checks in
        {result.seconds / 60:.1f} minutes, seed {result.seed}
        (`./dev soak --minutes {result.minutes:g} --seed {result.seed}`)."""
    )


def _rules(result: Result) -> list[str]:
    busy = (
        f"{len(result.busy)} rounds are not judged: the machine did too much else."
        if result.busy
        else ""
    )
    return _wrapped(
        f"""A fault must be seen for what it is within interval, timeout and 0.1 s ({BOUND:g} s; for
        want of descriptors three intervals later), and so must its end; nothing else may be found
        meanwhile, and without a fault nothing but `ok`. Time for which the event loop was late does
        not count: {result.late:.1f} s of {result.seconds:.0f} s. {busy}"""
    )


def _foot(result: Result) -> list[str]:
    points = [
        f"""`stop()` while every server hangs: {result.stop_seconds:.2f} s (at most
        {STOP_BOUND:g} s). No socket, thread or task is left {result.clean_seconds:.2f} s later, and
        from there to the end of the process it takes {result.exit_seconds:.2f} s (at most
        {EXIT_BOUND:g} s each).""",
        f"""The longest lookup of the application itself, in the default executor:
        {result.lookup:.3f} s (at most {LOOKUP_BOUND:g} s).""",
        """Exceptions outside of a check (in the event loop, in a thread, in a finalizer), warnings,
        lines on standard error: none may be.""",
        *(f"Not run: {what}." for what in result.not_run),
    ]
    about = """Read at the end of each round, when all is well; the slope of the straight line
        through what was read, with a probability of 99 % on either side. Memory counts from the
        26th round on, since the core keeps the last 50 changes of each endpoint, and without the
        files in it, of which the kernel takes away what it likes; the process runs with
        `MALLOC_ARENA_MAX=1`, as docs/checks.md has it."""
    return [*_wrapped(about), "", *(f"- {' '.join(point.split())}" for point in points)]


def _fault_row(result: Result, kind: str) -> list[str]:
    found = sorted(
        ((count, what) for (of, what), count in result.found.items() if of == kind), reverse=True
    )
    times = [
        f"{worst[kind].seconds:.2f} s ({worst[kind].where})" if kind in worst else ""
        for worst in (result.detection, result.recovery)
    ]
    told = ", ".join(f"`{what}` {count:,}" for count, what in found)
    return [_WHAT[kind], str(result.events[kind]), told, *times]


def _many(result: Result) -> list[str]:
    if not result.counted:
        return []
    by_group: dict[str, list[Counted]] = {}
    for one in result.counted:
        by_group.setdefault(one.series.group.name, []).append(one)
    about = f"""For each line and kind a process of its own, with 8 good checks at once (kafka: 4)
        or 25 failing ones. What the memory grows by is the slope of the straight line through what
        was read after each of 15 batches; it may be {MOST[True] // 1024} KB in 1,000 good checks
        and {MOST[False] // 1024} KB in 1,000 failing ones. No descriptor, thread or task may be
        left."""
    head = ["checked", "good", "memory in 1,000", "failing", "memory in 1,000, at most"]
    return ["", *_wrapped(about), "", *_table(head, [_many_row(*one) for one in by_group.items()])]


def _many_row(name: str, of_group: Sequence[Counted]) -> list[str]:
    good = [one for one in of_group if one.is_good]
    failing = [one for one in of_group if not one.is_good]
    kinds = ", ".join(f"{one.series.kind} {one.checks:,}" for one in failing)
    worst = max(failing, key=lambda one: one.slope.middle)
    return [
        name,
        ", ".join(f"{one.checks:,}" for one in good),
        ", ".join(_kilobytes(one) for one in good),
        kinds,
        f"{_kilobytes(worst)} ({worst.series.kind})",
    ]


def _kilobytes(one: Counted) -> str:
    slope = one.slope
    return f"{slope.middle / 1024:+.1f} KB ({slope.low / 1024:+.1f} to {slope.high / 1024:+.1f})"


def _slope_row(result: Result, what: str) -> list[str]:
    scale, unit = _UNITS.get(what, (1, ""))
    held = f"{result.quiet[-1][what] / scale:,.0f}{unit}" if result.quiet else ""
    bound = f"{BOUNDS[what] / scale:g}{unit}"
    if what not in result.slopes():
        return [what, held, "", bound, "too few rounds"]
    slope, said = result.slopes()[what]
    grows = f"{slope.middle / scale:+.3g} ({slope.low / scale:+.3g} to {slope.high / scale:+.3g})"
    said = "too few rounds to be sure" if said == "undecided" else said
    return [what, held, f"{grows}{unit}", bound, said]


def _wrapped(words: str) -> list[str]:
    return textwrap.wrap(" ".join(words.split()), _WIDTH, break_long_words=False)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]

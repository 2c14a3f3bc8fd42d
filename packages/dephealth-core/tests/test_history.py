"""Since when an endpoint is as it is, why, and what it was before."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from dephealth import (
    CONNECTION_REFUSED,
    OK,
    TIMEOUT,
    CheckAuthError,
    CheckPolicy,
    CheckResult,
    CheckTimeoutError,
    Endpoint,
    EndpointHistory,
    Outcome,
)
from dephealth._changes import NO_CHANGES, Changes, changes_after
from dephealth._history import unpacked
from dephealth._state import UNKNOWN, advance
from dephealth.api import DependencyHealth
from dephealth_testing import virtual_time

from ._fakes import BOUND, Bench, Lines, Scripted, Step, dependency, hang
from ._started import started
from .test_logging import PASSWORD, LoggingIn

REFUSED = ConnectionRefusedError(111, "Connection refused")
NOON = datetime(2024, 5, 1, 12, 0, 0, 123_457, tzinfo=UTC)
FULL = 50


@asynccontextmanager
async def bench(*steps: Step) -> AsyncIterator[Bench]:
    async with Bench(dependency(Scripted(*steps))) as it:
        it.watch.keep_latencies()
        await it.exporter.until(len(steps))
        yield it


def changes_of(*outcomes: Outcome, policy: CheckPolicy | None = None) -> Changes:
    """The changes of an endpoint that was checked once a minute from noon on."""
    state, changes = UNKNOWN, NO_CHANGES
    for minutes, outcome in enumerate(outcomes):
        result = CheckResult(outcome, 0.1, NOON + timedelta(minutes=minutes))
        after = advance(state, result, policy or CheckPolicy())
        state, changes = after, changes_after(changes, state, after)
    return changes


def told(changes: Changes) -> list[tuple[int, bool, str]]:
    return [
        (round((change.at - NOON).total_seconds() / 60), change.healthy, change.detail)
        for change in unpacked(changes)
    ]


@virtual_time
async def test_nothing_before_the_first_check() -> None:
    """Before the first check there is neither a time, nor a reason, nor a change."""
    async with Bench(dependency(Scripted(hang))) as it:
        history = it.watch.history()

    assert history == EndpointHistory(
        status=it.watch.snapshot(), since=None, failures=0, reason="", changes=(), recent=()
    )


@virtual_time
async def test_since_the_first_check() -> None:
    """An endpoint that never changed is as it is since its first check."""
    async with Bench(dependency(Scripted())) as it:
        await it.exporter.until(1)
        first = it.watch.snapshot().last_checked_at
        await it.exporter.until(5)
        history = it.watch.history()

    assert history.since == first
    assert history.changes == ()


@virtual_time
async def test_since_the_verdict_changed() -> None:
    """A further failure of another kind is no new beginning."""
    async with bench(None, REFUSED, CheckTimeoutError(), REFUSED) as it:
        history = it.watch.history()

    assert [change.detail for change in history.changes] == [
        "connection_refused",
        "timeout",
        "connection_refused",
    ]
    assert history.since == history.changes[0].at


@virtual_time
async def test_status_and_history_are_of_one_moment() -> None:
    """The status within the history is that of `health_details`."""
    async with bench(None, REFUSED) as it:
        assert it.watch.history().status == it.watch.snapshot()


@virtual_time
async def test_failures_in_a_row() -> None:
    """Failures count from the last success on, and are none after the next."""
    async with bench(None, REFUSED, CheckTimeoutError(), REFUSED) as it:
        assert it.watch.history().failures == 3
        it.watch.record(CheckResult(OK, 0.1, NOON))

        assert it.watch.history().failures == 0


def test_first_check_is_no_change() -> None:
    """An endpoint that stays as it was found has no changes, and shares what says so."""
    assert changes_of(OK, OK, OK) is NO_CHANGES
    assert changes_of(TIMEOUT, TIMEOUT) is NO_CHANGES


def test_changes_of_verdict_and_detail() -> None:
    """Each change has the time of its check, and what the checks came to from then on."""
    assert told(changes_of(OK, OK, CONNECTION_REFUSED, CONNECTION_REFUSED, TIMEOUT, OK)) == [
        (2, False, "connection_refused"),
        (4, False, "timeout"),
        (5, True, "ok"),
    ]


def test_changes_below_the_threshold() -> None:
    """A failure that changes no verdict yet is told with the verdict that stands."""
    policy = CheckPolicy(failure_threshold=2)

    assert told(changes_of(OK, TIMEOUT, TIMEOUT, policy=policy)) == [
        (1, True, "timeout"),
        (2, False, "timeout"),
    ]


def test_times_are_exact() -> None:
    """A change has the very time of its check."""
    (change,) = unpacked(changes_of(OK, TIMEOUT))

    assert change.at == NOON + timedelta(minutes=1)


def test_only_the_last_fifty_stay() -> None:
    """The fifty-first change takes the place of the first."""
    found = told(changes_of(*[OK, TIMEOUT] * 40))

    assert len(found) == FULL
    assert (found[0][0], found[-1][0]) == (30, 79)


def test_full_ring_is_small() -> None:
    """Fifty changes cost less than a kilobyte and a half."""
    outcomes = [OK, CONNECTION_REFUSED] * 40
    tracemalloc.start()
    try:
        kept = [changes_of(*outcomes) for _ in range(20)]
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        kept += [changes_of(*outcomes) for _ in range(100)]
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(kept[-1].times) == FULL
    assert (after - before) / 100 <= 1536


def test_equal_outcomes_are_kept_once() -> None:
    """Outcomes that are made anew for each check do not add up."""
    changes = changes_of(*[OK, *(Outcome.of("unhealthy", f"http_50{n % 2}") for n in range(60))])

    assert len({id(verdict) for verdict in changes.verdicts}) == 2


@virtual_time
async def test_reason_of_the_last_failure() -> None:
    """The reason stays after the endpoint has recovered."""
    async with bench(REFUSED, None) as it:
        assert it.watch.history().reason == "ConnectionRefusedError: [Errno 111] Connection refused"


@virtual_time
async def test_reason_of_another_failure() -> None:
    """A failure of another kind has its own reason at once."""
    async with bench(REFUSED, CheckAuthError("no such user")) as it:
        assert it.watch.history().reason.endswith("no such user")


@virtual_time
async def test_reason_is_one_short_line() -> None:
    """What a server sent over many lines becomes one of bounded length."""
    async with bench(ValueError("a\n\tb\r\n" + "c" * 1000)) as it:
        reason = it.watch.history().reason

    assert reason.startswith("ValueError: a b ccc")
    assert len(reason) == 201


@virtual_time
async def test_reason_has_no_secret() -> None:
    """A password in an exception is masked."""
    async with Bench(dependency(LoggingIn(password=PASSWORD))) as it:
        await it.exporter.until(1)
        reason = it.watch.history().reason

    assert reason == "LookupError: cannot use db://***@db.svc/orders"


@virtual_time
async def test_reason_although_nothing_is_logged() -> None:
    """A logger that drops warnings takes no reason away."""
    it = Bench(dependency(Scripted(REFUSED)))
    it.lines.log.setLevel("CRITICAL")
    async with it:
        await it.exporter.until(1)

        assert it.watch.history().reason != ""


@virtual_time
async def test_recent_checks() -> None:
    """Each check has its latency, and whether it passed."""
    async with bench(0.25, REFUSED, 0.5, 3.0) as it:
        recent = it.watch.history().recent

    assert [passed for _, passed in recent] == [True, False, True, False]
    assert [latency for latency, _ in recent] == pytest.approx([0.25, 0.0, 0.5, 2.0])


@virtual_time
async def test_only_the_last_sixty_checks_stay() -> None:
    """Sixty checks are kept, the latest at the end."""
    async with bench(*[float(n) / 100 for n in range(70)]) as it:
        recent = it.watch.history().recent

    assert [latency for latency, _ in recent] == pytest.approx([n / 100 for n in range(10, 70)])


@virtual_time
async def test_latencies_are_not_kept_for_nobody() -> None:
    """Without anybody who asks nothing is kept of the checks that pass."""
    async with Bench(dependency(Scripted())) as it:
        await it.exporter.until(5)

        assert it.watch.history().recent == ()


async def test_history_keeps_latencies_from_then_on() -> None:
    """Whoever asks for the history once finds the checks that came since."""
    spec = dependency(Scripted(), interval=1.0)
    async with started(spec) as it:
        await it.until()
        assert it.health.history()["db:db.svc:1"].recent == ()
        await it.until(2)

        assert [check.passed for check in it.health.history()["db:db.svc:1"].recent] == [True]


async def test_latencies_of_endpoints_that_come_later() -> None:
    """An endpoint that is added has its latencies kept from its first check on."""
    async with started() as it:
        it.health.keep_latencies()
        await it.health.add_endpoint("db", "tcp", True, Endpoint("h", "1"), Scripted())
        await it.until()

        assert len(it.health.history()["db:h:1"].recent) == 1


async def test_keys_are_those_of_the_details() -> None:
    """`history` has an entry for each of `health_details`, before the start too."""
    health = DependencyHealth("shop", "web", dependency(Scripted()), exporters=[], log=Lines().log)

    assert list(health.history()) == list(health.health_details()) == ["db:db.svc:1"]


async def test_reading_from_another_thread() -> None:
    """`history` may be called from any thread, while endpoints come and go."""
    async with started(dependency(Scripted())) as it:
        reading = asyncio.create_task(asyncio.to_thread(_read_often, it.health))
        for number in range(50):
            endpoint = Endpoint("h", str(1 + number))
            await it.health.add_endpoint("more", "tcp", True, endpoint, Scripted())
            await it.health.remove_endpoint("more", "h", str(1 + number))

        assert await asyncio.wait_for(reading, BOUND) == 1000


def _read_often(health: DependencyHealth) -> int:
    return sum(bool(health.history()) for _ in range(1000))


async def test_history_stays_after_the_end() -> None:
    """After `stop` the last that was known can still be read."""
    async with started(dependency(Scripted(REFUSED))) as it:
        await it.until()

    history = it.health.history()["db:db.svc:1"]
    assert history.failures == 1
    assert history.status.detail == "connection_refused"

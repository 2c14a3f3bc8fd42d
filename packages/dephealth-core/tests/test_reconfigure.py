"""Other dependencies than before, while the checks run."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import pytest

from dephealth import Checker, ConfigurationError, Dependency, Endpoint
from dephealth_testing import assert_nothing_left

from ._fakes import BOUND, Closing, Scripted, dependency, hang
from ._pools import Pool, pooled
from ._started import started
from ._started_sync import started_sync

HERE = Endpoint("db.svc", "1")


@dataclass(frozen=True)
class Counted(Checker):
    """A checker that is equal to another one with the same text."""

    type = "counted"
    text: str
    checks: list[str]

    async def check(self, endpoint: Endpoint) -> None:
        self.checks.append(self.text)
        if self.text == "bad":
            raise ConnectionRefusedError


def counted(text: str, checks: list[str], **more: Any) -> Dependency:
    return dependency(Counted(text, checks), **more)


async def test_equal_declaration_changes_nothing() -> None:
    """What is declared as before goes on: not even a check that is running is disturbed."""
    gate = asyncio.Event()
    checker = Scripted(gate.wait)
    async with started(dependency(checker)) as it:
        while not checker.running:
            await asyncio.sleep(0)
        await it.health.reconfigure(dependency(checker))
        gate.set()
        await it.until()

        assert (len(checker.starts), it.exporter.removed) == (1, [])


async def test_equal_checker_is_the_same() -> None:
    """A checker that is equal to the one before does not take its place."""
    checks: list[str] = []
    async with started(counted("a", checks)) as it:
        await it.until()
        await it.health.reconfigure(counted("a", list(checks)))

        assert checks == ["a"]


async def test_removed_dependency() -> None:
    """What is declared no longer leaves no endpoint, and its checker is closed."""
    checker = Closing()
    async with started(dependency(checker), dependency(Scripted(), name="cache")) as it:
        await it.until()
        await it.health.reconfigure(dependency(Scripted(), name="cache"))

        assert list(it.health.health()) == ["cache"]
        assert checker.closed == 1


async def test_new_dependency() -> None:
    """What was not declared before is checked."""
    async with started() as it:
        await it.health.reconfigure(dependency(Scripted()))
        await it.until()

        assert it.health.health() == {"db": True}


async def test_endpoint_that_stays_keeps_its_verdict() -> None:
    """With another checker the verdict, and what is exported, stay until that has checked."""
    new = Scripted(hang)
    async with started(dependency(Scripted())) as it:
        await it.until()
        await it.health.reconfigure(dependency(new))
        while not new.running:
            await asyncio.sleep(0)

        assert it.health.health() == {"db": True}
        assert (len(it.exporter.added), it.exporter.removed) == (1, [])


async def test_history_goes_on() -> None:
    """The history of an endpoint that stays begins before the change."""
    checker = Scripted(None, ConnectionRefusedError("no"))
    async with started(dependency(checker, interval=1)) as it:
        it.health.keep_latencies()
        await it.until(2)
        before = it.health.history()["db:db.svc:1"]
        await it.health.reconfigure(dependency(Scripted(hang)))

        assert before.changes
        assert it.health.history()["db:db.svc:1"] == before


async def test_change_is_checked_at_once() -> None:
    """What is declared in another way is checked at once, and again after its interval."""
    checks: list[str] = []
    async with started(counted("a", checks, interval=600)) as it:
        await it.until()
        await it.health.reconfigure(counted("bad", checks, interval=1))
        await it.until(3)

        assert checks == ["a", "bad", "bad"]
        assert it.health.health() == {"db": False}


async def test_threshold_goes_on_counting() -> None:
    """Failures before a change count for the threshold after it."""
    bad = Scripted(ConnectionRefusedError())
    checker = Scripted(None, ConnectionRefusedError())
    async with started(dependency(checker, failure_threshold=2, interval=1)) as it:
        await it.until(2)
        assert it.health.health() == {"db": True}
        await it.health.reconfigure(dependency(bad, failure_threshold=2, interval=600))
        await it.until(3)

        assert it.health.health() == {"db": False}


@pytest.mark.parametrize("change", [{"labels": {"team": "shop"}}, {"critical": False}])
async def test_other_labels_are_other_series(change: dict[str, Any]) -> None:
    """With other labels the series are others, and the verdict is the one before."""
    checker = Scripted(None, hang)
    async with started(dependency(checker)) as it:
        await it.until()
        await it.health.reconfigure(replace(dependency(checker), **change))
        (status,) = it.health.health_details().values()

        assert status.healthy is True
        assert it.exporter.removed == it.exporter.added[:1]
        assert len(it.exporter.added) == 2


async def test_labels_of_an_endpoint() -> None:
    """A label of an endpoint that changes changes its series alone."""
    other = Endpoint("other.svc", "1")
    checker = Scripted()
    async with started(dependency(checker, endpoints=[HERE, other])) as it:
        labelled = Endpoint("db.svc", "1", {"role": "primary"})
        await it.health.reconfigure(dependency(checker, endpoints=[labelled, other]))

        assert [target.host for target in it.exporter.removed] == ["db.svc"]


async def test_other_type_is_another_thing() -> None:
    """At the same address another type begins unknown."""
    async with started(dependency(Scripted())) as it:
        await it.until()
        await it.health.reconfigure(replace(dependency(Scripted(hang)), type="other"))

        assert it.health.health_details()["db:db.svc:1"].healthy is None
        assert len(it.exporter.removed) == 1


async def test_pool_that_has_its_address_already() -> None:
    """A pool that is declared again keeps the address that was read from it."""
    pool = Pool()

    def source() -> Pool:
        return pool

    async with started(pooled(source)) as it:
        await it.until()
        await it.health.reconfigure(pooled(source))
        await it.health.reconfigure(pooled(source, interval=20))
        await it.until(2)

        assert len(it.health.health_details()) == 1
        assert (len(it.exporter.added), it.exporter.removed) == (1, [])


async def test_contradiction_changes_nothing() -> None:
    """Declarations that cannot be together are refused, and the old ones go on."""
    checker = Scripted()
    async with started(dependency(checker)) as it:
        await it.until()
        new = [dependency(Scripted(), name="new"), dependency(Scripted(), name="new")]
        with pytest.raises(ConfigurationError, match="declared twice"):
            await it.health.reconfigure(*new)

        assert it.health.health() == {"db": True}
        assert it.exporter.removed == []


async def test_what_is_no_dependency_is_refused() -> None:
    """Anything but what `X_check()` gives is refused."""
    async with started() as it:
        with pytest.raises(ConfigurationError, match="is what X_check"):
            await it.health.reconfigure("db")  # type: ignore[arg-type]


async def test_exporter_that_refuses_changes_nothing() -> None:
    """If an exporter refuses one endpoint, none has changed."""
    async with started(dependency(Scripted())) as it:
        it.exporter.refuses = lambda target: target.host == "new.svc"
        with pytest.raises(ConfigurationError):
            await it.health.reconfigure(
                dependency(Scripted(), name="ok"),
                dependency(Scripted(), name="new", endpoints=[Endpoint("new.svc", "1")]),
            )

        assert list(it.health.health()) == ["db"]


async def test_added_endpoint_is_none_of_them() -> None:
    """An endpoint that was added at run time is checked no longer, unless it is declared."""
    async with started(dependency(Scripted())) as it:
        await it.health.add_endpoint("new", "tcp", True, HERE, Scripted())
        await it.health.reconfigure(dependency(Scripted()))

        assert list(it.health.health()) == ["db"]


async def test_not_running() -> None:
    """Before the start nothing can be changed."""
    async with started() as it:
        await it.health.stop()
        with pytest.raises(RuntimeError, match="not running"):
            await it.health.reconfigure()


async def test_many_changes_leave_nothing() -> None:
    """Two hundred changes leave no task and no descriptor."""
    async with assert_nothing_left(), started(*_several("a")) as it:
        for text in ["b", "a"] * 100:
            async with asyncio.timeout(BOUND):
                await it.health.reconfigure(*_several(text))

        assert len(it.health.health_details()) == 50
        assert len([t for t in asyncio.all_tasks() if t.get_name().startswith("dephealth")]) == 50


def _several(text: str) -> list[Dependency]:
    return [counted(text, [], name=f"db-{number}") for number in range(50)]


def test_sync_mode() -> None:
    """An object with a loop of its own is changed from any other loop."""
    with started_sync(dependency(Scripted())) as it:
        asyncio.run(it.health.reconfigure(dependency(Scripted(), name="new")))
        assert list(it.health.health()) == ["new"]

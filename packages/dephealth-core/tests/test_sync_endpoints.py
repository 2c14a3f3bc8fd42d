"""Endpoints that come and go in a background thread."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from dephealth import Endpoint, EndpointNotFoundError, Target

from ._fakes import BOUND, Recorder, Scripted, Stubborn, dependency
from ._started import Started
from ._started_sync import Noticing, background_threads, started_sync

NEW = Endpoint("new.svc", "2")


def test_first_endpoint_is_added_later() -> None:
    """The thread starts with the first endpoint."""
    checker = Noticing()
    with started_sync() as it:
        it.health.add_endpoint_sync("db", "tcp", True, NEW, checker)

        assert checker.thread.result(BOUND).name == "dephealth"


def test_first_endpoints_are_added_together() -> None:
    """Several threads that add the first endpoint at once get one thread."""
    with started_sync() as it, ThreadPoolExecutor(8) as pool:
        for number in range(8):
            endpoint = Endpoint("h", str(1 + number))
            pool.submit(it.health.add_endpoint_sync, "db", "tcp", True, endpoint, Scripted())
        pool.shutdown()

        assert (len(it.health.health_details()), len(background_threads())) == (8, 1)


def test_adding_before_the_start() -> None:
    """What is not running takes no endpoint, and starts no thread."""
    it = Started()
    with pytest.raises(RuntimeError, match="it is not running"):
        it.health.add_endpoint_sync("db", "tcp", True, NEW, Scripted())

    assert background_threads() == []


def test_adding_after_the_stop() -> None:
    """What was stopped takes no endpoint, and starts no thread."""
    with started_sync() as it:
        pass
    with pytest.raises(RuntimeError, match="it is not running"):
        it.health.add_endpoint_sync("db", "tcp", True, NEW, Scripted())

    assert background_threads() == []


def test_changes_of_endpoints() -> None:
    """Endpoints can be added, replaced and removed."""
    with started_sync(dependency(Scripted())) as it:
        it.health.add_endpoint_sync("db", "tcp", True, NEW, Scripted())
        it.health.update_endpoint_sync("db", "db.svc", "1", Endpoint("newer", "3"), Scripted())
        found = list(it.health.health_details())
        it.health.remove_endpoint_sync("db", "new.svc", "2")

        assert found == ["db:new.svc:2", "db:newer:3"]
        assert list(it.health.health_details()) == ["db:newer:3"]


def test_update_of_what_is_not_there() -> None:
    """Errors arrive where the call was made."""
    with started_sync(dependency(Scripted())) as it, pytest.raises(EndpointNotFoundError):
        it.health.update_endpoint_sync("db", "other", "1", NEW, Scripted())


def test_from_a_check() -> None:
    """A check that calls what would wait for itself gets an error."""
    with started_sync() as it:
        caught: Future[BaseException] = Future()

        async def stop() -> None:
            try:
                it.health.stop_sync()
            except RuntimeError as exc:
                caught.set_result(exc)

        it.health.add_endpoint_sync("db", "tcp", True, NEW, Scripted(stop))

        assert "would block the loop" in str(caught.result(BOUND))
        assert it.health.running


def test_stop_during_a_removal() -> None:
    """A thread that waits for a removal is not left waiting when the object is stopped."""
    removed: Future[None] = Future()

    class Telling(Recorder):
        def on_removed(self, target: Target) -> None:
            removed.set_result(None)

    spec = dependency(Scripted(Stubborn()), timeout=0.3)
    with ThreadPoolExecutor(1) as pool:
        with started_sync(spec, exporters=[Telling()]) as it:
            removing = pool.submit(it.health.remove_endpoint_sync, "db", "db.svc", "1")
            removed.result(BOUND)

        assert removing.result(BOUND) is None

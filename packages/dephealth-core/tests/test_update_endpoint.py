"""An endpoint that takes the place of another one."""

from __future__ import annotations

import logging

import pytest

from dephealth import (
    ConfigurationError,
    Endpoint,
    EndpointNotFoundError,
    Target,
)

from ._fakes import Closing, Recorder, Scripted, dependency, hang
from ._started import started

NEW = Endpoint("new.svc", "2")


async def test_updated_endpoint_begins_unknown() -> None:
    """An endpoint takes the place of another one, without its past."""
    async with started(dependency(Scripted())) as it:
        await it.until()
        await it.health.update_endpoint("db", "db.svc", "1", NEW, Scripted(hang))

        assert [(key, s.healthy) for key, s in it.health.health_details().items()] == [
            ("db:new.svc:2", None)
        ]
        assert [target.host for target in it.exporter.removed] == ["db.svc"]


async def test_update_to_the_same_address() -> None:
    """An update to the address that is there changes checker and labels."""
    old, new = Closing(), Scripted(ConnectionRefusedError())
    async with started(dependency(old)) as it:
        await it.until()
        endpoint = Endpoint("db.svc", "1", {"shard": "2"})
        await it.health.update_endpoint("db", "db.svc", "1", endpoint, new)
        await it.until(2)
        (status,) = it.health.health_details().values()

        assert (status.healthy, status.labels, old.closed) == (False, {"shard": "2"}, 1)
        assert it.exporter.removed == it.exporter.added[:1]


async def test_update_with_the_same_checker() -> None:
    """A checker that goes on with the new address is not closed."""
    checker = Closing()
    async with started(dependency(checker)) as it:
        await it.health.update_endpoint("db", "db.svc", "1", NEW, checker)

        assert checker.closed == 0


async def test_update_to_an_endpoint_that_is_checked() -> None:
    """If the new address is checked already, the old one is just removed."""
    async with started(dependency(Scripted(), endpoints=[Endpoint("a", "1"), NEW])) as it:
        await it.health.update_endpoint("db", "a", "1", NEW, Scripted())

        assert list(it.health.health_details()) == ["db:new.svc:2"]


async def test_update_of_what_is_not_there() -> None:
    """An endpoint that is not checked cannot be replaced."""
    async with started(dependency(Scripted())) as it:
        with pytest.raises(EndpointNotFoundError) as caught:
            await it.health.update_endpoint("db", "other", "1", NEW, Scripted())

    error = caught.value
    assert (error.dep_name, error.host, error.port) == ("db", "other", "1")


@pytest.mark.parametrize("endpoint", [NEW, Endpoint("db.svc", "1", {"shard": "2"})], ids=str)
async def test_refused_update_changes_nothing(endpoint: Endpoint) -> None:
    """If an exporter refuses the new endpoint, the old one is checked and exported as before."""

    def refuses(target: Target) -> bool:
        return target.host == "new.svc" or "shard" in target.labels

    refusing, checker = Recorder(refuses), Scripted()
    async with started(dependency(checker), exporters=[refusing], check_interval=1) as it:
        await it.until()
        with pytest.raises(ConfigurationError, match="equal labels"):
            await it.health.update_endpoint("db", "db.svc", "1", endpoint, Scripted())
        await it.until(2)

        assert len(refusing.added) == 1
        assert refusing.removed == []
        assert list(it.health.health_details()) == ["db:db.svc:1"]


async def test_updated_address_is_free() -> None:
    """The address that an update gave up may be taken by another dependency."""
    async with started(dependency(Scripted())) as it:
        await it.health.update_endpoint("db", "db.svc", "1", NEW, Scripted())
        await it.health.add_endpoint("other", "tcp", True, Endpoint("db.svc", "1"), Scripted())

        assert it.lines.at(logging.WARNING) == []

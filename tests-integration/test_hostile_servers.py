"""Servers that want to harm who asks them: little memory, and no time beyond the deadline."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Iterator, Mapping

import pytest

import reliability
from dephealth import Checker, Dependency, check_once
from dephealth_testing import Certificates, Refuse, ThreadedFaultProxy
from hostile.cases import LATE, LATE_OF, MOST, MOST_OF, TIMEOUT, dependency, expected
from hostile.catalogue import NAMES
from hostile.measuring import Taken, measured
from hostile.servers import hostile_servers

_ATTEMPTS = 3
"""What other processes do can make a check late, and none punctual."""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """What the hostile servers show."""
    return Certificates.make(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module")
def ports(shown: Certificates) -> Iterator[Mapping[str, int]]:
    """The port of each server."""
    with hostile_servers(shown.good) as ports:
        yield ports


@pytest.fixture
async def hostile(
    ports: Mapping[str, int], name: str, shown: Certificates
) -> AsyncIterator[Dependency]:
    """A check of the server, whose driver has worked before."""
    found = dependency(name, ports[name], shown.authority)
    assert isinstance(found.checker, Checker)
    with ThreadedFaultProxy(fault=Refuse()) as refusing:
        warm = dependency(name, refusing.port, shown.authority)
        await check_once(warm.checker, warm.endpoints[0], TIMEOUT)
    gc.collect()
    yield found
    await found.checker.aclose()


@pytest.mark.parametrize("name", NAMES)
async def test_hostile_server(name: str, hostile: Dependency) -> None:
    """The check comes to what it should, in time, with little memory."""
    taken = await _punctual(hostile)

    check = taken.check
    assert check.outcome is not None
    assert check.expected, check.reason
    assert check.outcome.detail in expected(name), check.reason
    assert taken.seconds < TIMEOUT + LATE_OF.get(name, LATE)
    most, why = MOST_OF.get(name, (MOST, ""))
    assert taken.kilobytes < most
    megabytes = f"{taken.kilobytes / 1024:.1f} MB"
    if why:
        megabytes = f"**{megabytes}**, and more the longer it goes on: {why}"
    reliability.SERVERS.add(name, check.outcome.detail, f"{taken.seconds:.3f} s", megabytes)


async def _punctual(hostile: Dependency) -> Taken:
    for _ in range(_ATTEMPTS):
        taken = await measured(hostile, TIMEOUT)
        if taken.seconds < TIMEOUT + LATE:
            break
    return taken


def test_each_server_is_on_the_page() -> None:
    """docs/reliability.md has a row for each hostile server."""
    assert reliability.SERVERS.first_cells(reliability.PAGE.read_text()) == list(NAMES)

"""Secrets are seen nowhere, whatever goes wrong with a dependency or its declaration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import pytest

import dephealth.api
from canaries import trial
from canaries.echoes import ECHOES
from canaries.failures import FAULTS, LONG, TLS_FAULTS
from canaries.mistakes import mistakes
from canaries.places import PLACES, Address, Place, canaries_of
from canaries.search import nothing_seen
from canaries.upgrades import before_tls
from canaries.watch import Heard
from dephealth import ConfigurationError
from dephealth.api import Dependency, DependencyHealth
from dephealth_testing import Certificates, Fault, ThreadedFaultProxy

WITH_TLS = tuple(type for type in PLACES if type != "tcp")
QUOTING = {"grpc", "postgres", "mysql", "redis", "amqp", "ldap"}
"""Types whose drivers put a server's words into their exceptions."""
_THE_SERVER_S = "of logger hpack"
"""What the server that echoes gRPC logs, in the same process."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Certificates that are wrong in one way each."""
    return Certificates.make(tmp_path_factory.mktemp("canaries"))


@contextmanager
def declared(addresses: Mapping[str, Address], **more: Any) -> Iterator[list[Dependency]]:
    """A dependency for each place of each type, in the environment that they need."""
    places = [(type, place, at) for type, at in addresses.items() for place in PLACES[type]]
    variables = {
        key: text for type, place, at in places for key, text in place.variables(type, at).items()
    }
    with patch.dict("os.environ", variables):
        yield [place.declare(type, at, **more) for type, place, at in places]


@contextmanager
def serving(faults: Mapping[str, Fault]) -> Iterator[Mapping[str, Address]]:
    """A server for each type."""
    with ExitStack() as stack:
        proxies = {
            type: stack.enter_context(ThreadedFaultProxy(fault=fault))
            for type, fault in faults.items()
        }
        yield {type: (proxy.host, proxy.port) for type, proxy in proxies.items()}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults(fault: str) -> None:
    """A server that fails in any way has no secret told."""
    behaviour, timeout = FAULTS[fault]
    with (
        ThreadedFaultProxy(fault=behaviour) as proxy,
        nothing_seen(f"a server: {fault}", canaries_of(*PLACES)) as heard,
        declared(dict.fromkeys(PLACES, (proxy.host, proxy.port))) as dependencies,
    ):
        details = trial.run(dependencies, heard, timeout)
    assert_failed(details, but=["tcp"])


@pytest.mark.parametrize("fault", TLS_FAULTS)
def test_tls_faults(fault: str, files: Certificates) -> None:
    """TLS that fails in any way has no secret told."""
    make, timeout = TLS_FAULTS[fault]
    with (
        serving({type: before_tls(type, make(files)) for type in WITH_TLS}) as addresses,
        nothing_seen(f"TLS: {fault}", canaries_of(*WITH_TLS)) as heard,
        declared(addresses, tls=True, tls_ca_file=str(files.authority)) as dependencies,
    ):
        details = trial.run(dependencies, heard, timeout)
    assert_failed(details)


def test_echoes() -> None:
    """A server that tells a client what it said, in its own protocol, has no secret told.

    But for the exceptions themselves, of which the core tells a cleaned text, and asyncio in its
    debug mode, which prints those of the tasks that drivers start.
    """
    not_searched = [trial.RAISED, "of logger asyncio", _THE_SERVER_S]
    with (
        serving(ECHOES) as addresses,
        nothing_seen("a server that echoes", canaries_of(*PLACES), not_searched) as heard,
        declared(addresses) as dependencies,
    ):
        details = trial.run(dependencies, heard, LONG)
    assert_failed(details, but=["tcp"])
    raised = "\n".join(text for where, text in heard.texts if trial.RAISED in where)
    told = {
        type
        for type in PLACES
        if any(canary.seen_in(raised) is not None for canary in canaries_of(type))
    }
    assert told == QUOTING


def test_unresolvable_host() -> None:
    """A name that does not resolve has no secret told."""
    addresses = dict.fromkeys(PLACES, ("dephealth.invalid", 1))
    with (
        nothing_seen("a name that does not resolve", canaries_of(*PLACES)) as heard,
        declared(addresses) as dependencies,
    ):
        details = trial.run(dependencies, heard, LONG)
    assert set(details.values()) == {"dns_error"}


@pytest.mark.parametrize("type", PLACES)
def test_mistakes(type: str) -> None:
    """A declaration that cannot be, or can by accident, shows no secret of it."""
    refused = 0
    with nothing_seen(f"mistakes in what is declared of {type}", canaries_of(type)) as heard:
        for place in PLACES[type]:
            for keywords, variables in mistakes(type, place):
                with patch.dict("os.environ", variables):
                    refused += _refused(type, place, keywords, heard)
    assert refused > 10


def _refused(type: str, place: Place, keywords: Mapping[str, Any], heard: Heard) -> bool:
    try:
        declare = getattr(dephealth.api, f"{type}_check")
        found = declare(place.dependency_name(type), **{"critical": True, **keywords})
        heard.add("a dependency that can be", found)
        DependencyHealth("canaries", "canaries", found, found, exporters=[])
    except (ConfigurationError, TypeError) as exc:
        heard.add_exception("a mistake", exc)
        return True
    return False


def assert_failed(details: Mapping[str, str], but: Sequence[str] = ()) -> None:
    """Fail if anything was well, but for some types."""
    well = [key for key, detail in details.items() if detail == "ok"]
    assert not [key for key in well if key.partition("-")[0] not in but]

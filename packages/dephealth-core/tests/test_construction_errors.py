"""Every row of "Errors at construction" (docs/configuration.md)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest

from dephealth import CheckerRegistry, ConfigurationError, Dependency, Endpoint, hookimpl
from dephealth.api import DependencyHealth

from ._kiosk import SECRET, SPEC, kiosk_check
from ._process import run

PREFIX = "dependency 'kiosk-1': "


def health(*dependencies: Dependency, **options: Any) -> DependencyHealth:
    return DependencyHealth("orders", "shop", *dependencies, **{"exporters": [], **options})


def by_scheme(registry: CheckerRegistry, scheme: str) -> None:
    registry.register(_Plugin(), "dephealth-kiosk")
    registry.by_scheme(scheme)


class _Plugin:
    @hookimpl
    def dephealth_checkers(self) -> object:
        return [SPEC]


Case = tuple[str, Callable[[], object], str]

CASES: list[Case] = [
    (
        "no name",
        lambda: DependencyHealth(None, "g"),
        "name is missing: give it or set DEPHEALTH_NAME",
    ),
    ("no group", lambda: DependencyHealth("n"), "group is missing: give it or set DEPHEALTH_GROUP"),
    ("empty name", lambda: DependencyHealth("", "g"), "name is missing"),
    (
        "capitals in the name",
        lambda: DependencyHealth("Orders", "g"),
        "name 'Orders' does not match",
    ),
    ("underscore in the group", lambda: DependencyHealth("n", "a_b"), "group 'a_b' does not match"),
    ("long name", lambda: DependencyHealth("a" * 64, "g"), "name 'aaa"),
    (
        "dependency in place of the name",
        lambda: DependencyHealth(kiosk_check(url="kiosk://h"), "g"),  # type: ignore[arg-type]
        "name of type Dependency does not match",
    ),
    ("bad dependency name", lambda: kiosk_check("a b"), "dependency name 'a b' does not match"),
    (
        "no critical",
        lambda: kiosk_check(url="kiosk://h", critical=None),
        PREFIX
        + "critical is missing: critical=True or critical=False, or DEPHEALTH_KIOSK_1_CRITICAL",
    ),
    (
        "twice in one declaration",
        lambda: kiosk_check(url="kiosk://h,h"),
        PREFIX + "endpoint h:4711 is given twice",
    ),
    (
        "twice in two declarations",
        lambda: health(kiosk_check(url="kiosk://h"), kiosk_check(host="h")),
        PREFIX + "endpoint h:4711 is declared twice",
    ),
    (
        "another type",
        lambda: health(
            kiosk_check(url="kiosk://h"),
            Dependency(
                name="kiosk-1",
                type="other",
                checker=kiosk_check(url="kiosk://h").checker,
                critical=True,
                endpoints=[Endpoint("i", "1")],
            ),
        ),
        PREFIX + "type is 'other', but was declared as 'kiosk'",
    ),
    (
        "another criticality",
        lambda: health(kiosk_check(url="kiosk://h"), kiosk_check(url="kiosk://i", critical=False)),
        PREFIX + "critical is False, but was declared as True",
    ),
    ("no address", kiosk_check, PREFIX + "an address is missing"),
    ("bad host", lambda: kiosk_check(host=f"app:{SECRET}@h"), PREFIX + "host has a colon"),
    ("bad port", lambda: kiosk_check(host="h", port="x"), PREFIX + "port 'x' is no number"),
    (
        "bad URL",
        lambda: kiosk_check(url=f"kiosk://u:{SECRET}@"),
        PREFIX + "url=: the URL has no host",
    ),
    (
        "scheme of another type",
        lambda: kiosk_check(url=f"redis://u:{SECRET}@h"),
        PREFIX + "url=: scheme 'redis' is none of: kiosk, kiosks",
    ),
    (
        "unknown type",
        lambda: CheckerRegistry([], []).get("mysql"),
        "no plugin checks type 'mysql' (installed: none): pip install dephealth-mysql",
    ),
    (
        "unknown scheme",
        lambda: by_scheme(CheckerRegistry([], []), "gopher"),
        "no plugin checks URL scheme 'gopher' (installed: kiosk)",
    ),
    (
        "bad label",
        lambda: kiosk_check(url="kiosk://h", labels={"a-b": SECRET}),
        PREFIX + "label 'a-b' does not match",
    ),
    (
        "reserved label",
        lambda: kiosk_check(url="kiosk://h", labels={"status": SECRET}),
        PREFIX + "label 'status' is reserved",
    ),
    (
        "interval of the dependency",
        lambda: kiosk_check(url="kiosk://h", interval=601),
        PREFIX + "interval 601.0 s is out of range: 1 to 600 s",
    ),
    (
        "threshold of the dependency",
        lambda: kiosk_check(url="kiosk://h", success_threshold=0),
        PREFIX + "success_threshold 0 is out of range: 1 to 10",
    ),
    (
        "interval of the object",
        lambda: health(check_interval=0.5),
        "interval 0.5 s is out of range: 1 to 600 s",
    ),
    (
        "delay of the object",
        lambda: health(initial_delay=-1),
        "initial_delay -1.0 s is out of range",
    ),
    (
        "timeout of the object",
        lambda: health(timeout=10, check_interval=10),
        "timeout 10.0 s must be less than the interval 10.0 s",
    ),
    (
        "timeout of the dependency, interval of the object",
        lambda: health(kiosk_check(url="kiosk://h", timeout=10), check_interval=10),
        PREFIX + "timeout 10.0 s must be less than the interval 10.0 s",
    ),
    (
        "registry beside exporters",
        lambda: health(registry=object()),
        "registry= is for the installed exporters",
    ),
    ("no dependency", lambda: health(5), "a dependency is what X_check() gives, not int"),  # type: ignore[arg-type]
    ("concurrency", lambda: health(max_concurrency=0), "max_concurrency 0 is less than 1"),
    (
        "concurrency of a kind",
        lambda: health(max_concurrency=True),
        "max_concurrency must be a whole",
    ),
]


@pytest.mark.parametrize(("make", "message"), [x[1:] for x in CASES], ids=[x[0] for x in CASES])
def test_what_cannot_be_is_refused(
    make: Callable[[], object], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be is a `ConfigurationError` that says what, without a secret."""
    monkeypatch.delenv("DEPHEALTH_NAME", raising=False)
    monkeypatch.delenv("DEPHEALTH_GROUP", raising=False)
    with pytest.raises(ConfigurationError) as caught:
        make()
    assert str(caught.value).startswith(message)
    error: BaseException | None = caught.value
    while error is not None:
        assert SECRET not in f"{error!r}"
        error = error.__cause__


@pytest.mark.parametrize("name", ["Orders", "orders_db"])
def test_capitals_and_underscores_are_warned_of(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A dependency's name with capitals or ``_`` is accepted with one warning."""
    health(kiosk_check(name, url="kiosk://a"), kiosk_check(name, url="kiosk://b"))
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert repr(name) in caplog.text


def test_one_name_may_have_several_endpoints() -> None:
    """Two declarations of one name with different addresses are one dependency."""
    both = health(
        kiosk_check(url="kiosk://a", labels={"role": "primary"}),
        kiosk_check(url="kiosk://b", labels={"role": "replica"}),
    )
    labels = {key: status.labels for key, status in both.health_details().items()}
    assert labels == {
        "kiosk-1:a:4711": {"role": "primary"},
        "kiosk-1:b:4711": {"role": "replica"},
    }


def test_default_that_gives_way_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    """A timeout that leaves no room in the default interval is a warning with the dependency."""
    health(kiosk_check(url="kiosk://h", timeout=20))
    assert caplog.messages == [
        PREFIX + "timeout 20 s leaves no room in the default interval of 15 s: checking every 25 s"
    ]


def test_defaults_that_give_way_are_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    """A default that gives way for several dependencies is one warning that names each once."""
    health(
        *(kiosk_check(name, url=f"kiosk://h{at}") for at, name in enumerate(["a", "b", "b"])),
        kiosk_check("c", url="kiosk://h9", interval=4),
        check_interval=2,
    )
    room = "s leaves no room for the default timeout of 5 s: the timeout is"
    assert caplog.messages == [
        f"dependencies 'a', 'b': interval 2 {room} 1.6 s",
        f"dependency 'c': interval 4 {room} 3.2 s",
    ]


def test_two_dependencies_at_one_address_are_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    """Two dependencies on one host and port are accepted with a warning that names both."""
    health(kiosk_check("a", url="kiosk://h"), kiosk_check("b", url="kiosk://h"))
    assert caplog.messages == [
        "dependencies 'a' and 'b' are both at h:4711: tools that draw topology will join them"
    ]


def test_zero_dependencies_are_valid() -> None:
    """An object without dependencies has an empty health and starts no thread."""
    threads = threading.active_count()
    empty = health()
    empty.start_sync()
    assert (empty.health(), empty.health_details()) == ({}, {})
    assert threading.active_count() == threads
    empty.stop_sync()


def test_name_and_group_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Name and group that are not given are read from the environment; given ones win."""
    monkeypatch.setenv("DEPHEALTH_NAME", "from-env")
    monkeypatch.setenv("DEPHEALTH_GROUP", "group-env")
    unnamed = DependencyHealth(exporters=[])
    assert (unnamed.name, unnamed.group) == ("from-env", "group-env")
    named = DependencyHealth("given", "given-too", exporters=[])
    assert (named.name, named.group) == ("given", "given-too")


def test_registry_needs_its_exporter() -> None:
    """A registry without dephealth-prometheus is an error that says what to install."""
    told = run(
        """
        from dephealth.api import DependencyHealth
        try:
            DependencyHealth("orders", "shop", registry=object())
        except ValueError as exc:
            print(exc)
        """,
        DEPHEALTH_DISABLE_PLUGINS="prometheus,otel",
    )
    assert told == "registry= needs dephealth-prometheus: pip install dephealth-prometheus\n"


def test_missing_exporter_is_warned_of_once() -> None:
    """An object that nobody is told of says so once, at start."""
    told = run(
        """
        from dephealth.api import DependencyHealth
        health = DependencyHealth("orders", "shop")
        print("made")
        health.start_sync()
        health.stop_sync()
        """,
        DEPHEALTH_DISABLE_PLUGINS="prometheus,otel",
    )
    made, warning = told.splitlines()
    assert made == "made"
    assert warning.startswith("no exporter is installed, so nobody is told: pip install ")

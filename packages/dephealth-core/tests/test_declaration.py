"""What ``X_check()`` makes of its arguments."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dephealth import ConfigurationError, Endpoint, Secret, declare

from ._kiosk import SECRET, SPEC, KioskChecker, Till, checker_of, kiosk_check


def refused(**given: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        kiosk_check(**given)
    error: BaseException | None = caught.value
    while error is not None:
        assert SECRET not in str(error)
        error = error.__cause__
    assert str(caught.value).startswith("dependency 'kiosk-1': ")
    return str(caught.value).removeprefix("dependency 'kiosk-1': ")


def test_whole_declaration() -> None:
    """What is given as arguments is what the dependency has."""
    dependency = kiosk_check(
        "orders-db",
        url="kiosk://app:pw@a,b:1/db",
        critical=False,
        timeout=1.5,
        interval=30,
        initial_delay=1,
        failure_threshold=2,
        success_threshold=3,
        labels={"zone": "b", "role": "x"},
        path="/up",
    )
    assert (dependency.name, dependency.type, dependency.critical) == ("orders-db", "kiosk", False)
    assert dependency.endpoints == (Endpoint("a", "4711"), Endpoint("b", "1"))
    assert list(dependency.labels.items()) == [("role", "x"), ("zone", "b")]
    assert dependency.policy == {
        "timeout": 1.5,
        "interval": 30.0,
        "initial_delay": 1.0,
        "failure_threshold": 2,
        "success_threshold": 3,
    }
    assert dependency.checker == KioskChecker(
        username="app", password="pw", database="db", path="/up"
    )


def test_nothing_but_an_address_is_needed() -> None:
    """What is not given has the checker's own defaults, and no parameter is set."""
    dependency = kiosk_check(url="kiosk://h")
    assert (dependency.checker, dependency.policy) == (KioskChecker(), {})
    assert not dependency.labels


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"host": "pg.svc", "port": "1"}, "pg.svc:1"),
        ({"host": "pg.svc", "port": 1}, "pg.svc:1"),
        ({"host": "pg.svc"}, "pg.svc:4711"),
        ({"host": "pg.svc", "port": ""}, "pg.svc:4711"),
        ({"host": "pg.svc", "tls": True}, "pg.svc:4712"),
        ({"host": "pg.svc", "tls": True, "port": 1}, "pg.svc:1"),
        ({"host": "::1"}, "::1:4711"),
        ({"host": "[::1]", "port": 1}, "::1:1"),
        ({"host": "/run/kiosk", "port": 0}, "/run/kiosk:0"),
        ({"host": "/run/kiosk"}, "/run/kiosk:0"),
        ({"url": "kiosk://%2Frun%2Fkiosk"}, "/run/kiosk:0"),
        ({"url": "Host=h;Port=1"}, "h:1"),
        ({"url": "host=h port=1"}, "h:1"),
        ({"url": "jdbc:kiosk://h:1/db"}, "h:1"),
        ({"url": "kiosk+driver://h:1/db"}, "h:1"),
        ({"url": "kiosks://h"}, "h:4712"),
    ],
)
def test_address_has_many_forms(given: dict[str, Any], where: str) -> None:
    """An address is a URL, a connection string, or host and port, as text or number."""
    (endpoint,) = kiosk_check(**given).endpoints
    assert str(endpoint) == where


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "an address is missing: url=, host= and port=, or a pool or client"),
        (
            {"url": "", "host": None},
            "an address is missing: url=, host= and port=, or a pool or client",
        ),
        ({"port": 1}, "port= is given without host="),
        ({"port": 1, "client": Till()}, "port= is given without host="),
        ({"host": "a b"}, "host has a character that no host name has (a URL goes to url=)"),
        ({"host": "h:1"}, "host has a colon but is no IPv6 address (port= is separate)"),
        (
            {"host": f"kiosk://u:{SECRET}@h"},
            "host has a colon but is no IPv6 address (port= is separate)",
        ),
        (
            {"host": f"u{SECRET}@h"},
            "host has a character that no host name has (a URL goes to url=)",
        ),
        ({"host": 5}, "host must be a text, not int"),
        ({"host": "h", "port": 70000}, "port 70000 is no number from 1 to 65535"),
        ({"host": "h", "port": "http"}, "port 'http' is no number from 1 to 65535"),
        ({"host": "h", "port": True}, "port True is no number from 1 to 65535"),
        ({"host": "h", "port": 1.0}, "port 1.0 is no number from 1 to 65535"),
        ({"url": 5}, "url= must be a text, not int"),
        ({"url": object()}, "url= must be a text, not object"),
        ({"url": f"redis://:{SECRET}@h"}, "url=: scheme 'redis' is none of: kiosk, kiosks"),
        ({"url": f"Password={SECRET}"}, "url=: the connection string has no host"),
        ({"url": "kiosk://h:1,h:1"}, "endpoint h:1 is given twice"),
        ({"url": "kiosk://h,h:4711"}, "endpoint h:4711 is given twice"),
    ],
)
def test_bad_address_is_refused(given: dict[str, Any], message: str) -> None:
    """A missing or impossible address is refused with what is wrong."""
    assert refused(**given) == message


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"url": "kiosk://url", "host": "host", "port": 1, "client": Till()}, ["url:4711"]),
        ({"url": "kiosk://url", "port": 1}, ["url:4711"]),
        ({"host": "host", "client": Till()}, ["host:4711"]),
        ({"client": Till()}, ["till.svc:4711"]),
        ({"client": lambda: None}, []),
    ],
)
def test_first_source_is_taken_whole(given: dict[str, Any], where: list[str]) -> None:
    """Of URL, host with port, and client the first that is given is the address."""
    assert [str(endpoint) for endpoint in kiosk_check(**given).endpoints] == where


def test_credentials_of_an_unused_source_are_not_taken() -> None:
    """A source that is not the one taken gives no credentials."""
    environ = {"DEPHEALTH_KIOSK_1_URL": "kiosk://env:pw@env/db"}
    assert kiosk_check(environ=environ, host="h").checker == KioskChecker()


@pytest.mark.parametrize("path", ["", "/"])
def test_url_without_a_path_leaves_the_default(path: str) -> None:
    """A URL without a database, with or without the slash, sets none."""
    assert kiosk_check(url=f"kiosk://h{path}").checker == KioskChecker()


def test_argument_beats_the_url() -> None:
    """An explicit argument beats what the URL says, a false one too."""
    checker = checker_of(
        kiosk_check(
            url="kiosks://u:p@h/db", username="me", password="mine", database="other", tls=False
        )
    )
    assert (checker.username, checker.database, checker.tls) == ("me", "other", False)
    assert [secret.reveal() for secret in checker.secrets()] == ["mine"]


def test_client_beside_several_hosts_is_refused() -> None:
    """A client beside a URL of several hosts is refused."""
    message = refused(url="kiosk://a,b", client=Till())
    assert message.startswith("a pool or client is one endpoint")


def test_client_beside_one_host_is_accepted() -> None:
    """A client beside a URL of one host is labelled with that host."""
    (endpoint,) = kiosk_check(url="kiosk://a", client=Till()).endpoints
    assert str(endpoint) == "a:4711"


def test_client_of_another_kind_is_refused() -> None:
    """An object that the checker cannot use is refused when it is declared."""
    assert refused(client=5) == "client= must be a Till, not int"


@pytest.mark.parametrize("critical", ["yes", 1, 0, "true", object(), [True]])
def test_critical_is_a_bool(critical: object) -> None:
    """Something else than True or False is refused as ``critical``."""
    message = refused(url="kiosk://h", critical=critical)
    assert message == f"critical must be True or False, not {type(critical).__name__}"


@pytest.mark.parametrize("critical", [None, ""])
def test_critical_is_needed(critical: object) -> None:
    """There is no default for ``critical``: the error names both places for it."""
    assert refused(url="kiosk://h", critical=critical) == (
        "critical is missing: critical=True or critical=False, or DEPHEALTH_KIOSK_1_CRITICAL"
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"verbose": "no"}, "verbose must be True or False, not str"),
        ({"tls": 1}, "tls must be True or False, not int"),
        ({"depth": "1"}, "depth must be a whole number, not str"),
        ({"depth": True}, "depth must be a whole number, not bool"),
        ({"depth": 1.0}, "depth must be a whole number, not float"),
        ({"weight": "1"}, "weight must be a number, not str"),
        ({"weight": True}, "weight must be a number, not bool"),
        ({"path": 5}, "path must be a text, not int"),
        ({"password": 5}, "password must be a text, not int"),
        ({"password": SECRET.encode()}, "password must be a text, not bytes"),
        ({"username": "a\udcff"}, "username cannot be encoded as UTF-8"),
        ({"headers": {"\udcff": SECRET}}, "headers: a name must be a text that UTF-8 can encode"),
        ({"headers": {"X": 5}}, "headers: a secret must be a text, not int"),
        ({"labels": [("a", SECRET)]}, "labels must be a mapping, not list"),
        ({"labels": {"host": "x"}}, "label 'host' is reserved"),
        ({"timeout": "5"}, "timeout must be seconds or a timedelta, not str"),
        ({"interval": True}, "interval must be seconds or a timedelta, not bool"),
        ({"timeout": 0.05}, "timeout 0.05 s is out of range: 0.1 to 60 s"),
        ({"timeout": 10, "interval": 10}, "timeout 10.0 s must be less than the interval 10.0 s"),
        ({"failure_threshold": 0}, "failure_threshold 0 is out of range: 1 to 10"),
        ({"failure_threshold": True}, "failure_threshold must be a whole number, not bool"),
    ],
)
def test_option_of_another_kind_is_refused(given: dict[str, Any], message: str) -> None:
    """An option of another kind, or out of its range, is refused with its name."""
    assert refused(url="kiosk://h", **given).startswith(message)


def test_options_of_their_kind_are_accepted() -> None:
    """A path is a text, a whole number is a number, and a secret may be one already."""
    checker = checker_of(
        kiosk_check(
            url="kiosk://h", path=Path("/up"), weight=2, password=Secret("pw"), regions=["eu"]
        )
    )
    assert (str(checker.path), checker.weight, checker.regions) == ("/up", 2, ["eu"])
    assert [secret.reveal() for secret in checker.secrets()] == ["pw"]


def test_unknown_option_is_a_type_error() -> None:
    """A keyword that the type does not have is a TypeError that names the nearest one."""
    with pytest.raises(
        TypeError, match=r"^kiosk_check\(\) has no option 'pasword'; did you mean 'password'\?$"
    ):
        kiosk_check(url="kiosk://h", pasword=SECRET)


def test_unknown_option_lists_those_that_exist() -> None:
    """A keyword that is like no other is refused with all that exist."""
    with pytest.raises(
        TypeError, match=r"'qqq' \(known: basic_auth, client, critical, .*weight\)$"
    ):
        kiosk_check(url="kiosk://h", qqq=1)


def test_field_that_is_no_option_cannot_be_given() -> None:
    """A field of the checker that was not made by `option` is no keyword."""
    with pytest.raises(TypeError, match="has no option 'private'"):
        kiosk_check(url="kiosk://h", private=1)


@pytest.mark.parametrize("name", ["", "a b", None, 5, "kiosk://h"])
def test_bad_name_is_refused(name: Any) -> None:
    """A name that no dependency can have is refused before anything else."""
    with pytest.raises(ConfigurationError, match=r"^dependency name .* does not match"):
        kiosk_check(name, url="kiosk://h")


def _copied(dependency: object) -> str:
    return repr(copy.copy(dependency))


def _of_the_checker(dependency: Any) -> str:
    return f"{dependency.checker}{dependency.checker!r}{vars(dependency.checker)}"


def _pickled(dependency: Any) -> str:
    with pytest.raises(TypeError) as caught:
        pickle.dumps(dependency)
    return str(caught.value)


@pytest.mark.parametrize("printed", [repr, str, _copied, _of_the_checker, _pickled])
def test_secrets_of_a_declaration_do_not_show(printed: Callable[[object], str]) -> None:
    """No text about a dependency has a password, a header's value or a token in it."""
    headers = {"X-Key": SECRET}
    dependency = kiosk_check(
        url=f"kiosk://app:{SECRET}@h/db", headers=headers, basic_auth=("u", SECRET)
    )
    assert SECRET not in printed(dependency)


def test_secrets_of_a_declaration_are_known() -> None:
    """All secrets of a declaration are known, so that logs can be cleaned of them."""
    dependency = kiosk_check(url="kiosk://u:p1@h", headers={"X": "p2"}, basic_auth=("p3", "p4"))
    known = {secret.reveal() for secret in checker_of(dependency).secrets()}
    assert known == {"p1", "p2", "p3", "p4"}


def test_port_is_needed_where_there_is_no_default() -> None:
    """A host without a port is refused if the type has no default port."""
    spec = dataclasses.replace(SPEC, schemes={"kiosk": None}, tls_schemes=frozenset())
    with pytest.raises(ConfigurationError) as caught:
        declare(spec, "kiosk-1", {"host": "h", "critical": True}, {})
    assert str(caught.value) == (
        "dependency 'kiosk-1': port is missing: a kiosk dependency has no default port"
    )

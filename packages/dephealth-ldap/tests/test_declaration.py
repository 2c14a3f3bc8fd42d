"""From what users write to a checker."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ldap3
import pytest

from dephealth import ConfigurationError, Dependency, declare
from dephealth_ldap import LdapChecker, ldap_check
from dephealth_ldap.plugin import SPEC

if TYPE_CHECKING:
    from conftest import FakeDirectory

LOGIN = {"bind_dn": "cn=app", "bind_password": "secret"}


def declared(url: str | None = None, environ: dict[str, str] | None = None, **options: Any) -> Any:
    """The checker of a dependency."""
    return dependency(url, environ, **options).checker


def dependency(
    url: str | None = None, environ: dict[str, str] | None = None, **options: Any
) -> Dependency:
    prefixed = {f"DEPHEALTH_LDAP_{key}": value for key, value in (environ or {}).items()}
    return declare(SPEC, "ldap", {"url": url, "critical": True, **options}, prefixed)


@pytest.mark.parametrize(
    ("url", "address", "tls"),
    [
        ("ldap://h", "h:389", False),
        ("ldaps://h", "h:636", True),
        ("LDAPS://h:1636/", "h:1636", True),
        ("ldap://[::1]:1389", "::1:1389", False),
    ],
)
def test_address(url: str, address: str, tls: bool) -> None:
    """Host, port and TLS come from the URL."""
    found = dependency(url)

    assert [str(endpoint) for endpoint in found.endpoints] == [address]
    assert found.checker.tls is tls  # type: ignore[attr-defined]


def test_several_servers() -> None:
    """Each server of a URL is an endpoint."""
    assert len(dependency("ldap://a,b:1389").endpoints) == 2


def test_defaults() -> None:
    """Nothing but an address is needed."""
    checker = declared("ldap://h")

    assert checker.check_method == "root_dse"
    assert checker.search_filter == "(objectClass=*)"
    assert checker.search_scope == "base"


def test_login_in_the_url() -> None:
    """Who logs in, and the base, can stand in the URL."""
    checker = declared("ldap://cn%3Dapp%2Cdc%3Dx:p%40ss@h/dc=x??sub?(uid=y)")

    assert checker.bind_dn == "cn=app,dc=x"
    assert checker.bind_password.reveal() == "p@ss"
    assert checker.base_dn == "dc=x"


@pytest.mark.parametrize(
    ("names", "environ"),
    [
        ({"bind_dn": "cn=given", "bind_password": "given"}, {}),
        ({"username": "cn=given", "password": "given"}, {}),
        (
            {"username": "cn=given", "password": "given"},
            {"LDAP_BIND_DN": "cn=env", "LDAP_BIND_PASSWORD": "env"},
        ),
    ],
)
def test_login_as_arguments(names: dict[str, str], environ: dict[str, str]) -> None:
    """Arguments win over the URL and the environment."""
    checker = declared("ldap://cn%3Durl:url@h", environ, **names)

    assert checker.bind_dn == "cn=given"
    assert checker.bind_password.reveal() == "given"


def test_url_wins_over_the_environment() -> None:
    """The login in a URL that is given wins over one in the environment."""
    checker = declared("ldap://cn%3Durl:url@h", {"LDAP_BIND_DN": "cn=env"})

    assert checker.bind_dn == "cn=url"


def test_environment() -> None:
    """Every option of a directory can stand in the environment."""
    checker = declared(
        None,
        {
            "URL": "ldap://h",
            "LDAP_CHECK_METHOD": "Search",
            "LDAP_BIND_DN": "cn=env",
            "LDAP_BIND_PASSWORD": "env",
            "LDAP_BASE_DN": "dc=env",
            "LDAP_SEARCH_FILTER": "(cn=env)",
            "LDAP_SEARCH_SCOPE": "SUB",
            "LDAP_START_TLS": "yes",
        },
    )

    assert checker.check_method == "search"
    assert checker.bind_dn == "cn=env"
    assert checker.bind_password.reveal() == "env"
    assert checker.base_dn == "dc=env"
    assert checker.search_filter == "(cn=env)"
    assert checker.search_scope == "sub"
    assert checker.start_tls


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"check_method": "whoami"}, "check_method 'whoami' is none of: anonymous_bind, simple_bi"),
        ({"check_method": None}, "check_method None is none of"),
        ({"search_scope": "all"}, "search_scope 'all' is none of: base, one, sub"),
        ({"check_method": "simple_bind"}, "'simple_bind' needs .* bind_dn is missing"),
        ({"check_method": "simple_bind", "bind_dn": "cn=x"}, "bind_password is missing"),
        ({"check_method": "simple_bind", "bind_password": "x"}, "bind_dn is missing"),
        ({"check_method": "search"}, "'search' needs base_dn"),
        ({"check_method": "search", "base_dn": "x", "bind_dn": "y"}, "bind_password is missing"),
        ({"start_tls": True, "tls": True}, "it excludes ldaps://"),
        ({"check_method": "search", "base_dn": "x", "search_filter": "x"}, "search_filter cannot"),
        ({"bind_dn": "cn=x", "bind_password": "\x00hunter2"}, "bind_password cannot be sent"),
        ({"bind_dn": "cn=x", "bind_password": "\udcffhunter2"}, "bind_password: .* UTF-8"),
        ({"bind_dn": "cn=\udcff", "bind_password": "hunter2"}, "bind_dn cannot be encoded"),
        ({"check_method": "search", "base_dn": "\udcff"}, "base_dn cannot be encoded"),
        (
            {"check_method": "search", "base_dn": "x", "search_filter": "(a=\udcff)"},
            "search_filter cannot be encoded",
        ),
    ],
)
def test_rules(options: dict[str, Any], message: str) -> None:
    """What cannot be checked is told at once, with what would be right and without the secret."""
    with pytest.raises(ConfigurationError, match=message) as failure:
        LdapChecker(**options)

    assert "hunter2" not in str(failure.value)


def test_start_tls_excludes_ldaps() -> None:
    """A URL with TLS excludes asking for it."""
    with pytest.raises(ConfigurationError, match=r"'ldap': start_tls .* excludes ldaps"):
        declared("ldaps://h", start_tls=True)


def test_password_shows_nowhere() -> None:
    """Neither the dependency nor its checker nor what it asks shows the password."""
    found = dependency("ldap://h", username="cn=x", password="hunter2")
    checker: Any = found.checker

    assert "hunter2" not in f"{found!r} {checker!r} {checker} {vars(checker)}"


@pytest.mark.parametrize(
    ("server", "address"),
    [
        (ldap3.Server("ldap://ldap.svc:389"), ("ldap.svc", 389)),
        (ldap3.Server("ldap.svc"), ("ldap.svc", 389)),
        (ldap3.Server("ldaps://ldap.svc"), ("ldap.svc", 636)),
        (ldap3.Server("ldap://[::1]:1389"), ("::1", 1389)),
        (ldap3.Server("ldapi:///run/ldapi"), ("/run/ldapi", 0)),
        (ldap3.ServerPool(["ldap://a:1", "ldap://b:2"]), ("a", 1)),
        (["ldap://a:1", "ldap://b:2"], ("a", 1)),
    ],
)
def test_address_of_a_client(server: Any, address: tuple[str, int]) -> None:
    """The address of a client is that of its first server."""
    client = ldap3.Connection(server)

    assert LdapChecker().locate(client) == address


@pytest.mark.parametrize(
    "strategy",
    [
        ldap3.ASYNC,
        ldap3.ASYNC_STREAM,
        ldap3.LDIF,
        ldap3.MOCK_ASYNC,
        ldap3.MOCK_SYNC,
        ldap3.REUSABLE,
    ],
)
def test_strategies_that_cannot_be_shared(strategy: str) -> None:
    """A connection that others read from is refused, with what would be right."""
    client = ldap3.Connection(ldap3.Server("h"), client_strategy=strategy)

    with pytest.raises(ConfigurationError, match=f"strategy {strategy}, .* SYNC, .* or url="):
        ldap_check("ldap", client=client, critical=True)


def test_connection_that_signs() -> None:
    """A connection that signs what it sends is refused."""
    client = ldap3.Connection(
        ldap3.Server("h"),
        authentication=ldap3.SASL,
        sasl_mechanism=ldap3.DIGEST_MD5,
        sasl_credentials=(None, "user", "password", None, "sign"),
    )

    with pytest.raises(ConfigurationError, match="signs or seals"):
        LdapChecker(client=client)


def test_no_connection() -> None:
    """What is no connection is refused."""
    with pytest.raises(ConfigurationError, match=r"must be an ldap3\.Connection, not Server"):
        LdapChecker(client=ldap3.Server("h"))


def test_readme(directory: FakeDirectory) -> None:
    """The examples of the README can be declared as they are written."""
    text = (Path(__file__).parent.parent / "README.md").read_text()
    examples = re.findall(r"```python\n(.*?)```", text, re.DOTALL)

    assert examples
    for example in examples:
        names: dict[str, Any] = {}
        exec(example.replace("ldap.svc:389", str(directory.endpoint)), names)
        if "ldap_conn" in names:
            names["ldap_conn"].unbind()

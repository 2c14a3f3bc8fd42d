"""``http_check``: what it takes from its arguments, the URL and the environment."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dephealth import (
    CheckerRegistry,
    CheckOptions,
    ConfigurationError,
    Dependency,
    Status,
    declare,
    options_of,
    reveal,
)
from dephealth_http import HTTPChecker, http_check, plugin
from dephealth_http._check import HTTPOptions

_README = Path(__file__).parent.parent / "README.md"


def declared(environ: dict[str, str] | None = None, **given: Any) -> tuple[Dependency, HTTPChecker]:
    prefixed = {f"DEPHEALTH_SHOP_{key}": value for key, value in (environ or {}).items()}
    dependency = declare(plugin.SPEC, "shop", {"critical": True, **given}, prefixed)
    assert isinstance(dependency.checker, HTTPChecker)
    return dependency, dependency.checker


@pytest.mark.parametrize(
    ("url", "port", "tls"),
    [
        ("http://h", "80", False),
        ("https://h", "443", True),
        ("https://h:8443", "8443", True),
        ("http://[::1]:81", "81", False),
    ],
)
def test_url(url: str, port: str, tls: bool) -> None:
    """The scheme gives the port and switches TLS on."""
    dependency, checker = declared(url=url)

    assert dependency.type == "http"
    assert [endpoint.port for endpoint in dependency.endpoints] == [port]
    assert checker.tls is tls


def test_explicit_tls_beats_the_scheme() -> None:
    """An explicit argument beats what the URL says."""
    assert declared(url="https://h", tls=False)[1].tls is False


def test_host_with_tls() -> None:
    """Without a URL, TLS takes the port of https."""
    assert declared(host="h", tls=True)[0].endpoints[0].port == "443"


@pytest.mark.parametrize("url", ["http://h", "http://h/", "https://u:p@h:444/", "Host=h;Port=1"])
def test_url_without_path(url: str, caplog: pytest.LogCaptureFixture) -> None:
    """A URL without a path is no reason for a warning."""
    declared(url=url)

    assert caplog.records == []


@pytest.mark.parametrize("rest", ["/s3cret", "/a/s3cret/", "?token=s3cret", "/?token=s3cret"])
def test_url_with_path(rest: str, caplog: pytest.LogCaptureFixture) -> None:
    """The path of a URL is ignored, as one warning says that does not quote it."""
    _, checker = declared(url=f"http://u:s3cret@h:81{rest}")

    assert checker.health_path == "/health"
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("dephealth", logging.WARNING)
    assert "health_path=" in record.getMessage()
    assert "h:81" in record.getMessage()
    assert "s3cret" not in record.getMessage()


def test_environment() -> None:
    """What no argument gives is read from the environment."""
    dependency, checker = declared(
        {
            "URL": "https://h",
            "HEALTH_PATH": "/live",
            "HOST_HEADER": "shop.example",
            "BEARER_TOKEN": "s3cret",
        }
    )

    assert dependency.endpoints[0].host == "h"
    assert (checker.tls, checker.health_path, checker.host_header) == (
        True,
        "/live",
        "shop.example",
    )
    assert reveal(checker.bearer_token) == "s3cret"


def test_basic_auth_from_the_environment() -> None:
    """User and password come as a pair of variables."""
    _, checker = declared({"URL": "http://h", "BASIC_USERNAME": "u", "BASIC_PASSWORD": "s3cret"})

    assert reveal(checker.basic_auth) == ("u", "s3cret")
    assert "s3cret" not in repr(checker)


def test_half_a_pair_in_the_environment() -> None:
    """A user without a password is named as incomplete."""
    with pytest.raises(ConfigurationError, match="DEPHEALTH_SHOP_BASIC_PASSWORD is missing"):
        declared({"URL": "http://h", "BASIC_USERNAME": "u"})


def test_arguments_beat_the_environment() -> None:
    """An argument is taken before a variable."""
    _, checker = declared({"URL": "http://h", "HEALTH_PATH": "/live"}, health_path="/ready")

    assert checker.health_path == "/ready"


def test_conflict_with_the_environment() -> None:
    """An argument and a variable that both log in are in conflict too."""
    with pytest.raises(ConfigurationError, match="'shop': only one can set Authorization"):
        declared({"BEARER_TOKEN": "s3cret"}, url="http://u:p@h")


def test_path_in_a_variable_with_an_error() -> None:
    """An option that cannot be names the dependency."""
    with pytest.raises(ConfigurationError, match="'shop': health_path must begin"):
        declared({"HEALTH_PATH": "live"}, url="http://h")


def test_typed_keywords_are_the_options() -> None:
    """The keywords that type checkers know are those that there are."""
    own = HTTPOptions.__annotations__.keys() - CheckOptions.__annotations__.keys()

    assert own == options_of(HTTPChecker).keys()


def test_http_check() -> None:
    """The function makes what the plugin describes."""
    dependency = http_check("shop", url="http://h", method="HEAD", critical=False)

    assert (dependency.type, dependency.critical) == ("http", False)
    assert plugin.SPEC.check is not None
    assert plugin.SPEC.check() is http_check


def test_secret_options() -> None:
    """All that logs in is secret."""
    secret = {name for name, option in options_of(HTTPChecker).items() if option.secret}

    assert secret == {"headers", "bearer_token", "basic_auth"}


def test_details() -> None:
    """The plugin declares its details, each of them unhealthy."""
    registry = CheckerRegistry(points=(), disabled=())
    registry.register(plugin, "dephealth-http")

    ((pattern, status),) = registry.get("http").details.items()

    assert status is Status.UNHEALTHY
    assert re.fullmatch(pattern, "http_503")
    assert not re.fullmatch(pattern, "http_600")


def test_plugin_imports_no_driver() -> None:
    """What is imported to list the plugins is light."""
    code = "import sys, dephealth_http.plugin; print(*sys.modules, sep='\\n')"
    modules = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=30
    ).stdout.split()

    assert "dephealth_http.plugin" in modules
    assert not {"h11", "dephealth_http._checker"} & set(modules)


def test_readme_has_every_option() -> None:
    """The README's table lists the options with their variables, and no other."""
    section = _README.read_text().split("## Options")[1].split("## What it reports")[0]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("| `")]
    documented = [name for row in rows for name in re.findall(r"`(\w+)`", row[1])]
    variables = [name for row in rows for name in re.findall(r"`(\w+)`", row[3])]

    options = options_of(HTTPChecker)
    assert sorted(documented) == sorted(options)
    assert sorted(variables) == sorted(name for option in options.values() for name in option.env)

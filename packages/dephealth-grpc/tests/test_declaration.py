"""``grpc_check``: what it takes from its arguments, the URL and the environment."""

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
from dephealth_grpc import GRPCChecker, grpc_check, plugin
from dephealth_grpc._check import GRPCOptions

_README = Path(__file__).parent.parent / "README.md"


def declared(environ: dict[str, str] | None = None, **given: Any) -> tuple[Dependency, GRPCChecker]:
    prefixed = {f"DEPHEALTH_SHOP_{key}": value for key, value in (environ or {}).items()}
    dependency = declare(plugin.SPEC, "shop", {"critical": True, **given}, prefixed)
    assert isinstance(dependency.checker, GRPCChecker)
    return dependency, dependency.checker


@pytest.mark.parametrize(
    ("url", "port", "tls"),
    [
        ("grpc://h", "443", False),
        ("grpcs://h", "443", True),
        ("grpcs://h:8443", "8443", True),
        ("grpc://[::1]:81", "81", False),
        ("Host=h;Port=50051", "50051", False),
    ],
)
def test_url(url: str, port: str, tls: bool) -> None:
    """The scheme gives the port and switches TLS on."""
    dependency, checker = declared(url=url)

    assert dependency.type == "grpc"
    assert [endpoint.port for endpoint in dependency.endpoints] == [port]
    assert checker.tls is tls


def test_several_hosts() -> None:
    """A URL with several hosts makes one endpoint for each."""
    dependency, _ = declared(url="grpcs://a:1,b:2")

    assert [str(endpoint) for endpoint in dependency.endpoints] == ["a:1", "b:2"]


def test_explicit_tls_beats_the_scheme() -> None:
    """An explicit argument beats what the URL says."""
    assert declared(url="grpcs://h", tls=False)[1].tls is False


@pytest.mark.parametrize("url", ["grpc://h", "grpc://h/", "grpcs://u:p@h:444/"])
def test_url_without_path(url: str, caplog: pytest.LogCaptureFixture) -> None:
    """A URL without a path is no reason for a warning."""
    declared(url=url)

    assert caplog.records == []


@pytest.mark.parametrize("rest", ["/s3cret", "?token=s3cret"])
def test_url_with_path(rest: str, caplog: pytest.LogCaptureFixture) -> None:
    """The path of a URL is ignored, as one warning says that does not quote it."""
    _, checker = declared(url=f"grpc://u:s3cret@h:81{rest}")

    assert not checker.service_name
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("dephealth", logging.WARNING)
    assert "service_name=" in record.getMessage()
    assert "h:81" in record.getMessage()
    assert "s3cret" not in record.getMessage()


def test_environment() -> None:
    """What no argument gives is read from the environment."""
    dependency, checker = declared(
        {"URL": "grpcs://h", "GRPC_AUTHORITY": "shop.example", "BEARER_TOKEN": "s3cret"}
    )

    assert dependency.endpoints[0].host == "h"
    assert (checker.tls, checker.authority) == (True, "shop.example")
    assert reveal(checker.bearer_token) == "s3cret"


def test_basic_auth_from_the_environment() -> None:
    """User and password come as a pair of variables."""
    _, checker = declared({"URL": "grpc://h", "BASIC_USERNAME": "u", "BASIC_PASSWORD": "s3cret"})

    assert reveal(checker.basic_auth) == ("u", "s3cret")
    assert "s3cret" not in repr(checker)


def test_half_a_pair_in_the_environment() -> None:
    """A user without a password is named as incomplete."""
    with pytest.raises(ConfigurationError, match="DEPHEALTH_SHOP_BASIC_PASSWORD is missing"):
        declared({"URL": "grpc://h", "BASIC_USERNAME": "u"})


def test_arguments_beat_the_environment() -> None:
    """An argument is taken before a variable."""
    _, checker = declared({"URL": "grpc://h", "GRPC_AUTHORITY": "a"}, authority="b")

    assert checker.authority == "b"


def test_conflict_with_the_environment() -> None:
    """An argument and a variable that both log in are in conflict too."""
    with pytest.raises(ConfigurationError, match="'shop': only one can set authorization"):
        declared({"BEARER_TOKEN": "s3cret"}, url="grpc://u:p@h")


def test_conflict_of_authorities() -> None:
    """A variable and metadata that both set the authority are in conflict."""
    with pytest.raises(ConfigurationError, match="'shop': only one can set :authority"):
        declared({"GRPC_AUTHORITY": "a"}, url="grpc://h", metadata={":authority": "b"})


def test_typed_keywords_are_the_options() -> None:
    """The keywords that type checkers know are those that there are."""
    own = GRPCOptions.__annotations__.keys() - CheckOptions.__annotations__.keys()

    assert own == options_of(GRPCChecker).keys()


def test_grpc_check() -> None:
    """The function makes what the plugin describes."""
    dependency = grpc_check("shop", url="grpc://h", service_name="shop.v1", critical=False)

    assert (dependency.type, dependency.critical) == ("grpc", False)
    assert plugin.SPEC.check is not None
    assert plugin.SPEC.check() is grpc_check


def test_secret_options() -> None:
    """All that logs in is secret."""
    secret = {name for name, option in options_of(GRPCChecker).items() if option.secret}

    assert secret == {"metadata", "bearer_token", "basic_auth"}


def test_details() -> None:
    """The plugin declares its details, each of them unhealthy."""
    registry = CheckerRegistry(points=(), disabled=())
    registry.register(plugin, "dephealth-grpc")

    assert registry.get("grpc").details == {
        "grpc_not_serving": Status.UNHEALTHY,
        "grpc_unknown": Status.UNHEALTHY,
    }


def test_plugin_imports_no_driver() -> None:
    """What is imported to list the plugins is light."""
    code = "import sys, dephealth_grpc.plugin; print(*sys.modules, sep='\\n')"
    modules = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=30
    ).stdout.split()

    assert "dephealth_grpc.plugin" in modules
    assert not {"grpc", "google.protobuf", "dephealth_grpc._checker"} & set(modules)


def test_readme_has_every_option() -> None:
    """The README's table lists the options with their variables, and no other."""
    section = _README.read_text().split("## Options")[1].split("## What it reports")[0]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("| `")]
    documented = [name for row in rows for name in re.findall(r"`(\w+)`", row[1])]
    variables = [name for row in rows for name in re.findall(r"`(\w+)`", row[3])]

    options = options_of(GRPCChecker)
    assert sorted(documented) == sorted(options)
    assert sorted(variables) == sorted(name for option in options.values() for name in option.env)

"""The configuration file: what it says, and what can be wrong with it."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from cli_files import GOOD, Write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dephealth import Checker, CheckerRegistry, CheckerSpec, hookimpl, reveal
from dephealth_cli._config import Configuration, load
from dephealth_cli._config_document import BadFileError

SECRET = "hunter2-secret"


def loaded(file: str, **environ: str) -> Configuration:
    return load(file, environ={"DB_PASSWORD": SECRET, **environ})


def mistakes(file: str, **environ: str) -> list[str]:
    with pytest.raises(BadFileError) as caught:
        loaded(file, **environ)
    assert SECRET not in str(caught.value)
    return [str(problem).removeprefix(f"{file}:") for problem in caught.value.problems]


def test_good_file(write: Write) -> None:
    """Everything that can stand in a file arrives where it belongs."""
    found = loaded(write(GOOD))
    assert (found.identity.name, found.identity.group) == ("orders-api", "shop")
    database, cache, payment = found.dependencies
    assert [(e.host, e.port) for e in database.endpoints] == [
        ("pg.svc", "5432"),
        ("pg2.svc", "5432"),
    ]
    assert database.policy == {"interval": 10.0, "timeout": 0.5}
    assert (database.type, database.critical, dict(database.labels)) == (
        "postgres", True, {"role": "primary"},
    )  # fmt: skip
    assert _option(database, "password") == SECRET
    assert _option(database, "params") == {"application_name": "watch"}
    assert (cache.critical, cache.endpoints[0].port) == (False, "6380")
    assert (_option(cache, "tls"), _option(cache, "db")) == (True, 2)
    assert payment.policy == {"interval": 10.0, "timeout": 2.5, "failure_threshold": 3}
    assert _option(payment, "basic_auth") == ("app", SECRET)
    assert (found.serve.host, found.serve.port) == ("0.0.0.0", 8080)
    assert found.serve.password == SECRET
    assert SECRET not in repr(found)


def _option(dependency: Any, name: str) -> Any:
    return reveal(getattr(dependency.checker, name))


def test_environment_of_a_dependency(write: Write) -> None:
    """What a file does not say is looked for in the variables of the dependency."""
    file = write('[dependencies.relay]\ntype = "tcp"\n')
    environ = {"DEPHEALTH_RELAY_URL": "tcp://h:25", "DEPHEALTH_RELAY_CRITICAL": "no"}
    (relay,) = load(file, environ=environ, named=False).dependencies
    assert (relay.endpoints[0].port, relay.critical) == ("25", False)


def test_name_and_group_from_the_environment(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Name and group may come from the environment instead."""
    monkeypatch.setenv("DEPHEALTH_NAME", "orders-api")
    monkeypatch.setenv("DEPHEALTH_GROUP", "shop")
    assert loaded(write("")).dependencies == []


def test_secrets_in_files(write: Write, tmp_path: Path) -> None:
    """A secret may be in a file of its own, and so may a URL."""
    (tmp_path / "password").write_text(f"{SECRET}\n")
    (tmp_path / "url").write_text("postgresql://pg.svc/orders\n")
    file = write(
        f"""
        [dependencies.db]
        url_file = "${{FOLDER}}/url"
        password_file = "{tmp_path}/password"
        critical = true
        """
    )
    (database,) = load(file, environ={"FOLDER": str(tmp_path)}, named=False).dependencies
    assert (database.type, _option(database, "password")) == ("postgres", SECRET)


def test_all_mistakes_at_once(write: Write) -> None:
    """Every mistake of a file is told, in the order of its lines, with its key."""
    file = write(
        """\
        name = "Orders"
        grup = "shop"
        [defaults]
        interval = "10x"
        timeout = 90
        retries = 3
        [dependencies.db]
        url = "postgresql://app:${NOT_SET}@pg.svc/orders"
        critical = true
        tiemout = 3
        [dependencies.api]
        url = "http://api.svc:80x"
        labels = {type = "x"}
        health_path = "live"
        failure_threshold = 20
        [dependencies.cache]
        type = "rediz"
        critical = true
        [dependencies.nowhere]
        [dependencies.relay]
        type = "tcp"
        host = "relay.svc"
        critical = "yes"
        [dependencies."of two words"]
        url = "tcp://h:1"
        critical = true
        [dependencies.both]
        url = "http://h"
        bearer_token = "hunter2-secret"
        basic_auth = ["app", "hunter2-secret"]
        critical = true
        timeout = "10s"
        interval = 5
        [dependencies.files]
        url = "redis://h"
        password = "x"
        password_file = "/nonexistent"
        critical = true
        client = 5
        [serve]
        port = 70000
        username = "prometheus"
        tls_key_file = "key.pem"
        """
    )
    told = mistakes(file)
    expected = [
        ("1: name: name 'Orders' does not match", ""),
        ("1: group: group is missing", ""),
        ("2: grup: unknown key; did you mean 'group'?", ""),
        ("4: defaults.interval: is no duration", ""),
        ("5: defaults.timeout: timeout 90 s is out of range: 0.1 to 60 s", ""),
        ("6: defaults.retries: unknown key (known: interval, timeout, ", ""),
        ("8: dependencies.db.url: not set in the environment: NOT_SET", ""),
        ("10: dependencies.db.tiemout: unknown key; did you mean 'timeout'?", ""),
        ("11: dependencies.api: critical is missing: critical = true or", "DEPHEALTH_API_CRITICAL"),
        ("12: dependencies.api.url: host or port is not valid", ""),
        ("13: dependencies.api.labels: label 'type' is reserved", ""),
        ("14: dependencies.api.health_path: health_path must begin with '/'", ""),
        ("15: dependencies.api.failure_threshold: failure_threshold 20 is out of", ""),
        ("17: dependencies.cache.type: no plugin checks type 'rediz' (installed: ", ""),
        ("19: dependencies.nowhere: type is missing: type = …, or a url whose scheme", ""),
        ("20: dependencies.relay: port is missing: a tcp dependency has no default port", ""),
        ("23: dependencies.relay.critical: must be true or false, not a text", ""),
        ("24: dependencies.'of two words': dependency name 'of two words' does not match", ""),
        ("29: dependencies.both.bearer_token: ", ""),
        ("32: dependencies.both.timeout: timeout 10.0 s must be less than the interval 5.0 s", ""),
        ("37: dependencies.files.password_file: password is given too", ""),
        ("37: dependencies.files.password_file: is a file that cannot be read: No such", ""),
        ("39: dependencies.files.client: only a program can give it", ""),
        ("41: serve.port: 70000 is no number from 0 to 65535", ""),
        ("42: serve.username: password is missing beside it", ""),
        ("43: serve.tls_key_file: tls_cert_file is missing beside it", ""),
    ]
    assert len(told) == len(expected), "\n".join(told)
    for line, (beginning, more) in zip(told, expected, strict=True):
        assert line.startswith(beginning), f"{line}\nis not\n{beginning}"
        assert more in line


def test_defaults_that_do_not_go_together(write: Write) -> None:
    """A timeout that is not less than the interval is told where both stand."""
    (told,) = mistakes(write("name = 'x'\ngroup = 'y'\n\n[defaults]\ninterval = 5\ntimeout = 5"))
    assert told == "4: defaults: timeout 5 s must be less than the interval 5 s"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"name = ", "1: is not TOML: Invalid value"),
        (b"\n\nname = 'x'\nname = 'y'", "4: is not TOML: Cannot overwrite a value"),
        (b"[dependencies.a]\n[dependencies.a]", "2: is not TOML: Cannot declare"),
        (b"a = {b = 1, b = 2}", "1: is not TOML: Duplicate inline table key 'b'"),
        (b"a = 1\nb = '\xff'", "2: is not UTF-8"),
        (b"\x00", "1: is not TOML: "),
        (b"a = " + b"[" * 100_000, " is nested too deeply"),
        (b"a = " + b"1" * 5000, " is not TOML: Exceeds the limit"),
        (b"x" * 10_000_000, " is larger than 1048576 bytes"),
        (b"\xff\xfen\x00", "1: is not UTF-8"),
        (b"a = 1\n[" + b"a." * 100_000 + b"a]", "2: more than 64 parts"),
        (b"a = 1\n" + b'"\\"" . ' * 64 + b"a = 1", "2: more than 64 parts"),
        (b"a = 1\n" + b"'a'." * 64 + b"a = 1", "2: more than 64 parts"),
    ],
)
def test_nonsense(tmp_path: Path, content: bytes, message: str) -> None:
    """What is no such file at all is told with the line where it ceases to be one."""
    path = tmp_path / "dephealth.toml"
    path.write_bytes(content)
    (mistake,) = mistakes(str(path))
    assert mistake.removeprefix(f"{path}:").startswith(message)


@pytest.mark.parametrize("path", ["/nonexistent", "/", "a\0b"])
def test_no_file(path: str) -> None:
    """A file that cannot be read is told with the reason."""
    (mistake,) = mistakes(path)
    assert "cannot be read: " in mistake


def test_many_dots(write: Write) -> None:
    """Texts may have any number of dots, and keys as many parts as anyone writes."""
    hosts = ",".join(f"10.0.0.{number}:9092" for number in range(1, 200))
    load(
        write(
            f"""
            name = "x"
            group = "x"  # {"." * 1000} {"a, b. " * 1000}
            dependencies.a.url = "kafka://{hosts}"
            dependencies.a.critical = true
            """
        )
    )


def test_nonsense_costs_little(tmp_path: Path) -> None:
    """No more of a file is read than a configuration can have."""
    path = tmp_path / "dephealth.toml"
    with path.open("wb") as file:
        file.truncate(10_000_000_000)  # no disk is used for it
    tracemalloc.start()
    mistakes(str(path))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000


@pytest.mark.parametrize(
    "content",
    [
        "name = 5",
        "defaults = 5",
        "dependencies = 5",
        "serve = []",
        "[[dependencies]]",
        "[[dependencies.db]]",
        "[dependencies]\ndb = 'tcp://h:1'",
        "[dependencies.db]\nurl = 5",
        "[dependencies.db]\ntype = 5",
        "[dependencies.db]\ntype = 'tcp'\nhost = 5\nport = 'x'",
        "[dependencies.db]\nurl = 'tcp://h:1'\nlabels = 5",
        "[dependencies.db]\nurl = 'tcp://h:1'\ninterval = 1979-05-27",
        "[dependencies.db]\nurl = 'tcp://h:1'\ninterval = nan",
        "[dependencies.db]\nurl = 'tcp://h:1'\nfailure_threshold = 1.5",
        "[dependencies.db]\nurl = 'http://h'\nheaders = {a = 1}",
        "[serve]\nport = '5'",
        "[serve]\npassword = 5",
    ],
)
def test_wrong_type(write: Write, content: str) -> None:
    """A value of the wrong type is told with its line, whatever it stands for."""
    for mistake in mistakes(write(content)):
        number, _, text = mistake.partition(": ")
        assert 1 <= int(number) <= content.count("\n") + 1
        assert text


_KEYS = st.sampled_from(
    ["name", "url", "type", "critical", "timeout", "labels", "db", "dependencies", "serve", "x y"]
)
_VALUES = st.recursive(
    st.one_of(st.sampled_from(["5", "'http://h'", "true", "nan", "'${X}'", "'30s'", "[1, 'a']"])),
    lambda inner: st.builds(lambda key, value: f"{{'{key}' = {value}}}", _KEYS, inner),
    max_leaves=3,
)
_LINES = st.one_of(
    st.builds(lambda key, value: f"'{key}' = {value}", _KEYS, _VALUES),
    st.builds(lambda keys: f"[{'.'.join(repr(k) for k in keys)}]", st.lists(_KEYS, min_size=1)),
    st.text(max_size=20),
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None
)
@given(lines=st.lists(_LINES, max_size=8))
def test_any_file_is_good_or_refused(tmp_path: Path, lines: list[str]) -> None:
    """Whatever stands in a file, it is either used or refused with its mistakes."""
    path = tmp_path / "dephealth.toml"
    path.write_text("\n".join(lines), encoding="utf-8", errors="replace")
    try:
        load(str(path), environ={})
    except BadFileError as exc:
        assert exc.problems  # noqa: PT017


class Driverless:
    """A plugin whose driver is not installed."""

    @hookimpl
    def dephealth_checkers(self) -> list[CheckerSpec]:
        def checker() -> type[Checker]:
            raise ModuleNotFoundError("No module named 'acme_driver'")

        return [CheckerSpec(type="acme", schemes={"acme": 1}, checker=checker)]


def test_type_that_does_not_import(write: Write) -> None:
    """A plugin whose driver is missing is a mistake like any other."""
    registry = CheckerRegistry([], [])
    registry.register(Driverless(), "acme-plugin")
    file = write("[dependencies.db]\nurl = 'acme://h'\ncritical = true")
    with pytest.raises(BadFileError) as caught:
        load(file, registry, named=False)
    (problem,) = caught.value.problems
    assert problem.message == (
        f"plugin {__name__}, type 'acme': its checker does not import: "
        "ModuleNotFoundError(\"No module named 'acme_driver'\")"
    )

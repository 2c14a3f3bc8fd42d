"""The contracts pass for a good checker, and each test fails for one that is bad in its way."""

from __future__ import annotations

import asyncio
import socket
import socketserver
import threading
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from dephealth import (
    Checker,
    CheckError,
    CheckerSpec,
    Endpoint,
    PluginError,
    Secret,
    Status,
    UnhealthyError,
    dial,
    hookimpl,
    option,
    resolve,
    reveal,
)
from dephealth_testing import Certificates, CheckerContract, ServerContract, registry_of

Address = tuple[str, int]


class _Echo(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        for line in self.rfile:
            self.wfile.write(line)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 200

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about clients that were cut."""


@pytest.fixture
def server() -> Iterator[Address]:
    """A server that sends each line back."""
    with _Server(("127.0.0.1", 0), _Echo) as echo:
        thread = threading.Thread(target=echo.serve_forever, args=(0.01,))
        thread.start()
        yield "127.0.0.1", echo.server_address[1]
        echo.shutdown()
        thread.join()


@dataclass(frozen=True, kw_only=True)
class EchoChecker(Checker):
    """A good one."""

    type: ClassVar[str] = "echo"
    password: Secret | str | None = option(default=None, secret=True, help="sent along")

    async def check(self, endpoint: Endpoint) -> None:
        sock = await dial(await resolve(endpoint.host), int(endpoint.port))
        reader, writer = await asyncio.open_connection(sock=sock)
        try:
            writer.write(f"{reveal(self.password)}\n".encode())
            if await reader.readuntil() != f"{reveal(self.password)}\n".encode():
                raise CheckError("that is no echo", Status.ERROR)
        finally:
            writer.transport.abort()


def plugin_of(checker: type[Checker], **more: Any) -> types.ModuleType:
    """A plugin with that checker."""
    module = types.ModuleType("dephealth_echo.plugin")

    @hookimpl
    def dephealth_checkers() -> list[CheckerSpec]:
        return [CheckerSpec(type="echo", schemes={"echo": 7}, checker=lambda: checker, **more)]

    vars(module)["dephealth_checkers"] = dephealth_checkers
    return module


class Faults(CheckerContract):
    plugin = plugin_of(EchoChecker)
    type = "echo"
    url = "echo://:{secret}@{host}:{port}"


class WithServer(ServerContract):
    plugin = plugin_of(EchoChecker)
    type = "echo"
    url = "echo://:{secret}@{host}:{port}"


class TestGoodChecker(Faults):
    """All tests pass."""


class TestGoodCheckerBeforeItsServer(WithServer):
    """All tests pass."""


Check = Callable[[EchoChecker, Endpoint], Any]


def bad(check: Check, **names: Any) -> types.ModuleType:
    """A plugin whose checker does *check* instead."""
    body = {"check": check, "__module__": __name__, **names}
    made = type("EchoChecker", (EchoChecker,), body)
    return plugin_of(dataclass(frozen=True, kw_only=True)(made))


async def passes(self: EchoChecker, endpoint: Endpoint) -> None:
    """Find everything well."""


async def speaks_out(self: EchoChecker, endpoint: Endpoint) -> None:
    raise ConnectionRefusedError(f"with {reveal(self.password)}")


async def is_patient(self: EchoChecker, endpoint: Endpoint) -> None:
    with pytest.raises(asyncio.CancelledError):
        await asyncio.sleep(60)
    await asyncio.sleep(60)


async def raises_its_own(self: EchoChecker, endpoint: Endpoint) -> None:
    raise LookupError("what nobody knows")


async def leaks(self: EchoChecker, endpoint: Endpoint) -> None:
    LEAKED.append(socket.create_connection((endpoint.host, int(endpoint.port))))


LEAKED: list[socket.socket] = []


@pytest.fixture
def leaked() -> Iterator[None]:
    """Close what a bad checker leaves open."""
    yield
    while LEAKED:
        LEAKED.pop().close()


def contract(plugin: types.ModuleType, **more: Any) -> Faults:
    return type("Bad", (Faults,), {"plugin": plugin, **more})()  # type: ignore[no-any-return]


def contract_with_server(plugin: types.ModuleType, **more: Any) -> WithServer:
    return type("Bad", (WithServer,), {"plugin": plugin, **more})()  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "test",
    [
        "test_closed_port",
        "test_unresolvable_host",
        "test_silent_server",
        "test_dripping_server",
        "test_reset_on_accept",
        "test_close_on_accept",
        "test_garbage",
        "test_usable_after_close",
    ],
)
def test_checker_that_always_passes(test: str) -> None:
    """A checker that finds everything well fails at each fault."""
    with pytest.raises(AssertionError, match="detail='ok'"):
        getattr(contract(bad(passes)), test)()


def test_what_would_be_right_is_told() -> None:
    """A failure says what was found, what would be right, and where else it can be said."""
    with pytest.raises(AssertionError) as caught:
        contract(bad(passes)).test_closed_port()
    assert str(caught.value).startswith(
        "refused: detail='ok' instead of 'connection_refused' (reason: it passed); differs says"
    )


def test_checker_that_raises_what_nobody_knows() -> None:
    """An exception that no table has is not good enough, though it yields `error`."""
    with pytest.raises(AssertionError, match="nobody knows"):
        contract(bad(raises_its_own), differs={"refused": "error"}).test_closed_port()


def test_detail_that_is_not_announced() -> None:
    """A detail that the spec does not have is told."""

    async def invents(self: EchoChecker, endpoint: Endpoint) -> None:
        raise UnhealthyError("it is", "sleepy")

    with pytest.raises(AssertionError, match="not among the spec's details"):
        contract(bad(invents), differs={"refused": "sleepy"}).test_closed_port()


def test_checker_that_cannot_be_cancelled() -> None:
    """A checker that swallows cancellations is told."""
    with pytest.raises(AssertionError, match="does not end"):
        contract(bad(is_patient)).test_cancelled_at_any_moment()


@pytest.mark.usefixtures("leaked")
def test_checker_that_leaves_sockets_after_failing() -> None:
    """A checker that closes nothing when it fails is told."""
    from dephealth_testing import Garbage

    with pytest.raises(AssertionError, match="left behind"):
        contract(bad(leaks), patience=0.2).test_failing_checks_leave_nothing(Garbage())


def test_checker_that_tells_its_secret(caplog: pytest.LogCaptureFixture) -> None:
    """A checker whose options show the password is told."""

    def show(self: object) -> str:
        return f"EchoChecker({reveal(getattr(self, 'password'))})"  # noqa: B009

    with pytest.raises(AssertionError):
        contract(bad(speaks_out, __repr__=show)).test_secret_shows_nowhere(caplog)


def test_tls_must_be_tested(certificates: Certificates) -> None:
    """A plugin that has a scheme with TLS cannot leave `tls_url` out."""
    plugin = plugin_of(EchoChecker, tls_schemes=frozenset({"echo"}))
    with pytest.raises(AssertionError):
        contract(plugin).test_tls_faults(certificates)


def test_type_of_the_checker() -> None:
    """A checker with another type than its spec's is told."""
    with pytest.raises(AssertionError):
        contract(bad(passes, type="other")).test_type_is_the_one_announced()


@pytest.mark.parametrize(
    ("test", "arguments"),
    [
        ("test_server_that_comes_back", ()),
        ("test_cut_in_the_answer", (1,)),
        ("test_late_answer", ()),
        ("test_dripping_answer", ()),
    ],
)
def test_checker_that_always_passes_before_a_server(
    server: Address, test: str, arguments: tuple[int, ...]
) -> None:
    """A checker that asks nothing fails as soon as the server is not well."""
    with pytest.raises(AssertionError, match="detail='ok'"):
        getattr(contract_with_server(bad(passes)), test)(server, *arguments)


@pytest.mark.parametrize(
    "test",
    ["test_server_that_is_well", "test_scheduled_checks", "test_passing_checks_leave_nothing"],
)
def test_checker_that_never_passes(server: Address, test: str) -> None:
    """A checker that finds fault with a good server is told."""
    with pytest.raises(AssertionError, match="error"):
        getattr(contract_with_server(bad(raises_its_own)), test)(server)


@pytest.mark.usefixtures("leaked")
def test_checker_that_leaves_sockets_after_passing(server: Address) -> None:
    """A checker that closes nothing when it passes is told."""
    with pytest.raises(AssertionError, match="left behind"):
        contract_with_server(bad(leaks), patience=0.2).test_passing_checks_leave_nothing(server)


def test_registry_has_nothing_that_is_installed() -> None:
    """The registry for one test has the plugins that it was made of."""
    registry = registry_of(plugin_of(EchoChecker))
    assert registry.types() == ["echo"]
    assert registry.by_scheme("echo").checker() is EchoChecker


def test_registry_of_plugins_that_clash() -> None:
    """Two plugins of one type cannot be in one registry."""
    with pytest.raises(PluginError, match="'echo' is claimed by both"):
        registry_of(plugin_of(EchoChecker), plugin_of(EchoChecker))

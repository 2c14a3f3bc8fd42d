"""TLS on a connection of the check's own, from the first byte or on request."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ldap3
import pytest

from dephealth import Endpoint, check_once
from dephealth_ldap import LdapChecker
from dephealth_testing import (
    Close,
    Connection,
    Fault,
    FaultProxy,
    Garbage,
    HandshakeCut,
    Reset,
    Silent,
    Tls,
)

if TYPE_CHECKING:
    from conftest import Check, FakeDirectory, MakeClient
    from dephealth_testing import Certificates, KeyPair

REQUESTED = b"\x77\x18\x80\x161.3.6.1.4.1.1466.20037"


@dataclass(frozen=True)
class OnRequest(Fault):
    """Says yes to the request for TLS with *reply*, and then does what *then* says."""

    reply: Callable[[int], bytes]
    then: Fault

    async def serve(self, connection: Connection) -> None:
        if not connection.secure:
            client = await connection.client()
            request = await client.peek(len(REQUESTED) + 5)
            client.take(len(request))
            assert request.endswith(REQUESTED)
            length = request[3]
            await client.send(self.reply(int.from_bytes(request[4 : 4 + length], "big")))
        await self.then.serve(connection)


Serve = Callable[..., AbstractAsyncContextManager[FaultProxy]]


@pytest.fixture(params=["tls", "start_tls"])
def way(request: pytest.FixtureRequest) -> str:
    """How TLS begins: the option that says so."""
    return str(request.param)


@pytest.fixture
def serve(directory: FakeDirectory, certificates: Certificates, way: str) -> Serve:
    """Put TLS before the directory."""

    @asynccontextmanager
    async def serve(
        pair: KeyPair = certificates.good,
        *,
        require_client: bool = False,
        then: Fault | None = None,
    ) -> AsyncIterator[FaultProxy]:
        context = certificates.server_context(pair, require_client=require_client)
        fault = then or Tls(context)
        if way == "start_tls":
            fault = OnRequest(lambda number: directory.result(number, "extendedReq", 0), fault)
        async with FaultProxy((directory.host, directory.port), fault) as proxy:
            yield proxy

    return serve


async def detail(proxy: FaultProxy, /, host: Any = "127.0.0.1", **options: Any) -> str:
    check = await check_once(LdapChecker(**options), Endpoint(host, str(proxy.port)))
    assert check.outcome is not None
    assert check.expected, check
    return check.outcome.detail


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_verified(serve: Serve, certificates: Certificates, way: str, host: str) -> None:
    """A trusted certificate for the configured host, name or address, is accepted."""
    async with serve() as proxy:
        options: dict[str, Any] = {way: True, "tls_ca_file": str(certificates.authority)}
        assert await detail(proxy, host, **options) == "ok"


@pytest.mark.parametrize("pair", ["expired", "wrong_name", "untrusted"])
async def test_wrong_certificate(
    serve: Serve, certificates: Certificates, way: str, pair: str
) -> None:
    """A certificate that is wrong in any way is a TLS error."""
    async with serve(getattr(certificates, pair)) as proxy:
        options: dict[str, Any] = {way: True, "tls_ca_file": str(certificates.authority)}
        assert await detail(proxy, **options) == "tls_error"


@pytest.mark.parametrize("pair", ["expired", "wrong_name", "untrusted"])
async def test_skip_verify(serve: Serve, certificates: Certificates, way: str, pair: str) -> None:
    """Without verification every certificate is accepted."""
    async with serve(getattr(certificates, pair)) as proxy:
        assert await detail(proxy, **{way: True}, tls_skip_verify=True) == "ok"


async def test_client_certificate(serve: Serve, certificates: Certificates, way: str) -> None:
    """A server that wants a client certificate accepts ours, and is a TLS error without."""
    options: dict[str, Any] = {way: True, "tls_ca_file": str(certificates.authority)}
    ours: dict[str, Any] = {
        "tls_cert_file": str(certificates.client.certificate),
        "tls_key_file": str(certificates.client.key),
    }
    async with serve(require_client=True) as proxy:
        assert await detail(proxy, **options, **ours) == "ok"
        assert await detail(proxy, **options) == "tls_error"


@pytest.mark.parametrize("end", [Close(), Reset()])
@pytest.mark.parametrize(("asks", "expected"), [(True, "tls_error"), (False, "connection_reset")])
async def test_end_after_the_handshake(
    serve: Serve, certificates: Certificates, way: str, end: Fault, asks: bool, expected: str
) -> None:
    """A server that ends without a word is a TLS error if it had asked for a certificate."""
    context = certificates.server_context(certificates.good, require_client=asks)
    context.verify_mode = ssl.CERT_OPTIONAL if asks else ssl.CERT_NONE
    options: dict[str, Any] = {way: True, "tls_ca_file": str(certificates.authority)}
    async with serve(then=Tls(context, end)) as proxy:
        assert await detail(proxy, **options) == expected


async def test_name_is_told_to_the_server(
    directory: FakeDirectory, certificates: Certificates
) -> None:
    """The server learns which name is meant, although the connection goes to an address."""
    told: list[str | None] = []
    context = certificates.server_context(certificates.good)
    context.sni_callback = lambda _, name, __: told.append(name)
    async with FaultProxy((directory.host, directory.port), Tls(context)) as proxy:
        await detail(proxy, "localhost", tls=True, tls_ca_file=str(certificates.authority))

    assert told == ["localhost"]


def test_context_is_made_once(certificates: Certificates) -> None:
    """All checks share one context, which is slow to make."""
    checker = LdapChecker(start_tls=True, tls_ca_file=str(certificates.authority))

    assert checker.ssl_context is checker.ssl_context


@pytest.mark.parametrize(
    "then", [Close(), Garbage(close=True), HandshakeCut(), HandshakeCut(reset=True)]
)
async def test_cut_handshake(serve: Serve, way: str, then: Fault) -> None:
    """Whatever goes wrong while TLS is being set up is a TLS error."""
    async with serve(then=then) as proxy:
        assert await detail(proxy, **{way: True}) == "tls_error"


async def test_silent_handshake(serve: Serve, way: str) -> None:
    """A handshake that is not answered is a timeout, on time."""
    async with serve(then=Silent()) as proxy:
        check = await check_once(
            LdapChecker(**{way: True}),  # type: ignore[arg-type]
            Endpoint("127.0.0.1", str(proxy.port)),
            0.3,
        )

    assert check.outcome is not None
    assert check.outcome.detail == "timeout"
    assert 0.29 <= check.latency <= 0.4


@pytest.mark.parametrize("code", [2, 52, 49])
async def test_no_tls_on_request(check: Check, directory: FakeDirectory, code: int) -> None:
    """A server that does not set TLS up is a TLS error, and is told nothing else."""
    directory.codes["extendedReq"] = code

    found = await check(start_tls=True, bind_dn="cn=x", bind_password="secret")

    assert found == "tls_error"
    assert directory.kinds == ["extendedReq"]


@pytest.mark.parametrize("fault", [Close(), Garbage(close=True)])
async def test_nobody_to_ask_for_tls(fault: Fault) -> None:
    """So is a peer that closes, or that is no directory, when it is asked for TLS."""
    async with FaultProxy(fault=fault) as proxy:
        assert await detail(proxy, start_tls=True) == "tls_error"


async def test_plaintext_behind_the_yes(
    directory: FakeDirectory, certificates: Certificates
) -> None:
    """An answer that somebody has put behind the server's yes, before TLS, is not heard."""

    def yes(number: int) -> bytes:
        # Numbers are counted up: this would be the answer to the question within TLS.
        forged = directory.result(number + 1, "searchRequest", 52)
        return directory.result(number, "extendedReq", 0) + forged

    fault = OnRequest(yes, Tls(certificates.server_context(certificates.good)))
    async with FaultProxy((directory.host, directory.port), fault) as proxy:
        assert await detail(proxy, start_tls=True, tls_skip_verify=True) == "ok"


async def test_cut_after_the_handshake(directory: FakeDirectory, serve: Serve, way: str) -> None:
    """After the handshake, a connection that is cut is a connection that is cut."""
    directory.hangs_up = True
    directory.replies["searchRequest"] = lambda _: b""
    async with serve() as proxy:
        assert await detail(proxy, **{way: True}, tls_skip_verify=True) == "connection_reset"


async def test_plaintext_to_a_tls_port(certificates: Certificates) -> None:
    """A server that wants TLS cuts off who speaks none, or says so in no LDAP."""
    context = certificates.server_context(certificates.good)
    async with FaultProxy(fault=Tls(context)) as proxy:
        assert await detail(proxy) in {"connection_reset", "error"}


ANYWHERE = Endpoint("client.invalid", "1")


async def ask(client: Any, **options: Any) -> str:
    check = await check_once(LdapChecker(client=client, **options), ANYWHERE)
    assert check.outcome is not None
    assert check.expected, check
    return check.outcome.detail


@pytest.mark.filterwarnings("ignore:ssl.match_hostname:DeprecationWarning")
@pytest.mark.parametrize(
    ("pair", "validate", "names", "found"),
    [
        ("good", ssl.CERT_REQUIRED, None, "ok"),
        ("wrong_name", ssl.CERT_REQUIRED, None, "tls_error"),
        ("wrong_name", ssl.CERT_REQUIRED, ["elsewhere.invalid"], "ok"),
        ("untrusted", ssl.CERT_REQUIRED, None, "tls_error"),
        ("wrong_name", ssl.CERT_NONE, None, "ok"),
    ],
)
async def test_as_the_client(
    serve: Serve,
    certificates: Certificates,
    make_client: MakeClient,
    way: str,
    pair: str,
    validate: int,
    names: list[str] | None,
    found: str,
) -> None:
    """A bind beside a client sets TLS up as its server is configured."""
    tls = ldap3.Tls(validate=validate, ca_certs_file=str(certificates.authority), valid_names=names)
    async with serve(getattr(certificates, pair)) as proxy:
        mode = ldap3.AUTO_BIND_NO_TLS if way == "tls" else ldap3.AUTO_BIND_TLS_BEFORE_BIND
        client = make_client(
            proxy.port,
            host="localhost",  # from CPython 3.12 on, ldap3 finds no address in a certificate
            ssl=way == "tls",
            tls=tls,
            auto_bind=ldap3.AUTO_BIND_NONE,
            lazy=True,
        )
        client.auto_bind = mode
        client.open()

        assert await ask(client, check_method="anonymous_bind") == found


@pytest.mark.parametrize("way", ["start_tls"], indirect=True)
async def test_start_tls_beside_a_client(
    serve: Serve, certificates: Certificates, make_client: MakeClient
) -> None:
    """TLS on request can be had where the client has none, by the checker's own options."""
    async with serve() as proxy:
        client = make_client(proxy.port, auto_bind=ldap3.AUTO_BIND_NONE, lazy=True)
        client.open()
        options = {"check_method": "anonymous_bind", "start_tls": True}

        assert await ask(client, **options, tls_ca_file=str(certificates.authority)) == "ok"
        assert await ask(client, **options) == "tls_error"


@pytest.mark.parametrize("way", ["start_tls"], indirect=True)
@pytest.mark.parametrize("strategy", [ldap3.SYNC, ldap3.RESTARTABLE])
async def test_client_that_has_asked_for_tls(
    serve: Serve, make_client: MakeClient, strategy: str
) -> None:
    """What the client has begun with TLS on request is not said without it elsewhere."""
    async with serve() as proxy:
        client = make_client(proxy.port, auto_bind=ldap3.AUTO_BIND_NONE, client_strategy=strategy)
        await asyncio.to_thread(client.start_tls, read_server_info=False)
        await asyncio.to_thread(client.bind, read_server_info=False)

        assert await ask(client, check_method="anonymous_bind") == "ok"
        if strategy == ldap3.RESTARTABLE:
            client.strategy.close()
            assert not client.tls_started
            assert await ask(client) == "ok"

"""The TLS options that checkers share, and the context that they make."""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from dephealth import (
    Checker,
    CheckerSpec,
    ConfigurationError,
    Endpoint,
    Secret,
    TLSOptions,
    declare,
    lacks_certificate,
    option,
)

from ._process import run

BOUND = 10.0
"""Seconds until a handshake has failed."""


@dataclass(frozen=True, kw_only=True)
class Vault(TLSOptions, Checker):
    type = "vault"

    password: str | None = option(None, help="what opens it", secret=True)

    async def check(self, endpoint: Endpoint) -> None:
        raise AssertionError


SPEC = CheckerSpec(type="vault", schemes={"vault": 1}, checker=lambda: Vault)


class Files:
    """PEM files: an authority, what it signed, and what is wrong."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = trustme.CA()
        issued = self.authority.issue_cert("localhost", "127.0.0.1")
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        issued.configure_cert(self.server)
        client, other = self.authority.issue_cert("client"), self.authority.issue_cert("other")
        key = client.private_key_pem.bytes()
        encrypted = load_pem_private_key(key, None).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"hunter2")
        )
        self.ca = self._write("ca.pem", self.authority.cert_pem.bytes())
        self.other_ca = self._write("other-ca.pem", trustme.CA().cert_pem.bytes())
        self.cert = self._write("cert.pem", client.cert_chain_pems[0].bytes())
        self.key = self._write("key.pem", key)
        self.both = self._write("both.pem", client.private_key_and_cert_chain_pem.bytes())
        self.other_key = self._write("other-key.pem", other.private_key_pem.bytes())
        self.encrypted_key = self._write("encrypted.pem", encrypted)
        self.garbage = self._write("garbage.pem", b"\xff\x00 no PEM")
        self.empty = self._write("empty.pem", b"")
        self.missing = str(folder / "missing.pem")

    def _write(self, name: str, content: bytes) -> str:
        path = self.folder / name
        path.write_bytes(content)
        return str(path)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(tmp_path_factory.mktemp("tls"))


async def handshake(checker: Vault, server: ssl.SSLContext, name: str = "localhost") -> bytes:
    """What the server says after a handshake with the checker's context."""

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        writer.close()

    async with (
        asyncio.timeout(BOUND),
        await asyncio.start_server(serve, "127.0.0.1", 0, ssl=server) as listening,
    ):
        port = listening.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=checker.ssl_context, server_hostname=name
        )
        try:
            return await reader.read()
        finally:
            writer.close()


def test_context_is_made_once() -> None:
    """A checker has one context, which another checker does not share."""
    checker = Vault()
    assert checker.ssl_context is checker.ssl_context
    assert checker.ssl_context is not Vault().ssl_context


def test_tls_is_off_by_default() -> None:
    """Unless told otherwise, TLS is off, and verifies if it is on."""
    assert (Vault().tls, Vault().tls_skip_verify) == (False, False)


def test_secrets_of_the_checker_are_hidden() -> None:
    """The options do not keep a checker from hiding its secrets."""
    assert vars(Vault(password="hunter2"))["password"] == Secret("hunter2")


async def test_system_authorities_are_trusted(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an authority given, those of the system count."""
    monkeypatch.setenv("SSL_CERT_FILE", files.ca)
    assert await handshake(Vault(tls=True), files.server) == b"hello"


def test_context_verifies_by_default() -> None:
    """Unless told otherwise, the certificate and its name are verified."""
    context = Vault(tls=True).ssl_context
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


async def test_private_authority_is_trusted(files: Files) -> None:
    """A certificate of the given authority is accepted."""
    assert await handshake(Vault(tls_ca_file=files.ca), files.server) == b"hello"


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({}, "localhost"),
        ({"tls_ca_file": "other_ca"}, "localhost"),
        ({"tls_ca_file": "ca"}, "elsewhere.invalid"),
    ],
    ids=["of the system's authorities", "of another authority", "for another name"],
)
async def test_other_certificate_is_refused(
    files: Files, options: dict[str, str], name: str
) -> None:
    """A certificate of an authority that is not trusted, or for another name, is refused."""
    checker = Vault(**{key: getattr(files, value) for key, value in options.items()})
    with pytest.raises(ssl.SSLCertVerificationError):
        await handshake(checker, files.server, name)


async def test_any_certificate_is_accepted_if_told(files: Files) -> None:
    """With `tls_skip_verify` neither the authority nor the name counts."""
    checker = Vault(tls_skip_verify=True)
    assert await handshake(checker, files.server, "elsewhere.invalid") == b"hello"


@pytest.mark.parametrize("together", [True, False])
async def test_client_certificate_is_shown(files: Files, together: bool) -> None:
    """A client certificate, with its key in the same file or another, is shown to the server."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    files.authority.issue_cert("localhost").configure_cert(server)
    files.authority.configure_trust(server)
    server.verify_mode = ssl.CERT_REQUIRED
    cert, key = (files.both, None) if together else (files.cert, files.key)
    checker = Vault(tls_ca_file=files.ca, tls_cert_file=cert, tls_key_file=key)
    assert await handshake(checker, server) == b"hello"


Broken = tuple[Callable[[Files], dict[str, str]], str]

PAIR = "tls_cert_file '{0}cert.pem' and tls_key_file '{0}"
NO_PEM = "cannot be used: not PEM of the right kind, not a pair, or encrypted"

BROKEN: list[Broken] = [
    (lambda f: {"tls_ca_file": f.missing}, "tls_ca_file '{0}missing.pem' cannot be used: No such"),
    (lambda f: {"tls_ca_file": f.empty}, f"tls_ca_file '{{0}}empty.pem' {NO_PEM}"),
    (lambda f: {"tls_ca_file": f.garbage}, f"tls_ca_file '{{0}}garbage.pem' {NO_PEM}"),
    (lambda f: {"tls_ca_file": f.key}, f"tls_ca_file '{{0}}key.pem' {NO_PEM}"),
    (lambda f: {"tls_ca_file": str(f.folder)}, "tls_ca_file '"),
    (lambda _: {"tls_ca_file": "a\0b"}, rf"tls_ca_file 'a\x00b' {NO_PEM}"),
    (lambda f: {"tls_key_file": f.key}, "tls_key_file needs tls_cert_file"),
    (lambda f: {"tls_cert_file": f.missing}, "tls_cert_file '{0}missing.pem' cannot be used: No"),
    (lambda f: {"tls_cert_file": f.cert}, f"tls_cert_file '{{0}}cert.pem' {NO_PEM}"),
    (lambda f: {"tls_cert_file": f.garbage}, f"tls_cert_file '{{0}}garbage.pem' {NO_PEM}"),
    (
        lambda f: {"tls_cert_file": f.cert, "tls_key_file": f.missing},
        f"{PAIR}missing.pem' cannot be used: No such file",
    ),
    (
        lambda f: {"tls_cert_file": f.cert, "tls_key_file": f.other_key},
        f"{PAIR}other-key.pem' {NO_PEM}",
    ),
    (
        lambda f: {"tls_cert_file": f.cert, "tls_key_file": f.encrypted_key},
        f"{PAIR}encrypted.pem' {NO_PEM}",
    ),
]


@pytest.mark.parametrize(("options", "message"), BROKEN)
def test_bad_file_is_refused_at_construction(
    files: Files, options: Callable[[Files], dict[str, str]], message: str
) -> None:
    """A file that cannot be used is refused, with option and path, when it is declared."""
    given = {"host": "h", "critical": True, **options(files)}
    with pytest.raises(ConfigurationError) as caught:
        declare(SPEC, "vault", given, {})
    expected = "dependency 'vault': " + message.format(f"{files.folder}/")
    assert str(caught.value).startswith(expected)


def test_encrypted_key_does_not_prompt(files: Files) -> None:
    """OpenSSL does not ask a terminal for the passphrase of an encrypted key."""
    told = run(
        f"""
        import os, pty, sys
        # The passphrase is asked for on the controlling terminal, so this needs one.
        child, terminal = pty.fork()
        if child == 0:
            from dephealth import TLSOptions
            try:
                TLSOptions(tls_cert_file={files.cert!r}, tls_key_file={files.encrypted_key!r})
            except ValueError:
                print("refused", flush=True)
            os._exit(0)
        seen = b""
        try:
            while b"refused" not in seen and b"phrase" not in seen:
                seen += os.read(terminal, 1000)
        finally:
            os.kill(child, 9)
        print(seen.decode())
        """
    )
    assert told.split() == ["refused"]


def test_files_are_read_at_once_or_not_at_all() -> None:
    """Without files nothing is read when a checker is made."""
    assert "ssl_context" not in vars(Vault(tls=True))


def test_options_can_stand_alone(files: Files) -> None:
    """The options make a context without a checker, too."""
    assert TLSOptions(tls_ca_file=files.ca).ssl_context.get_ca_certs()


def test_file_is_not_read_where_nothing_is_verified(files: Files) -> None:
    """With `tls_skip_verify` the authorities' file does not count."""
    assert (
        Vault(tls_ca_file=files.missing, tls_skip_verify=True).ssl_context.check_hostname is False
    )


def test_key_of_a_certificate_is_not_in_a_repr(files: Files) -> None:
    """The ``repr`` of the options has the paths of the files, not what is in them."""
    text = repr(Vault(tls_cert_file=files.both))
    assert "both.pem" in text
    assert "PRIVATE" not in text


def connected(client: ssl.SSLContext, server: ssl.SSLContext) -> ssl.SSLObject:
    """The client's side of a handshake that both have done their part of."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = (
        client.wrap_bio(to_client, to_server, server_hostname="localhost"),
        server.wrap_bio(to_server, to_client, server_side=True),
    )
    for side in (*sides, *sides):
        with suppress(ssl.SSLWantReadError):
            side.do_handshake()
    assert sides[0].version() == "TLSv1.3"
    return sides[0]


@pytest.mark.parametrize(
    ("asks", "shows", "lacks"),
    [(True, False, True), (True, True, False), (False, False, False)],
)
def test_certificate_that_is_missed(files: Files, asks: bool, shows: bool, lacks: bool) -> None:
    """A server that asks for a certificate is known to miss it if there is none."""
    files.server.load_verify_locations(files.ca)
    files.server.verify_mode = ssl.CERT_OPTIONAL if asks else ssl.CERT_NONE
    options = TLSOptions(tls_ca_file=files.ca, tls_cert_file=files.both if shows else None)
    assert lacks_certificate(connected(options.ssl_context, files.server)) is lacks


def test_context_of_others_tells_nothing(files: Files) -> None:
    """Of a connection that was not made with these options nothing is known."""
    files.server.load_verify_locations(files.ca)
    files.server.verify_mode = ssl.CERT_OPTIONAL
    theirs = ssl.create_default_context(cafile=files.ca)
    assert not lacks_certificate(connected(theirs, files.server))
    assert not lacks_certificate(None)


def test_flood_of_messages_is_not_looked_at(files: Files) -> None:
    """A server that sends handshake messages without end does not keep Python busy."""
    files.server.num_tickets = 3000
    connection = connected(TLSOptions(tls_ca_file=files.ca).ssl_context, files.server)
    calls = 0

    def count(_frame: object, event: str, _arg: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        with pytest.raises(ssl.SSLWantReadError):
            connection.read()
    finally:
        sys.setprofile(None)
    assert calls < 3 * files.server.num_tickets

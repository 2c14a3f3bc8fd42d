"""Certificates that are right, and ones that are wrong in one way each."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

import trustme

if TYPE_CHECKING:
    from pathlib import Path

_HERE = ("localhost", "127.0.0.1", "::1")
_WRONG_NAME = "elsewhere.invalid"


@dataclass(frozen=True)
class KeyPair:
    """PEM files of a certificate, with what chains it to its authority, and of its key."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Certificates:
    """An authority with what it signed, and one certificate that it did not.

    Made by `make`. All but `wrong_name` and `client` are for `localhost`,
    `127.0.0.1` and `::1`.
    """

    authority: Path
    """PEM file of the authority to trust."""
    good: KeyPair
    expired: KeyPair
    wrong_name: KeyPair
    untrusted: KeyPair
    """Signed by another authority."""
    client: KeyPair
    """For a client to show."""

    @classmethod
    def make(cls, folder: Path) -> Self:
        """Make all of them as files in *folder*."""
        ours = trustme.CA()
        theirs = trustme.CA()
        yesterday = datetime.now(UTC) - timedelta(days=1)
        authority = folder / "authority.pem"
        ours.cert_pem.write_to_path(str(authority))
        return cls(
            authority=authority,
            good=_written(ours.issue_cert(*_HERE), folder, "good"),
            expired=_written(ours.issue_cert(*_HERE, not_after=yesterday), folder, "expired"),
            wrong_name=_written(ours.issue_cert(_WRONG_NAME), folder, "wrong-name"),
            untrusted=_written(theirs.issue_cert(*_HERE), folder, "untrusted"),
            client=_written(ours.issue_cert("client.invalid"), folder, "client"),
        )

    def server_context(self, pair: KeyPair, *, require_client: bool = False) -> ssl.SSLContext:
        """Give what a server needs to show *pair*.

        Args:
            pair: One of this object's.
            require_client: Reject clients without a certificate of the
                authority. (In TLS 1.3 a client learns of it only from its
                first read after the handshake.)
        """
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(pair.certificate, pair.key)
        if require_client:
            context.load_verify_locations(self.authority)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def client_context(self, pair: KeyPair | None = None) -> ssl.SSLContext:
        """Give what a client needs to trust the authority and, if asked, to show *pair*."""
        context = ssl.create_default_context(cafile=self.authority)
        if pair is not None:
            context.load_cert_chain(pair.certificate, pair.key)
        return context


def _written(issued: trustme.LeafCert, folder: Path, name: str) -> KeyPair:
    pair = KeyPair(folder / f"{name}.pem", folder / f"{name}-key.pem")
    for blob in issued.cert_chain_pems:
        blob.write_to_path(str(pair.certificate), append=True)
    pair.key.touch(mode=0o600)  # some clients reject a key that others may read
    issued.private_key_pem.write_to_path(str(pair.key))
    return pair

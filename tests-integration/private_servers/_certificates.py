"""Certificates of a throw-away authority, as files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import trustme

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM files: an authority, a server of localhost, 127.0.0.1 and ::1, and a client."""

    ca_file: Path
    server_certificate: Path
    server_key: Path
    client_certificate: Path
    client_key: Path

    @classmethod
    def write(cls, folder: Path, *, not_after: datetime | None = None) -> Self:
        """Make them anew in `folder`, which must exist; *not_after* is the server's last moment."""
        certificates = cls(
            ca_file=folder / "ca.pem",
            server_certificate=folder / "server.pem",
            server_key=folder / "server.key",
            client_certificate=folder / "client.pem",
            client_key=folder / "client.key",
        )
        ca = trustme.CA()
        ca.cert_pem.write_to_path(certificates.ca_file)
        names = ("localhost", "127.0.0.1", "::1")
        server = ca.issue_cert(*names, common_name="localhost", not_after=not_after)
        server.cert_chain_pems[0].write_to_path(certificates.server_certificate)
        server.private_key_pem.write_to_path(certificates.server_key)
        client = ca.issue_cert("client.example", common_name="client")
        client.cert_chain_pems[0].write_to_path(certificates.client_certificate)
        client.private_key_pem.write_to_path(certificates.client_key)
        for key in (certificates.server_key, certificates.client_key):
            key.chmod(0o600)  # libpq refuses a key that others may read
        return certificates
